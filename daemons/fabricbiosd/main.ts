/** `fabricbiosd control-server`: one cell (docs/fabric-control.md has its flags). */
import { runDaemon } from '../protocol/daemonLifetime.ts';
import { daemonLog } from '../protocol/daemonLog.ts';
import { startCell } from './cell.ts';
import { cellOptions, lifetimeFlags } from './options.ts';

const argv = process.argv.slice(2);
const log = daemonLog('fabricbiosd');

await runDaemon({ ...lifetimeFlags(argv), log }, async () => startCell(cellOptions(argv), log));
