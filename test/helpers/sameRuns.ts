/**
 * Prints the Node and V8 version, then a line for each of many runs without a cell: generated
 * programs and the deepest frames. All lines after the first must be the same on every engine.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { compileWat } from './compileWat.ts';
import { generateProgram } from './generateProgram.ts';
import { instantiateMetered } from './runMetered.ts';

const GENERATED = 300;

const say = (line: string) => process.stdout.write(`${line}\n`);
say(`Node ${process.version}, V8 ${process.versions.v8}`);
for (let seed = 1; seed <= GENERATED; seed++) {
  // The same programs everywhere: from a counter, not from chance.
  const bytes = compileWat(
    generateProgram(Array.from({ length: 60 + (seed % 150) }, (_, at) => (at * at * 7919 * seed + seed) % 10_007)),
  );
  const instance = instantiateMetered(bytes, { h: { host: (x: number) => (x * 31 + 1) | 0 } });
  const { trap, result, fuelUsed, exhausted } = instance.call('f0', [3, 11n]);
  const memory = Buffer.from((instance.exports.memory as WebAssembly.Memory).buffer);
  const sha256 = createHash('sha256').update(memory).digest('hex');
  say(JSON.stringify({ seed, trapped: trap !== undefined, result: String(result), fuelUsed, exhausted, sha256 }));
}
const deep = [...process.execArgv, join(import.meta.dirname, 'deepRuns.ts')];
say(execFileSync(process.execPath, deep, { encoding: 'utf8' }).trim());
