/**
 * A process that attacks the stack of a folder, for hostileReport.ts. It prints `ready`, ends when
 * its stdin does, and then prints its number of runs.
 *
 * It has the lowest priority: a real attacker has a machine of its own, and the making of modules
 * and inputs is no load of the cell.
 */
import { constants, setPriority } from 'node:os';
import { attack } from '../test/hostile/attacks.ts';
import { connectTarget } from '../toolchain/deploy/connectTarget.ts';
import { resolveProvider } from '../toolchain/deploy/resolveProvider.ts';

const [folder = '', name = ''] = process.argv.slice(2);
setPriority(constants.priority.PRIORITY_LOW);
const client = await connectTarget(await resolveProvider(folder, 'local'));
const stop = new AbortController();
process.stdin.on('end', () => stop.abort()).resume();
process.stdout.write('ready\n');
const runs = await attack(client, name, stop.signal);
client.close();
process.stdout.write(`${runs}\n`);
process.exit(0);
