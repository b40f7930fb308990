/**
 * One batch of the fuzzer in a process of its own: `node fuzzBatch.ts SEED MOST MS FOLDER`.
 *
 * The module at hand is in FOLDER/attempt, so that the parent knows which one hung or crashed the
 * engine. Prints the result as JSON.
 */
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fuzz } from './fuzz.ts';

const [seed, most, ms, folder = ''] = process.argv.slice(2);
const modules = readdirSync(folder)
  .filter((name) => name.endsWith('.wasm'))
  .map((name) => ({ bytes: readFileSync(join(folder, name)), name: 'run' }));
const attempt = openSync(join(folder, 'attempt'), 'w');
const disagreements: Array<{ what: string; module: string }> = [];
const result = fuzz({
  seed: Number(seed),
  most: Number(most),
  until: performance.now() + Number(ms),
  modules,
  onAttempt(bytes) {
    ftruncateSync(attempt, bytes.length);
    writeSync(attempt, bytes, 0, bytes.length, 0);
  },
  onDisagreement: (what, bytes) => disagreements.push({ what, module: Buffer.from(bytes).toString('base64') }),
});
closeSync(attempt);
process.stdout.write(JSON.stringify({ ...result, disagreements, rss: process.memoryUsage().rss }));
