/**
 * `npm run fuzz -- --minutes N [--seed N]`: generated modules and altered real ones, metered against plain against the reference
 * interpreter. Prints what was tried; exit code 1 and the module (base64) at any disagreement.
 */
import { parseArgs } from 'node:util';
import { buildKernels } from '../bench/kernels/build.ts';
import { fuzz } from '../test/helpers/fuzz.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Date.now() % 1_000_000_007);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('Usage: npm run fuzz -- --minutes N [--seed N], minutes above 0 and a whole number as seed.');
  process.exit(2);
}
console.log(`seed ${seed}`);
const kernels = await buildKernels((name, reason) => console.log(`${name}: left out, ${reason}`));
const modules = kernels.map(({ wasm }) => ({ bytes: wasm, name: 'run' }));
const before = process.memoryUsage().rss;
const result = fuzz({
  seed,
  until: performance.now() + minutes * 60_000,
  modules,
  onDisagreement: (what, bytes) => console.log(`DISAGREES ${what}\n  ${Buffer.from(bytes).toString('base64')}`),
});
const mib = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;
console.log(
  `${result.tried} modules tried: ${result.interpreted} compared metered, plain and interpreted, ${result.plain} metered and plain, ` +
    `${result.metered} metered twice (exhausted, or too deep), ${result.refused} refused; resident ${mib(before)}, then ${mib(process.memoryUsage().rss)}; ` +
    `${result.disagreements} disagreements`,
);
process.exitCode = result.disagreements === 0 ? 0 : 1;
