/**
 * `npm run fuzz -- --minutes N [--seed N] [--hostile]` runs generated modules and altered real
 * ones, metered, plain and in the reference interpreter, and compares the results.
 *
 * Each batch has a process of its own.
 *
 * A module that hangs or crashes the engine, or whose results differ, is printed (base64), and the
 * exit code is 1. The exit code is also 1 when the batches take ever more memory. With `--hostile`
 * the script runs fuzzHostile.ts instead.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { FuzzResult } from '../test/helpers/fuzz.ts';
import { percentile } from '../test/helpers/measure.ts';
import { buildKernels } from '../test/kernels/build.ts';
import { fuzzHostile } from './fuzzHostile.ts';

/** Modules of one batch, some seconds of work. */
const BATCH = 20_000;
/** A batch that takes so long hangs, milliseconds; a run has 20 000 instructions at most. */
const HANGS_MS = 180_000;
/** Largest ratio of the memory of the last batches to that of the first ones. */
const GROWTH_MAX = 1.2;

type BatchResult = Omit<FuzzResult, 'disagreements'> & {
  disagreements: Array<{ what: string; module: string }>;
  rss: number;
};

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' }, hostile: { type: 'boolean' } },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Date.now() % 1_000_000_007);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error(
    'Usage: npm run fuzz -- --minutes N [--seed N] [--hostile], minutes above 0 and a whole number as seed.',
  );
  process.exit(2);
}
console.log(`seed ${seed}`);
if (values.hostile) {
  await fuzzHostile(minutes, seed);
  process.exit();
}
const folder = mkdtempSync(join(tmpdir(), 'grafos-fuzz-'));
const total: Record<keyof FuzzResult, number> = {
  ...{ tried: 0, disagreements: 0, refused: 0, metered: 0, plain: 0, interpreted: 0 },
};
let failures = 0;
const memory: number[] = [];
try {
  for (const { name, wasm } of await buildKernels((name, reason) => console.log(`${name}: left out, ${reason}`))) {
    writeFileSync(join(folder, `${name.replace(/\W+/g, '-')}.wasm`), wasm);
  }
  const until = performance.now() + minutes * 60_000;
  for (let batch = 0; performance.now() < until; batch++) {
    const result = await runBatch(seed + batch, until - performance.now());
    if (typeof result === 'string') {
      failures++;
      tell(`${result}, in the batch of seed ${seed + batch}`, readFileSync(join(folder, 'attempt')).toString('base64'));
      continue;
    }
    memory.push(result.rss / 1024 / 1024);
    for (const { what, module } of result.disagreements) tell(`DISAGREES ${what}`, module);
    for (const key of ['tried', 'refused', 'metered', 'plain', 'interpreted'] as const) total[key] += result[key];
    total.disagreements += result.disagreements.length;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
// The last batch is cut short by the time, and so smaller.
const whole = memory.slice(0, Math.max(1, memory.length - 1));
const third = Math.max(1, Math.floor(whole.length / 3));
const [early, late] = [percentile(whole.slice(0, third), 0.5), percentile(whole.slice(-third), 0.5)];
console.log(
  `${total.tried} modules tried: ${total.interpreted} compared metered, plain and interpreted, ${total.plain} metered and plain, ` +
    `${total.metered} metered twice (exhausted, or too deep), ${total.refused} refused; ${memory.length} batches, resident ${Math.round(early)} MiB in the median of the first third of them, ` +
    `${Math.round(late)} MiB in the last; ${failures} hangs or crashes, ${total.disagreements} disagreements`,
);
process.exitCode = total.disagreements + failures === 0 && late <= early * GROWTH_MAX ? 0 : 1;

function tell(what: string, module: string): void {
  console.log(`${what}\n  ${module}`);
}

/** The result, or how the process ended without one. */
function runBatch(batchSeed: number, ms: number): Promise<BatchResult | string> {
  const script = join(import.meta.dirname, '../test/helpers/fuzzBatch.ts');
  const args = ['--disable-warning=ExperimentalWarning', script, batchSeed, BATCH, Math.round(ms), folder].map(String);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    let hangs = false;
    const timer = setTimeout(() => {
      hangs = true;
      child.kill('SIGKILL');
    }, HANGS_MS);
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(JSON.parse(text));
      else resolve(hangs ? 'HANGS' : `CRASHES with ${signal ?? code}`);
    });
  });
}
