import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, lstat, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import type { ShownResponse } from '../../toolchain/output/shownOutput.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { type ProgramCopy, programOf } from '../helpers/programCopy.ts';
import { WAT, watManifest } from '../helpers/watTasklets.ts';

/** Options that name a file for a result, each with a command. RUN is a run that has ended. */
const OPTIONS: Array<[flag: string, words: string[]]> = [
  ['--output', ['deploy', 'run', '--tasklet', 'echo', '--input', 'input']],
  ['--output', ['runs', 'show', 'RUN']],
  ['--output', ['runs', 'wait', 'RUN']],
  ['--output', ['replay', 'RUN']],
  ['--output', ['api', 'GET', '/api/v1/runs?limit=1']],
  ['--bundle', ['artifacts', 'RUN']],
  ['--coverage', ['test', '--no-build']],
];

describe('files for results', () => {
  let program: ProgramCopy;
  let cwd: string;
  let runId: string;
  let failedId: string;

  before(async function () {
    if (process.platform === 'win32') this.skip();
    program = await programOf({
      'grafos.toml': watManifest(['echo']),
      'tasklets/echo.wat': WAT.echo,
      'fixtures/echo/one.input.json': '1',
      'fixtures/echo/one.expected.json': '1',
      input: '{"a":1}',
      one: '1',
    });
    cwd = program.path;
    execFileSync('mkfifo', ['pipe'], { cwd });
    await grafosJson(['dev', 'up'], { cwd });
    await grafosJson(['tasklet', 'build'], { cwd });
    runId = (await grafosJson<ShownResponse>(['deploy', 'run', '--input', 'input'], { cwd })).run_id;
    const failed = await grafos(['deploy', 'run', '--input', 'input', '--fuel', '1', '--json'], { cwd });
    failedId = JSON.parse(failed.stdout).run_id;
  });
  after(() => program?.[Symbol.asyncDispose]());

  const command = (words: readonly string[], ...more: string[]) =>
    grafos([...words.map((word) => (word === 'RUN' ? runId : word)), ...more], { cwd });

  for (const [flag, words] of OPTIONS) {
    const name = `${words.slice(0, 2).join(' ')} ${flag}`;

    it(`${name} keeps the mode of a file, goes through a link, and reaches a device`, async () => {
      await writeFile(join(cwd, 'kept'), 'old');
      await chmod(join(cwd, 'kept'), 0o600);
      await symlink('kept', join(cwd, 'link')).catch(() => {});
      const { code, stdout, stderr } = await command(words, flag, 'link');
      assert.equal(code, 0, stdout + stderr);
      assert.notEqual(await readFile(join(cwd, 'kept'), 'utf8'), 'old');
      assert.equal((await stat(join(cwd, 'kept'))).mode & 0o777, 0o600);
      assert.ok((await lstat(join(cwd, 'link'))).isSymbolicLink());
      assert.equal((await command(words, flag, '/dev/null')).code, 0);
      assert.ok((await stat('/dev/null')).isCharacterDevice());
    });

    it(`${name} is refused before the work where nothing can be written`, async () => {
      const runs = (await grafosJson<Run[]>(['runs', 'list'], { cwd })).length;
      for (const [file, code] of [
        ['/', 'not_a_file'],
        ['fixtures', 'not_a_file'],
        ['nowhere/out', 'no_such_file'],
        ['input/out', 'not_a_folder'],
        ['', 'wrong_usage'],
      ] as const) {
        const ended = await command(words, flag, file, '--json');
        assert.equal(JSON.parse(ended.stdout).error?.code, code, `${file}: ${ended.stdout}${ended.stderr}`);
        assert.equal(ended.code, 2);
      }
      const ended = await command(words, flag, 'pipe', '--json');
      assert.match(JSON.parse(ended.stdout).error?.message, /pipe is a pipe that nobody reads/);
      // The pipe alone is seen when it is written: its reader may come while a run is under way.
      const more = ['deploy', 'replay', 'test'].includes(words[0] ?? '') ? 1 : 0;
      assert.equal((await grafosJson<Run[]>(['runs', 'list'], { cwd })).length, runs + more);
    });
  }

  it('of a run without an output stay as they are, and the command says so', async () => {
    await writeFile(join(cwd, 'precious'), 'precious');
    for (const words of [
      ['deploy', 'run', '--input', 'input', '--fuel', '1'],
      ['runs', 'show', failedId],
      ['runs', 'wait', failedId],
      ['replay', failedId],
    ]) {
      const { stderr } = await grafos([...words, '--output', 'precious'], { cwd });
      assert.match(stderr, /the run has no output: .*precious was not written/, words.join(' '));
      assert.equal(await readFile(join(cwd, 'precious'), 'utf8'), 'precious');
    }
  });

  it('that could not be written after all leave the run, and its id is said', async function () {
    // Linux alone has a folder in which nobody makes a file, and which looks like any other.
    if (process.platform !== 'linux') this.skip();
    const { stdout } = await grafos(['deploy', 'run', '--input', 'input', '--output', '/sys/out', '--json'], { cwd });
    const { error } = JSON.parse(stdout);
    const [newest] = await grafosJson<Run[]>(['runs', 'list', '--limit', '1'], { cwd });
    assert.match(error.message, /\(\/sys\/out\)/);
    assert.match(error.next, new RegExp(`grafos runs show ${newest?.run_id} --output FILE`));
  });

  it('api takes its body from standard input, as deploy run and mem write do', async () => {
    const answer = await grafos(['api', 'POST', '/api/v1/runs', '--input', '-', '--yes', '--json'], {
      cwd,
      stdin: '{',
    });
    assert.doesNotMatch(answer.stdout, /no_such_file/);
    assert.match(answer.stdout, /bad_request/);
  });

  it('a bundle and a download are two commands', async () => {
    const { stdout, code } = await command(['artifacts', 'RUN'], '--bundle', 'one', '--download', '--json');
    assert.deepEqual([JSON.parse(stdout).error?.code, code], ['wrong_usage', 2]);
    assert.equal(await readFile(join(cwd, 'one'), 'utf8'), '1');
  });
});
