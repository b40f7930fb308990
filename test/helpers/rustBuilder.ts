/**
 * Builds the tasklets `argv[3…]` of the program `argv[2]` at one time, once a line comes in. Prints
 * the SHA-256 of each module.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { findTasklet, loadProgram } from '../../program/loadProgram.ts';
import { buildRust } from '../../toolchain/compile/buildRust.ts';

const [, , folder = '', ...names] = process.argv;
const program = loadProgram(folder);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
process.stdin.destroy();
await Promise.all(
  names.map(async (name) => {
    const { wasm } = await buildRust(program, findTasklet(program, name));
    const sha256 = createHash('sha256')
      .update(wasm ?? '')
      .digest('hex');
    process.stdout.write(`${name} ${sha256}\n`);
  }),
);
