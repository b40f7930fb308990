import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import type { ShownResponse } from '../../toolchain/output/shownOutput.ts';
import { grafos, grafosJson, startGrafos } from '../helpers/grafosCommand.ts';
import { grafosTerminal, terminalMissing } from '../helpers/grafosTerminal.ts';
import { McpClient } from '../helpers/mcpClient.ts';
import { type ProgramCopy, programOf } from '../helpers/programCopy.ts';
import { WAT, watManifest } from '../helpers/watTasklets.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const MARKDOWN = '# Title\n\nÜmläut and 日本\twith a tab\n::set-output name=x::1\n\u001b[31mred\n';

/** Resolves once the stream has said all of `wanted`. */
function said(stream: ChildProcess['stdout'], wanted: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const late = setTimeout(() => reject(new Error(`did not say ${wanted}: ${text}`)), 20_000);
    stream?.on('data', (chunk: string) => {
      text += chunk;
      if (!text.includes(wanted)) return;
      clearTimeout(late);
      resolve();
    });
  });
}

describe('output and log of a run', () => {
  let program: ProgramCopy;
  let cwd: string;

  const echo = async (input: string | Uint8Array, ...more: string[]) => {
    await writeFile(join(cwd, 'input'), input);
    return grafos(['deploy', 'run', '--tasklet', 'echo', '--input', 'input', ...more], { cwd });
  };
  const echoJson = async (input: string | Uint8Array, ...more: string[]): Promise<ShownResponse> => {
    const { stdout, stderr } = await echo(input, '--json', ...more);
    assert.equal(stderr, '');
    return JSON.parse(stdout);
  };

  before(async () => {
    program = await programOf({
      'grafos.toml': watManifest(['echo', 'chatty'], 'fuel = 100_000_000_000\ntimeout = "60s"\n'),
      'tasklets/echo.wat': WAT.echo,
      'tasklets/chatty.wat': WAT.chatty,
    });
    cwd = program.path;
    await grafosJson(['dev', 'up'], { cwd });
    await grafosJson(['tasklet', 'build'], { cwd });
  });
  after(() => program[Symbol.asyncDispose]());

  for (const [name, input, output, output_text] of [
    ['JSON', '{"a":1}', { a: 1 }, null],
    ['text', MARKDOWN, null, MARKDOWN],
    ['text with a byte order mark', '\ufeff{}', null, '\ufeff{}'],
    ['the JSON null', 'null', null, 'null'],
    ['bytes', PNG, null, null],
    ['small numbers, which are UTF-8 by chance', Uint8Array.of(7, 0, 0, 0), null, null],
    ['nothing', '', null, ''],
  ] as const) {
    it(`gives ${name} in --json, and the exact bytes to --output`, async () => {
      const response = await echoJson(input, '--output', 'saved');
      assert.deepEqual([response.output, response.output_text], [output, output_text]);
      assert.deepEqual(await readFile(join(cwd, 'saved')), Buffer.from(input));
      const shown = await grafosJson<Run & { response: ShownResponse }>(
        ['runs', 'show', response.run_id, '--output', 'shown'],
        { cwd },
      );
      assert.deepEqual(shown.response, response);
      assert.deepEqual(await readFile(join(cwd, 'shown')), Buffer.from(input));
    });
  }

  it('prints text line by line, and nothing in it commands the terminal', async () => {
    const { stdout } = await echo(MARKDOWN);
    assert.match(stdout, /^ {2}output {4}\d+ bytes of text\n {4}# Title\n {4}\n {4}Ümläut and 日本\twith a tab\n/m);
    assert.match(stdout, /^ {4}\\::set-output name=x::1\n {4}\\u001b\[31mred\n {2}fuel/m);
    assert.match((await echo('one line')).stdout, /^ {2}output {4}one line$/m);
    assert.match((await echo('with windows ends\r\nb\r\n')).stdout, /^ {4}with windows ends\n {4}b\n {2}fuel/m);
  });

  it('prints bytes by their size and the first of them', async () => {
    const { stdout } = await echo(PNG);
    assert.match(stdout, /^ {2}output {4}\d+ bytes, binary; the first 64 bytes \(all of them: --output FILE\)$/m);
    assert.match(stdout, /^ {4}00000000 {2}89 50 4e 47 0d 0a 1a 0a .*\.PNG/m);
  });

  it('gives a pipe all of a long output, and a terminal the beginning', async function () {
    const rows = Array.from({ length: 20_000 }, (_, index) => ({ index, name: `row ${index}` }));
    const { stdout } = await echo(JSON.stringify(rows));
    assert.ok(stdout.includes(JSON.stringify(rows)));
    const text = rows.map(({ name }) => name).join('\n');
    assert.ok((await echo(text)).stdout.includes('\n    row 19999\n'));
    if (terminalMissing() !== undefined) this.skip();
    const { screen } = await grafosTerminal(['deploy', 'run', '--tasklet', 'echo', '--input', 'input'], {
      cwd,
      answers: [],
    });
    assert.match(screen, / {4}row 99\r?\n {4}… \(cut; a pipe or --output FILE gets all of it\)/);
    assert.doesNotMatch(screen, /row 100\b/);
    await writeFile(join(cwd, 'input'), JSON.stringify(rows));
    const asJson = await grafosTerminal(['deploy', 'run', '--tasklet', 'echo', '--input', 'input', '--json'], {
      cwd,
      answers: [],
    });
    assert.ok(asJson.screen.length < 150_000, `${asJson.screen.length} characters`);
  });

  const NUMBERS =
    '{"id":9007199254740993,"max":18446744073709551615,"min":-9223372036854775808,"price":1.10,"huge":1e400,"zero":-0}';
  for (const [name, text] of [
    ['a short output', NUMBERS],
    ['an output longer than 64 KiB', `[${Array(2000).fill(NUMBERS).join(',')}]`],
    ['an output that is one number', '18446744073709551615'],
  ] as const) {
    it(`keeps the digits of ${name} wherever it is read`, async () => {
      const { stdout } = await echo(text, '--json');
      const { run_id } = JSON.parse(stdout) as ShownResponse;
      const shown = (await grafos(['runs', 'show', run_id, '--json'], { cwd })).stdout;
      const listed = (await grafos(['runs', 'wait', run_id, '--json'], { cwd })).stdout;
      await grafosJson(['artifacts', run_id, '--download', '--out', 'got'], { cwd });
      const artifact = await readFile(join(cwd, 'got/response.json'), 'utf8');
      for (const json of [stdout, shown, listed, artifact])
        assert.ok(json.replaceAll(/\s/g, '').includes(`"output":${text},"output_`), json.slice(0, 500));
      for (const command of ['show', 'wait'])
        assert.ok((await grafos(['runs', command, run_id], { cwd })).stdout.includes(text));
      await using mcp = new McpClient(cwd);
      const answer = await mcp.tool('grafos_show_run', { run_id });
      if (text.length < 1000)
        assert.ok(
          mcp.lines.some((line) => line.includes(`"output":${text}`)),
          JSON.stringify(answer),
        );
    });
  }

  it('refuses --output where it cannot be, before or after the run', async () => {
    const early = await echo('x', '--output', 'f', '--detach', '--json');
    assert.equal(early.code, 2);
    assert.equal(JSON.parse(early.stdout).error.code, 'wrong_usage');
    const late = await echo('x', '--output', 'missing/f', '--json');
    assert.equal(late.code, 2);
    assert.equal(JSON.parse(late.stdout).error.code, 'no_such_file');
  });

  it('prints the log on stderr while the run goes on', async () => {
    const running = startGrafos(['deploy', 'run', '--tasklet', 'chatty', '--json'], { cwd });
    await said(running.child.stderr, 'info  begun\n');
    assert.equal(running.child.exitCode, null);
    running.child.kill('SIGINT');
    assert.equal((await running.ended).code, 130);
  });

  it('shows the log of a detached run, follows it, and waits for its end', async () => {
    const { run_id } = await grafosJson<Run>(['deploy', 'run', '--tasklet', 'chatty', '--detach'], { cwd });
    const early = await grafos(['runs', 'show', run_id, '--output', 'f', '--json'], { cwd });
    assert.equal(JSON.parse(early.stdout).error.code, 'run_not_ended');
    const following = startGrafos(['runs', 'logs', run_id, '--follow'], { cwd });
    const waiting = startGrafos(['runs', 'wait', run_id], { cwd });
    await Promise.all([said(following.child.stdout, 'info  begun\n'), said(waiting.child.stderr, 'info  begun\n')]);
    assert.deepEqual(await grafosJson(['runs', 'logs', run_id], { cwd }), { run_id, lines: ['info  begun'] });
    await grafosJson(['runs', 'cancel', run_id], { cwd });
    assert.deepEqual((({ code, stdout }) => ({ code, stdout }))(await following.ended), {
      code: 0,
      stdout: 'info  begun\n',
    });
    const waited = await waiting.ended;
    assert.equal(waited.code, 1);
    assert.match(waited.stdout, /^cancelled {2}/);
    assert.equal((await grafos(['runs', 'logs', run_id], { cwd })).stdout, 'info  begun\n');
    assert.equal((await grafos(['runs', 'wait', run_id], { cwd })).code, 1);
  });
});
