import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
import { PROGRAM_LIMITS } from '../../program/programLimits.ts';
import type { RunProfile } from '../../toolchain/profile/profileRun.ts';
import { grafos, grafosJson, startGrafos } from '../helpers/grafosCommand.ts';
import { languageClient, uriOf } from '../helpers/languageClient.ts';
import { largeModule } from '../helpers/largeModule.ts';
import { childrenOf, noProcessNames } from '../helpers/processesNaming.ts';
import { cookbookCopy, programOf } from '../helpers/programCopy.ts';

const SOURCE = `function square(n: i32): i32 {
  return n * n;
}

export function compute(input: Uint8Array): Uint8Array {
  let sum = 0;
  for (let i = 0; i < 1000; i++) {
    sum += square(i) % 7;
  }
  const output = new Uint8Array(1);
  output[0] = <u8>sum;
  return output;
}
`;

const TEXTS = `function words(text: string): i32 {
  return text.toUpperCase().split(' ').length;
}

export function compute(input: string): string {
  const row = '0123456789 '.repeat(100);
  return words(row).toString();
}
`;

const sum = (all: ReadonlyArray<{ fuel: number }>) => all.reduce((total, { fuel }) => total + fuel, 0);

describe('grafos profile', () => {
  let program: Awaited<ReturnType<typeof cookbookCopy>>;
  let cwd = '';

  before(async () => {
    program = await cookbookCopy('local-dev');
    cwd = program.path;
    await grafosJson(['tasklet', 'build'], { cwd });
    await grafosJson(['dev', 'up'], { cwd });
  });

  after(async () => {
    await program[Symbol.asyncDispose]();
    await noProcessNames(cwd);
  });

  const profileOf = (response: RunResponse) => grafosJson<RunProfile>(['profile', response.run_id], { cwd });

  const exact = (profile: RunProfile, response: RunResponse) => {
    assert.equal(profile.fuel_used, response.fuel_used);
    assert.equal(sum(profile.functions), response.fuel_used);
    assert.equal(sum(profile.lines), response.fuel_used);
  };

  it('says which functions and lines the fuel of a deploy went to, and the same twice', async () => {
    const run = await grafosJson<RunResponse & { profile: RunProfile }>(['deploy', 'run', '--profile'], { cwd });
    exact(run.profile, run);
    assert.deepEqual(await profileOf(run), run.profile);
    const graph = JSON.parse(await readFile(run.profile.flame_graph ?? '', 'utf8'));
    assert.equal(graph.$schema, 'https://www.speedscope.app/file-format-schema.json');
    const [{ type, samples, weights, startValue, endValue }] = graph.profiles;
    assert.deepEqual([type, startValue, endValue], ['sampled', 0, run.fuel_used]);
    assert.equal(weights.length, samples.length);
    assert.equal(
      weights.reduce((total: number, weight: number) => total + weight, 0),
      run.fuel_used,
    );
    for (const stack of samples) for (const frame of stack) assert.ok(graph.shared.frames[frame].name);
  });

  it('points at the lines of the source that did the work', async () => {
    const source = join(cwd, 'tasklets/local-dev.ts');
    const before = await readFile(source, 'utf8');
    await writeFile(source, SOURCE);
    try {
      await grafosJson(['tasklet', 'build'], { cwd });
      const response = await grafosJson<RunResponse>(['deploy', 'run'], { cwd });
      const profile = await profileOf(response);
      exact(profile, response);
      const lines = (await readFile(source, 'utf8')).split('\n');
      const top = profile.lines.slice(0, 3).map(({ file, line }) => {
        assert.equal(file, 'tasklets/local-dev.ts');
        return lines[line - 1]?.trim();
      });
      assert.ok(top.includes('sum += square(i) % 7;'), top.join(' | '));
      assert.ok(top.includes('for (let i = 0; i < 1000; i++) {'), top.join(' | '));
      assert.ok(sum(profile.lines.slice(0, 3)) > 0.9 * response.fuel_used);
    } finally {
      await writeFile(source, before);
      await grafosJson(['tasklet', 'build'], { cwd });
    }
  });

  it('says why it has no lines where the source map is too large to be read', async () => {
    const file = join(cwd, 'build/local-dev.wasm.map');
    const before = await readFile(file, 'utf8');
    const response = await grafosJson<RunResponse>(['deploy', 'run'], { cwd });
    assert.equal((await profileOf(response)).lines_left_out, null);
    const map = JSON.parse(before) as { mappings: string };
    try {
      const mappings = map.mappings.padEnd(PROGRAM_LIMITS.mappings + 1, ';');
      for (const large of [JSON.stringify({ ...map, mappings }), before.padEnd(PROGRAM_LIMITS.sourceMap + 1)]) {
        await writeFile(file, large);
        const profile = await profileOf(response);
        exact(profile, response);
        assert.equal(profile.lines_left_out?.code, 'source_map_too_large');
        assert.ok(profile.lines.every((one) => one.file === null));
        const { stdout } = await grafos(['profile', response.run_id], { cwd });
        assert.match(stdout, /^no lines: The source map has \d+ .*\. \[source_map_too_large\]$/m);
      }
    } finally {
      await writeFile(file, before);
    }
  });

  it('names the lines of the program that called libraries, and what each called', async () => {
    const source = join(cwd, 'tasklets/local-dev.ts');
    const before = await readFile(source, 'utf8');
    await writeFile(source, TEXTS);
    try {
      await grafosJson(['tasklet', 'build'], { cwd });
      const response = await grafosJson<RunResponse>(['deploy', 'run'], { cwd });
      const profile = await profileOf(response);
      exact(profile, response);
      const own = profile.lines.filter(({ file }) => file === 'tasklets/local-dev.ts');
      // Each instruction counts for one line of the program, but for those of the entry point
      // around it.
      const charged = own.reduce((total, { fuel, library }) => total + fuel + library, 0);
      assert.ok(charged <= response.fuel_used && charged > 0.95 * response.fuel_used, `${charged}`);
      const split = own.find(({ line }) => line === 2);
      assert.ok(split !== undefined && split.library > 20 * split.fuel && split.library > 0.6 * response.fuel_used);
      for (const { fuel, for: callers } of profile.functions) assert.ok(sum(callers) === fuel || callers.length === 0);
      const { stdout } = await grafos(['profile', response.run_id, '--limit', '3'], { cwd });
      assert.match(stdout, /^ *own +total +calls +function +called from$/m);
      assert.match(stdout, /toUpperCase .*tasklets\/local-dev\.ts:2$/m);
      const [, lines = ''] = /^ *own +library +total +line +called most\n((?:.+\n)+)/m.exec(stdout) ?? [];
      assert.match(lines, /^.* tasklets\/local-dev\.ts:2 +[\w#:~/.]+, [\w#:~/.]+\n/);
      assert.ok(lines.trim().split('\n').length <= 3, lines);
      assert.match(stdout, /^ *own +line of a library$/m);
    } finally {
      await writeFile(source, before);
      await grafosJson(['tasklet', 'build'], { cwd });
    }
  });

  it('is told beside the lines by the language server, once it is asked to and while the text is what was built', async () => {
    const source = join(cwd, 'tasklets/local-dev.ts');
    const before = await readFile(source, 'utf8');
    await writeFile(source, SOURCE);
    await grafosJson(['tasklet', 'build'], { cwd });
    const run = await grafosJson<RunResponse & { profile: RunProfile }>(['deploy', 'run', '--profile'], { cwd });
    const text = SOURCE;
    const textDocument = { uri: uriOf(source) };
    const range = { start: { line: 0, character: 0 }, end: { line: 1_000, character: 0 } };
    const own = run.profile.lines.filter(({ file }) => file?.endsWith('local-dev.ts'));
    assert.ok(own.length > 0);

    await using client = await languageClient({ initializationOptions: { fuel: true } });
    assert.equal(client.capabilities.capabilities.inlayHintProvider, true);
    client.open(source, text);
    await client.codes(source);
    const lines = await client.request<Array<{ line: number; share: number }>>('grafos/fuelLines', textDocument);
    assert.deepEqual(
      lines,
      own.map(({ line, total }) => ({ line: line - 1, share: total / run.fuel_used })),
    );
    const hints = () =>
      client.request<Array<{ label: string; position: { line: number } }>>('textDocument/inlayHint', {
        textDocument,
        range,
      });
    const shown = await hints();
    assert.ok(shown.length > 0);
    for (const { label, position } of shown) {
      assert.match(label, /^fuel \d+(\.\d)? %$/);
      assert.ok(own.some(({ line }) => line - 1 === position.line));
    }
    client.change(source, 2, `\n${text}`);
    assert.deepEqual(await hints(), []);

    await using silent = await languageClient();
    assert.equal(silent.capabilities.capabilities.inlayHintProvider, undefined);
    await writeFile(source, before);
    await grafosJson(['tasklet', 'build'], { cwd });
  });

  it('is there for a run that exhausted its fuel', async () => {
    const manifest = join(cwd, 'grafos.toml');
    const before = await readFile(manifest, 'utf8');
    await writeFile(
      manifest,
      before.replace('[[tasklet]]', '[[tasklet]]\nfuel = 700').replace(/^fuel = .*_000.*$/m, ''),
    );
    try {
      const { stdout } = await grafos(['deploy', 'run', '--json'], { cwd });
      const response: RunResponse = JSON.parse(stdout);
      assert.equal(response.error?.code, 'fuel_exhausted');
      exact(await profileOf(response), response);
    } finally {
      await writeFile(manifest, before);
    }
  });

  it('says why there is none', async () => {
    const { code, stderr } = await grafos(['deploy', 'run', '--profile', '--detach'], { cwd });
    assert.equal(code, 2);
    assert.match(stderr, /--profile does not go with --detach/);
    const response = await grafosJson<RunResponse>(['deploy', 'run'], { cwd });
    await writeFile(join(cwd, 'build/local-dev.wasm'), 'another');
    // The cell keeps the module, so the built one is not needed. Without both there is no profile.
    await rm(join(cwd, `.grafos/dev/modules/${response.module_sha256}.wasm`));
    const differs = await grafos(['profile', response.run_id], { cwd });
    assert.match(differs.stderr, /module_differs/);
    assert.equal(differs.code, 2);
  });
});

describe('grafos profile of a large module', () => {
  let program: Awaited<ReturnType<typeof programOf>>;
  let cwd = '';
  let response: RunResponse;
  const large = largeModule(300, 60);

  before(async () => {
    const tasklet = '[[tasklet]]\nname = "large"\nsource = "large.wasm"\noutput = "build/large.wasm"\n';
    program = await programOf({
      'grafos.toml': `[program]\nname = "large"\nversion = "0.1.0"\n\n${tasklet}fuel = 1_000_000_000\n`,
      'large.wasm': large.wasm,
    });
    cwd = program.path;
    await grafosJson(['tasklet', 'build'], { cwd });
    await writeFile(join(cwd, 'build/large.wasm.map'), large.sourceMap);
    await grafosJson(['dev', 'up'], { cwd });
    response = await grafosJson<RunResponse>(['deploy', 'run'], { cwd });
  });

  after(async () => {
    await program[Symbol.asyncDispose]();
  });

  it('is exact, for each of its lines', async () => {
    const profile = await grafosJson<RunProfile>(['profile', response.run_id], { cwd });
    assert.equal(profile.fuel_used, response.fuel_used);
    assert.equal(sum(profile.functions), response.fuel_used);
    const lines = profile.lines.filter(({ file }) => file !== null);
    assert.equal(lines.length, 300 * 380);
    assert.ok(sum(lines) >= large.fuel);
  });

  it('is given up when it is interrupted, in the count and in the sums', async function () {
    if (process.platform !== 'linux') this.skip();
    for (const isCounted of [false, true]) {
      const shell = startGrafos(['profile', response.run_id], { cwd });
      const counts = () => childrenOf(shell.child.pid ?? 0, 'fabricbiosd').length > 0;
      while (!counts() && shell.child.exitCode === null) await delay(10);
      while (isCounted && counts()) await delay(10);
      shell.child.kill('SIGINT');
      const { code, stdout } = await shell.ended;
      assert.deepEqual([code, stdout], [130, '']);
    }
    assert.deepEqual(
      (await readdir(join(cwd, '.grafos/profiles'))).filter((name) => !/^[\w-]+(\.speedscope)?\.json$/.test(name)),
      [],
    );
  });
});
