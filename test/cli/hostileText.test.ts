/**
 * Names and messages that a stranger chose, through the real command: nothing of them steers a
 * terminal or a CI job.
 */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ended, grafos } from '../helpers/grafosCommand.ts';
import { scratchProgram } from '../helpers/scratchProgram.ts';
import { section, text, u32, VOID_TYPE, wasmModule } from '../helpers/wasmBytes.ts';

/** Characters that a terminal obeys, that end a line, or that turn the text behind them. */
const EVIL = '\x1b]0;evil\x07\x1b[2J\r\n::error::evil\n##[error]evil\n::add-mask::e\u0085\u009b31m\u2028\u202e';
const CI = { CI: 'true', GITHUB_ACTIONS: 'true', FORCE_COLOR: '1' };

/** The styles of the command itself, which `FORCE_COLOR` asks for; `EVIL` has none of them. */
const OWN_STYLES = new RegExp(`${'\x1b'}\\[(?:1|2|22|3[0-69])m`, 'g');

/** Fails where a line of the command is not ours. */
function assertHarmless({ stdout, stderr }: Ended, about: string): void {
  for (const line of `${stdout}\n${stderr}`.replaceAll(OWN_STYLES, '').split('\n')) {
    assert.doesNotMatch(line, /\p{Cc}|[\u2028\u2029]|\p{Bidi_Control}/u, `${about}: ${JSON.stringify(line)}`);
    assert.doesNotMatch(line, /^\s*::|##\w*\[/, `${about}: ${JSON.stringify(line)}`);
  }
}

/** A module with names of a stranger wherever a module has names. */
function evilModule(): Uint8Array {
  const body = [0, 0x0b];
  return wasmModule(
    section(0, text(`custom${EVIL}`)),
    VOID_TYPE,
    section(2, [1], text(`::error::module${EVIL}`), text(EVIL), [0, 0]),
    section(3, [1, 0]),
    section(7, [1], text(`::error::export${EVIL}`), [0, 1]),
    section(10, [1], u32(body.length), body),
  );
}

describe('text of others through the command', function () {
  this.timeout(120_000);

  it('is harmless from the names of a module', async () => {
    await using program = await scratchProgram('demo.wasm', { 'demo.wasm': evilModule() });
    const cwd = program.root;
    for (const args of [
      ['tasklet', 'inspect', 'demo.wasm'],
      ['tasklet', 'inspect', 'demo.wasm', '--json'],
      ['tasklet', 'build'],
      ['validate'],
      ['validate', '--json'],
      ['validate', '--sarif'],
    ]) {
      const ended = await grafos(args, { cwd, env: CI });
      assert.match(ended.stdout + ended.stderr, /evil/, args.join(' '));
      assertHarmless(ended, args.join(' '));
      if (args.at(-1)?.startsWith('--')) JSON.parse(ended.stdout);
    }
  });

  it('is harmless from a manifest, a source and the names of files', async function () {
    const source = `export function compute(): void { nothing${'\u202e'}::error::(); }\n`;
    await using program = await scratchProgram('tasklets/demo.ts', { 'tasklets/demo.ts': source });
    const cwd = program.root;
    const manifest = join(cwd, 'grafos.toml');
    const key = JSON.stringify(`evil${EVIL}`).replaceAll('\u2028', '\\u2028').replaceAll('\u0085', '\\u0085');
    await writeFile(manifest, `[program]\nname = "demo"\nversion = "0.1.0"\n${key} = 1\n`);
    for (const args of [['validate'], ['validate', '--json'], ['dev', 'up'], ['tasklet', 'build']]) {
      const ended = await grafos(args, { cwd, env: CI });
      assert.match(ended.stdout + ended.stderr, /evil/, args.join(' '));
      assertHarmless(ended, args.join(' '));
    }
    // No name of a file on Windows.
    if (process.platform === 'win32') this.skip();
    const folder = join(cwd, '::error::evil\n::warning::\x1b[2J');
    await mkdir(folder);
    await writeFile(join(folder, 'grafos.toml'), '[program]\nnam = 1\n');
    for (const args of [['validate'], ['dev', 'up'], ['dev', 'status'], ['tasklet', 'build']])
      assertHarmless(await grafos(args, { cwd: folder, env: CI }), `${args.join(' ')} in a folder of that name`);
  });

  it('gives GitHub its annotations and nothing besides', async () => {
    await using program = await scratchProgram('demo.wasm', { 'demo.wasm': evilModule() });
    const { stdout } = await grafos(['validate', '--github'], { cwd: program.root, env: CI });
    const lines = stdout.trimEnd().split('\n');
    assert.ok(lines.length > 0);
    for (const line of lines) {
      assert.match(line, /^::(?:error|warning|notice) file=[^:,]*,line=\d+,endLine=\d+(?:,\w+=[^:,]*)*::/);
      assert.doesNotMatch(line, /\p{Cc}|[\u2028\u2029]|\p{Bidi_Control}/u);
    }
  });

  it('is harmless in what is wrong with the arguments', async () => {
    await using program = await scratchProgram('demo.wasm', { 'demo.wasm': evilModule() });
    const evil = EVIL.replaceAll('\0', '');
    for (const args of [
      [evil],
      ['dev', evil],
      ['validate', `--${evil}`],
      ['runs', 'show', evil],
      ['tasklet', 'build', evil],
      ['tasklet', 'inspect', `${evil}.wasm`],
      ['deploy', 'run', '--input', evil],
      ['new', evil],
    ]) {
      for (const more of [[], ['--json']])
        assertHarmless(await grafos([...args, ...more], { cwd: program.root, env: CI }), args.join(' '));
    }
  });
});
