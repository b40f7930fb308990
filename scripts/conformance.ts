/**
 * Prints what the WebAssembly conformance scripts say, plain and metered. Exit code 1 when anything
 * disagrees.
 */
import { missingForConformance, runConformance } from '../test/conformance/runConformance.ts';

const missing = missingForConformance();
if (missing !== undefined) {
  process.stderr.write(`Skipped: ${missing}\n`);
  process.exit(0);
}
const write = (line: string) => process.stdout.write(`${line}\n`);
const results = runConformance((result) => {
  for (const line of result.disagreements) write(`DISAGREES ${line}`);
  for (const line of result.fuelMismatches) write(`FUEL ${line}`);
});
const skipped = results.flatMap((result) => result.skipped.map((one) => ({ ...one, name: result.name })));
const reasons = new Map<string, number>();
for (const { count, reason, name } of skipped) {
  const line = `${name}.wast: ${reason.replace(/ \(line \d+\)$/, '')}`;
  reasons.set(line, (reasons.get(line) ?? 0) + count);
}
for (const [reason, count] of reasons) write(`skipped ${count}: ${reason}`);
const sum = (of: (result: (typeof results)[number]) => number) =>
  results.reduce((total, result) => total + of(result), 0);
const assertions = sum((result) => result.assertions);
const skippedCount = skipped.reduce((total, one) => total + one.count, 0);
const disagreements = sum((result) => result.disagreements.length);
const fuelMismatches = sum((result) => result.fuelMismatches.length);
write(
  `${results.length} scripts, ${assertions} assertions run plain and metered, ${skippedCount} commands skipped (${((100 * skippedCount) / (assertions + skippedCount)).toFixed(1)} %), ` +
    `${sum((result) => result.aboutText)} about the text format left aside, ${disagreements} disagreements; ` +
    `fuel of ${sum((result) => result.fuelCompared)} calls compared with the reference interpreter, ${fuelMismatches} mismatches`,
);
process.exitCode = disagreements + fuelMismatches === 0 ? 0 : 1;
