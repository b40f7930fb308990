import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRecord } from '../../daemons/wire/tenantApi.ts';
import type { FuelSuggestion } from '../../toolchain/fuel/suggestFuel.ts';
import type { PlacedResponse } from '../../toolchain/places/responseWithPlaces.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { noProcessNames } from '../helpers/processesNaming.ts';
import { cookbookCopy } from '../helpers/programCopy.ts';

const SOURCE = `export function compute(input: string): string {
  let sum = 0;
  for (let i = 0; i < i32.parse(input); i++) sum += i * sum + 1;
  return sum.toString();
}
`;

const MANIFEST = `# The budget below is small on purpose.
[program]
name = "local-dev"
version = "0.1.0"

[[tasklet]]
name = "local-dev" # one
source = "tasklets/local-dev.ts"
fuel = 20_000 # too little
`;

describe('fuel', () => {
  let program: Awaited<ReturnType<typeof cookbookCopy>>;
  let cwd = '';
  const manifest = () => join(cwd, 'grafos.toml');
  const deploy = async (...args: string[]) => {
    const { stdout } = await grafos(['deploy', 'run', '--input', 'input', ...args, '--json'], { cwd });
    return JSON.parse(stdout) as PlacedResponse;
  };

  before(async () => {
    program = await cookbookCopy('local-dev');
    cwd = program.path;
    await writeFile(join(cwd, 'tasklets/local-dev.ts'), SOURCE);
    await writeFile(manifest(), MANIFEST);
    await writeFile(join(cwd, 'input'), '10000');
    await grafosJson(['tasklet', 'build'], { cwd });
    await grafosJson(['dev', 'up'], { cwd });
  });

  after(async () => {
    await program[Symbol.asyncDispose]();
    await noProcessNames(cwd);
  });

  it('that ends is told as used, budget, the line of the manifest, and what to do', async () => {
    const { stdout } = await grafos(['deploy', 'run', '--input', 'input'], { cwd });
    assert.match(stdout, /budget +used 20,000 of 20,000 \(grafos\.toml:9\)/);
    assert.match(stdout, /next: Try it with more: grafos deploy run --tasklet local-dev --fuel 2_000_000/);
    assert.match(stdout, /grafos fuel suggest local-dev --write/);
  });

  it('is the default where the manifest has none: the line is the header of the tasklet', async () => {
    await writeFile(manifest(), MANIFEST.replace(/fuel.*\n/, ''));
    await writeFile(join(cwd, 'input'), '100000');
    const { stdout } = await grafos(['deploy', 'run', '--input', 'input'], { cwd });
    assert.match(stdout, /used 500,000 of 500,000 \(grafos\.toml:6\)/);
    await writeFile(manifest(), MANIFEST);
    await writeFile(join(cwd, 'input'), '10000');
  });

  it('can be given to one run, with its other limits; they are recorded and a replay repeats them', async () => {
    const { state, run_id } = await deploy('--fuel', '9_000_000', '--timeout', '7s', '--linear-memory', '3MiB');
    assert.equal(state, 'succeeded');
    await grafosJson(['artifacts', run_id, '--out', 'kept'], { cwd });
    const record: RunRecord = JSON.parse(await readFile(join(cwd, 'kept/run.json'), 'utf8'));
    assert.deepEqual([record.fuel, record.timeout_ms, record.linear_memory_bytes], [9_000_000, 7_000, 3 << 20]);
    assert.equal((await grafosJson<{ same: boolean }>(['replay', run_id], { cwd })).same, true);
  });

  for (const [option, value] of [
    ['--fuel', 'much'],
    ['--fuel', '-1'],
    ['--timeout', '5'],
    ['--linear-memory', '12MB'],
  ]) {
    it(`${option} ${value} is refused by its name`, async () => {
      const { code, stderr } = await grafos(['deploy', 'run', `${option}=${value}`], { cwd });
      assert.equal(code, 2);
      assert.match(stderr, new RegExp(option ?? ''));
    });
  }

  for (const [option, value, advice] of [
    ['--fuel', '0', 'Give a whole number from 1 to 140737488355327.'],
    ['--fuel', '-1', 'Give a whole number from 1 to 140737488355327.'],
    ['--timeout', '0s', 'Give a duration from 1ms to 15m.'],
    ['--timeout', '16m', 'Give a duration from 1ms to 15m.'],
    ['--linear-memory', '5GiB', 'Give a size from 64KiB to 4GiB.'],
    ['--linear-memory', '1', 'Give a size from 64KiB to 4GiB.'],
    ['--linear-memory', '1KiB', 'Give a size from 64KiB to 4GiB.'],
  ]) {
    it(`${option} ${value} is refused with its bounds, before anything runs`, async () => {
      const count = async () => (await grafosJson<unknown[]>(['runs', 'list'], { cwd })).length;
      const before = await count();
      const { code, stdout } = await grafos(['deploy', 'run', `${option}=${value}`, '--json'], { cwd });
      const { error } = JSON.parse(stdout);
      assert.deepEqual([code, error.code, error.next], [2, 'wrong_usage', advice]);
      assert.equal(error.message, `${option} cannot be "${value}".`);
      assert.equal(await count(), before);
    });
  }

  describe('suggest', () => {
    const suggest = (...args: string[]) =>
      grafosJson<{ written: boolean; suggestions: FuelSuggestion[] }>(['fuel', 'suggest', ...args], { cwd });

    before(async () => {
      const folder = join(cwd, 'fixtures/local-dev');
      for (const [name, count] of [
        ['small', '10'],
        ['large', '20000'],
      ]) {
        await writeFile(join(folder, `${name}.input.bin`), count ?? '');
        await writeFile(join(folder, `${name}.expected.json`), '{ "output": null }');
      }
    });

    it('measures the cases, also those that need more than they have, and says what to write', async () => {
      const { written, suggestions } = await suggest();
      const [one] = suggestions;
      assert.ok(one);
      assert.equal(written, false);
      assert.deepEqual([one.case, one.current, one.line, one.enough], ['large', 20_000, 9, false]);
      assert.ok(one.fuel >= 1.5 * one.fuel_used && one.fuel < 1.7 * one.fuel_used);
      assert.equal(await readFile(manifest(), 'utf8'), MANIFEST);
    });

    it('--write changes that number alone, and the run then succeeds', async () => {
      const { suggestions } = await suggest('--write');
      const now = await readFile(manifest(), 'utf8');
      assert.equal(now.replace(/fuel = [\d_]+/, 'fuel = 20_000'), MANIFEST);
      assert.match(
        now,
        new RegExp(`fuel = ${String(suggestions[0]?.fuel).replace(/\B(?=(\d{3})+$)/g, '_')} # too little`),
      );
      assert.equal((await deploy()).state, 'succeeded');
      assert.equal((await suggest()).suggestions[0]?.enough, true);
    });

    it('--write adds the line where there is none, in a file with CRLF and a byte order mark', async () => {
      const text = `\uFEFF${MANIFEST.replace(/fuel.*\n/, '')}`.replaceAll('\n', '\r\n');
      await writeFile(manifest(), `${text.replace('source', 'timeout = "20s"\r\nsource')}`);
      await suggest('--write');
      const now = await readFile(manifest(), 'utf8');
      assert.ok(now.startsWith('\uFEFF# The budget'));
      assert.match(now, /\r\nsource = "tasklets\/local-dev\.ts"\r\nfuel = [\d_]+\r\n$/);
    });
  });
});
