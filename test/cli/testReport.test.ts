import assert from 'node:assert/strict';
import { lstat, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import type { FixtureResult } from '../../toolchain/cases/runFixtures.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { programOf } from '../helpers/programCopy.ts';
import { WAT, watManifest } from '../helpers/watTasklets.ts';

interface Report {
  passed: number;
  failed: number;
  cases: FixtureResult[];
}

const FILES = {
  'grafos.toml': watManifest(['echo', 'talks']),
  'tasklets/echo.wat': WAT.echo,
  'tasklets/talks.wat': WAT.talks,
  'fixtures/talks/a.input.json': '{"n":9007199254740993}',
  'fixtures/talks/a.expected.json': '{"n":9007199254740992}',
  'fixtures/talks/b.input.json': '[]',
  'fixtures/talks/b.expected.json': '[]',
};

describe('the report of a test', () => {
  it('has the log and the run of a failed case, which can be found afterwards without a stack', async () => {
    await using program = await programOf(FILES);
    const cwd = program.path;
    const { passed, failed, cases } = await grafosJson<Report>(['test'], { cwd, code: 1 });
    assert.deepEqual([passed, failed], [1, 1]);
    const [first, second] = cases;
    assert.deepEqual(first?.log, ['info  begun']);
    assert.equal(second?.log, null);
    for (const { run_id } of cases) {
      assert.ok(run_id !== null);
      const run = await grafosJson<Run>(['runs', 'show', run_id], { cwd });
      assert.equal(run.state, 'succeeded');
    }
    const run_id = first?.run_id ?? '';
    assert.equal((await grafos(['runs', 'logs', run_id], { cwd })).stdout, 'info  begun\n');
    const { dir } = await grafosJson<{ dir: string }>(['artifacts', run_id, '--download'], { cwd });
    assert.equal(await readFile(join(dir, 'input.bin'), 'utf8'), FILES['fixtures/talks/a.input.json']);

    const { stdout } = await grafos(['test', '--no-build'], { cwd });
    const report =
      /^FAIL {2}talks\/a[\s\S]*?^- .*n": 9007199254740992$[\s\S]*^\s+log {3}info {2}begun\n {2}run {3}(\S+) /m;
    assert.match(stdout.replaceAll(/^ {8}([-+ ])/gm, '$1'), report);
    const again = report.exec(stdout.replaceAll(/^ {8}([-+ ])/gm, '$1'))?.[1] ?? '';
    assert.notEqual(again, run_id);
    assert.equal((await grafosJson<Run>(['runs', 'show', again], { cwd })).run_id, again);
    const gone = await grafos(['runs', 'show', run_id, '--json'], { cwd });
    assert.equal(JSON.parse(gone.stdout).error.code, 'not_found', 'the runs of the last test alone are kept');

    await grafosJson(['dev', 'up'], { cwd });
    assert.equal((await grafosJson<Run>(['runs', 'show', again], { cwd })).run_id, again, 'beside a stack that runs');
  });

  it('runs one case, and refuses one that is not there', async () => {
    await using program = await programOf(FILES);
    const cwd = program.path;
    const { cases } = await grafosJson<Report>(['test', '--case', 'b'], { cwd });
    assert.deepEqual(
      cases.map((one) => [one.tasklet, one.case]),
      [['talks', 'b']],
    );
    const unknown = await grafos(['test', '--case', 'c', '--json'], { cwd });
    assert.deepEqual([unknown.code, JSON.parse(unknown.stdout).error.code], [2, 'wrong_usage']);
  });

  it('accepts outputs with --update, whatever they are, and no failure', async () => {
    const outputs: Record<string, string | Uint8Array> = {
      big: '{"n":18446744073709551615,"f":1.10}',
      text: 'not JSON\n',
      bytes: Uint8Array.of(255, 0, 1),
      // An object that looks like one with a meaning.
      dollar: '{"$text":"x"}',
      // A lone surrogate and a byte order mark are kept as they are.
      odd: '["\\ud800"]',
      mark: '\ufeff1',
      long: 'x'.repeat(1024 * 1024 + 1),
    };
    await using program = await programOf({
      'grafos.toml': watManifest(['echo', 'unreachable']),
      'tasklets/echo.wat': WAT.echo,
      'tasklets/unreachable.wat': WAT.unreachable,
      'fixtures/unreachable/fails.input.json': '1',
      'fixtures/unreachable/fails.expected.json': '1',
      ...Object.fromEntries(
        Object.entries(outputs).flatMap(([name, bytes]) => [
          [`fixtures/echo/${name}.input.bin`, bytes],
          [`fixtures/echo/${name}.expected.json`, '"something else"'],
        ]),
      ),
    });
    const cwd = program.path;
    // A link in the place of an expectation is replaced, and what it names stays.
    await writeFile(join(cwd, 'other.json'), '"of another"');
    await rm(join(cwd, 'fixtures/echo/text.expected.json'));
    await symlink('../../other.json', join(cwd, 'fixtures/echo/text.expected.json'));
    const updated = await grafosJson<Report>(['test', '--update'], { cwd, code: 1 });
    assert.equal(await readFile(join(cwd, 'other.json'), 'utf8'), '"of another"');
    assert.equal((await lstat(join(cwd, 'fixtures/echo/text.expected.json'))).isFile(), true);
    assert.deepEqual(
      updated.cases.map((one) => [one.case, one.updated, one.passed]),
      [
        ...Object.keys(outputs)
          .sort()
          .map((name) => [name, true, true]),
        ['fails', false, false],
      ],
    );
    assert.equal(await readFile(join(cwd, 'fixtures/unreachable/fails.expected.json'), 'utf8'), '1');
    const expected = async (name: string) => readFile(join(cwd, `fixtures/echo/${name}.expected.json`), 'utf8');
    assert.equal(await expected('big'), '{\n  "n": 18446744073709551615,\n  "f": 1.10\n}\n');
    assert.equal(await expected('text'), '{\n  "$text": "not JSON\\n"\n}\n');
    assert.equal(await expected('bytes'), '{\n  "$base64": "/wAB"\n}\n');
    assert.match(await expected('long'), /"\$bytes": 1048577/);
    const after = await grafosJson<Report>(['test', 'echo', '--no-build'], { cwd });
    assert.deepEqual([after.passed, after.failed], [7, 0]);
    await writeFile(join(cwd, 'fixtures/echo/big.input.bin'), '{"f":11e-1,"n":18446744073709551615}');
    assert.equal((await grafosJson<Report>(['test', 'echo', '--case', 'big'], { cwd })).passed, 1, 'equal by value');
  });
});
