import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { applyEdits } from '../helpers/applyFix.ts';
import { type LspRange, languageClient, SERVER, uriOf } from '../helpers/languageClient.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

const GOOD = `export function compute(input: Uint8Array): string {
  return input.length.toString();
}
`;
const BAD = GOOD.replace('input.length', 'input.lengths');

interface CodeAction {
  title: string;
  kind: string;
  edit: {
    documentChanges?: Array<{ textDocument: { version: number }; edits: Array<{ range: LspRange; newText: string }> }>;
    changes?: Record<string, Array<{ range: LspRange; newText: string }>>;
  };
}

function manifest(...tasklets: string[]): string {
  return `[program]\nname = "demo"\nversion = "0.1.0"\n${tasklets.map((one) => `\n[[tasklet]]\n${one}`).join('')}`;
}

const ONE = 'name = "one"\nsource = "tasklets/one.ts"\n';

async function programFolder(files: Record<string, string> = {}) {
  const folder = await temporaryFolder('grafos lsp ö-');
  const path = (name: string) => join(folder.path, name);
  const write = async (name: string, text: string) => {
    await mkdir(join(path(name), '..'), { recursive: true });
    await writeFile(path(name), text);
  };
  for (const [name, text] of Object.entries({ 'grafos.toml': manifest(ONE), 'tasklets/one.ts': GOOD, ...files }))
    await write(name, text);
  return {
    path,
    write,
    toml: path('grafos.toml'),
    source: path('tasklets/one.ts'),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

describe('the language server over stdio', function () {
  this.timeout(60_000);

  it('says what it can do', async () => {
    await using client = await languageClient();
    const names = Object.keys(client.capabilities.capabilities);
    for (const name of [
      'completionProvider',
      'hoverProvider',
      'renameProvider',
      'codeActionProvider',
      'documentSymbolProvider',
    ])
      assert.ok(names.includes(name), name);
    assert.ok(!names.includes('codeLensProvider'), 'no lenses for a client without the commands');
    assert.ok(!names.includes('documentFormattingProvider'));
  });

  it('finds in unsaved text, with code, page and version; and takes it back', async () => {
    await using program = await programFolder();
    await using client = await languageClient();
    client.open(program.source, BAD);
    const [one] = await client.codes(program.source, 'GRF2101');
    assert.ok(one);
    assert.deepEqual([one.source, one.severity], ['grafos', 1]);
    assert.match(await readFile(new URL(one.codeDescription.href), 'utf8'), /^# GRF2101/);
    client.change(program.source, 2, GOOD);
    await client.diagnostics(program.source, (all, version) => all.length === 0 && version === 2);
    assert.equal(await readFile(program.source, 'utf8'), GOOD);
    assert.equal(client.stderr, '');
  });

  it('checks the newest of many edits, whatever was under way', async () => {
    await using program = await programFolder();
    await using client = await languageClient();
    client.open(program.source, GOOD);
    for (let version = 2; version < 42; version++) client.change(program.source, version, `${BAD}//${version}`);
    client.change(program.source, 42, GOOD);
    await client.diagnostics(program.source, (all, version) => version === 42 && all.length === 0);
    client.change(program.source, 43, BAD);
    await client.diagnostics(program.source, (all, version) => version === 43 && all.length === 1);
  });

  it('offers the fix of a finding for the very text it was found in', async () => {
    await using program = await programFolder();
    await using client = await languageClient({
      capabilities: { workspace: { workspaceEdit: { documentChanges: true } } },
    });
    const text = `// ö\r\n${GOOD.replace('export ', '').replaceAll('\n', '\r\n')}`;
    client.open(program.source, text);
    const [one] = await client.codes(program.source, 'GRF2103');
    const ask = () =>
      client.request<CodeAction[]>('textDocument/codeAction', {
        textDocument: { uri: uriOf(program.source) },
        range: one?.range,
        context: { diagnostics: [one] },
      });
    const [action] = await ask();
    assert.equal(action?.title, 'Export compute');
    const [change] = action.edit.documentChanges ?? [];
    assert.equal(change?.textDocument.version, 1);
    const only = ['source.fixAll'];
    const [all, ...more] = await client.request<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri: uriOf(program.source) },
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      context: { diagnostics: [], only },
    });
    assert.deepEqual([all?.kind, more.length], ['source.fixAll.grafos', 0]);
    assert.deepEqual(all?.edit.documentChanges, action.edit.documentChanges);
    client.change(program.source, 2, applyEdits(text, change?.edits ?? []));
    // Between the edit and its check no fix of the older text is offered.
    assert.deepEqual(await ask(), []);
    await client.codes(program.source);
    const none = await client.request<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri: uriOf(program.source) },
      range: one?.range,
      context: { diagnostics: [], only: ['refactor'] },
    });
    assert.deepEqual(none, []);
  });

  it('checks grafos.toml as it is typed, broken or not, and keeps what it knows of the sources', async () => {
    await using program = await programFolder({ 'tasklets/one.ts': BAD });
    await using client = await languageClient();
    const text = manifest(ONE);
    client.open(program.toml, text);
    await client.codes(program.toml, 'GRF3001');
    await client.codes(program.source, 'GRF2101');
    client.change(program.toml, 2, `${text}mem = \n`);
    await client.diagnostics(
      program.toml,
      (all, version) => version === 2 && all.some(({ code }) => code === 'GRF1003'),
    );
    client.open(program.source, BAD);
    client.change(program.source, 2, GOOD);
    await client.diagnostics(program.source, (all, version) => version === 2 && all.length === 0);
    client.change(program.toml, 3, `${text}mem = "32KB"\n`);
    const all = await client.diagnostics(program.toml, (_, version) => version === 3);
    assert.ok(all.some(({ code }) => code === 'GRF1011'));
  });

  it('moves what it knows with the lines while the manifest is typed', async () => {
    await using program = await programFolder();
    await using client = await languageClient();
    client.open(program.toml, manifest(ONE));
    const [before] = await client.codes(program.toml, 'GRF3001');
    client.change(program.toml, 2, `# a\n# b\n${manifest(ONE)}`);
    const [after] = await client.diagnostics(program.toml, (_, version) => version === 2);
    assert.equal(after?.range.start.line, (before?.range.start.line ?? 0) + 2);
  });

  it('completes, hovers, links, defines, renames and lists the manifest', async () => {
    await using program = await programFolder({
      'fixtures/one/a.input.json': '{}',
      'fixtures/one/a.expected.json': '{}',
    });
    await using client = await languageClient();
    client.open(program.toml, manifest(ONE));
    client.open(program.source, GOOD);
    await client.codes(program.toml, 'GRF3001');
    const keys = await client.request<Array<{ label: string }>>(
      'textDocument/completion',
      client.at(program.toml, 7, 0),
    );
    assert.ok(keys.some(({ label }) => label === 'fuel'));
    const hover = await client.request<{ contents: { value: string } }>(
      'textDocument/hover',
      client.at(program.toml, 6, 2),
    );
    assert.match(hover.contents.value, /What the tasklet is made from/);
    const links = await client.request<Array<{ target: string }>>('textDocument/documentLink', {
      textDocument: { uri: uriOf(program.toml) },
    });
    assert.deepEqual(
      links.map(({ target }) => target),
      [uriOf(program.source)],
    );
    const place = await client.request<{ uri: string; range: LspRange }>(
      'textDocument/definition',
      client.at(program.toml, 6, 14),
    );
    assert.deepEqual([place.uri, place.range.start], [uriOf(program.source), { line: 0, character: 16 }]);
    const symbols = await client.request<Array<{ name: string }>>('textDocument/documentSymbol', {
      textDocument: { uri: uriOf(program.toml) },
    });
    assert.deepEqual(
      symbols.map(({ name }) => name),
      ['demo', 'one'],
    );
    const rename = (newName: string) =>
      client.request<{ changes: Record<string, Array<{ range: LspRange; newText: string }>> }>('textDocument/rename', {
        ...client.at(program.toml, 5, 9),
        newName,
      });
    const { changes } = await rename('new-name');
    assert.equal(
      applyEdits(manifest(ONE), changes[uriOf(program.toml)] ?? []),
      manifest(ONE.replace('"one"', '"new-name"')),
    );
    const said = client.received.find(({ method }) => method === 'window/showMessage')?.params as { message: string };
    assert.match(said.message, /fixtures is now fixtures\/new-name, and fixtures\/one stays where it is/);
    await assert.rejects(rename('No Name'), /no name of a tasklet/);
    assert.ok(existsSync(program.path('fixtures/one')));
  });

  it('has lenses above compute for a client with the commands, and hovers on grafos-std', async () => {
    await using program = await programFolder();
    await using client = await languageClient({ initializationOptions: { commands: true } });
    const text = `import { fail } from "grafos-std";\n${GOOD.replace('{\n', '{\n  if (input.length > 9) return fail<string>("long");\n')}`;
    client.open(program.source, text);
    await client.codes(program.source);
    const lenses = await client.request<Array<{ range: LspRange; command: object }>>('textDocument/codeLens', {
      textDocument: { uri: uriOf(program.source) },
    });
    const argument = { program: program.path('.').replace(/[/\\]\.?$/, ''), tasklet: 'one' };
    assert.deepEqual(
      lenses.map(({ command }) => command),
      [
        { title: 'Build', command: 'grafos.tasklet.build', arguments: [argument] },
        { title: 'Run', command: 'grafos.tasklet.run', arguments: [argument] },
        { title: 'Deploy to…', command: 'grafos.tasklet.deploy', arguments: [argument] },
      ],
    );
    assert.equal(lenses[0]?.range.start.line, 1);
    const hover = await client.request<{ contents: { value: string } }>(
      'textDocument/hover',
      client.at(program.source, 0, 10),
    );
    assert.match(hover.contents.value, /Ends the run as `tasklet_failed`/);
  });

  it('hears of files: a source that goes and comes, a module that is built, a manifest that goes', async () => {
    await using program = await programFolder();
    await using client = await languageClient({
      capabilities: { workspace: { didChangeWatchedFiles: { dynamicRegistration: true } } },
    });
    const changed = (path: string, type: 1 | 2 | 3) =>
      client.notify('workspace/didChangeWatchedFiles', { changes: [{ uri: uriOf(path), type }] });
    await client.until(
      () => client.received.some(({ method }) => method === 'client/registerCapability'),
      () => 'no watchers were asked for',
    );
    client.open(program.toml, manifest(ONE));
    await client.codes(program.toml, 'GRF3001');
    await rm(program.source);
    changed(program.source, 3);
    await client.codes(program.toml, 'GRF2001');
    await writeFile(program.source, GOOD);
    changed(program.source, 1);
    await client.codes(program.toml, 'GRF3001');
    const output = program.path('build/one.wasm');
    await program.write('build/one.wasm', 'no module');
    changed(output, 1);
    await client.diagnostics(program.toml, (all) => all.some(({ code }) => code === 'GRF3005'));
    client.close(program.toml);
    client.open(program.source, GOOD);
    await rm(program.toml);
    changed(program.toml, 3);
    await client.codes(program.toml);
  });

  it('checks an imported file that is not saved, and says so there', async () => {
    await using program = await programFolder({
      'tasklets/one.ts':
        'import { half } from "./lib/half";\nexport function compute(input: Uint8Array): string {\n  return half(input.length).toString();\n}\n',
      'tasklets/lib/half.ts': 'export function half(n: i32): i32 {\n  return n / 2;\n}\n',
    });
    await using client = await languageClient();
    const half = program.path('tasklets/lib/half.ts');
    const text = await readFile(half, 'utf8');
    client.open(half, text);
    await client.codes(program.toml, 'GRF3001');
    client.change(half, 2, text.replace('n / 2', 'm / 2'));
    await client.codes(half, 'GRF2101');
    client.change(half, 3, text);
    await client.codes(half);
    client.close(half);
    await client.codes(program.toml);
  });

  it('is quick with 200 tasklets and with a source of 5 MB', async () => {
    const tasklets = Array.from({ length: 200 }, (_, index) => `name = "t${index}"\nsource = "t/t${index}.ts"\n`);
    const files = Object.fromEntries(tasklets.map((_, index) => [`t/t${index}.ts`, GOOD]));
    await using program = await programFolder({ ...files, 'grafos.toml': manifest(...tasklets) });
    await using client = await languageClient();
    const last = program.path('t/t199.ts');
    client.open(last, BAD);
    // Not after 199 others.
    await client.codes(last, 'GRF2101');
    const huge = `${GOOD}//${'x'.repeat(5_000_000)}`;
    client.change(last, 2, huge);
    await client.codes(last, 'GRF2004');
    client.change(last, 3, BAD);
    await client.codes(last, 'GRF2101');
    assert.ok(client.published.length < 1000, `${client.published.length} notifications`);
  });

  it('says what is wrong with a manifest that cannot be read, and goes on when it can', async () => {
    await using program = await programFolder();
    await using client = await languageClient();
    const changed = () =>
      client.notify('workspace/didChangeWatchedFiles', { changes: [{ uri: uriOf(program.toml), type: 2 }] });
    await writeFile(program.toml, Buffer.from([0x5b, 0xff, 0xfe]));
    client.open(program.source, BAD);
    await client.codes(program.toml, 'GRF1002');
    await program.write('grafos.toml', manifest(ONE));
    changed();
    await client.codes(program.source, 'GRF2101');
    await client.codes(program.toml);
    await rm(program.toml);
    changed();
    await client.codes(program.source);
  });

  it('keeps to the URI that the client writes', async () => {
    await using program = await programFolder();
    await using client = await languageClient();
    const uri = uriOf(program.source).replace('one.ts', 'on%65.ts');
    client.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'typescript', version: 1, text: BAD } });
    await client.until(
      () => client.published.some((one) => one.uri === uri && one.diagnostics.length === 1),
      () => JSON.stringify(client.published),
    );
    client.notify('textDocument/didClose', { textDocument: { uri } });
    await client.until(
      () => client.published.findLast((one) => one.uri === uri)?.diagnostics.length === 0,
      () => JSON.stringify(client.published),
    );
    assert.ok(!client.published.some((one) => one.uri === uriOf(program.source)));
  });

  it('checks sources only when they are saved where that is wanted', async () => {
    await using program = await programFolder();
    await using client = await languageClient({ initializationOptions: { validateOnType: false } });
    client.open(program.source, GOOD);
    await client.codes(program.source);
    client.change(program.source, 2, BAD);
    // Checks come one after another, so a check of the edit would be reported before these two.
    await using other = await programFolder();
    client.open(other.source, BAD);
    await client.codes(other.source, 'GRF2101');
    client.change(other.source, 2, GOOD);
    client.save(other.source);
    await client.codes(other.source);
    assert.ok(
      !client.published.some(({ uri, diagnostics }) => uri === uriOf(program.source) && diagnostics.length > 0),
    );
    await program.write('tasklets/one.ts', BAD);
    client.save(program.source);
    await client.codes(program.source, 'GRF2101');
  });

  it('does not mind documents of no program, no file and no sense', async () => {
    await using folder = await temporaryFolder();
    await using client = await languageClient();
    const stray = join(folder.path, 'stray.ts');
    client.open(stray, BAD);
    client.notify('textDocument/didOpen', {
      textDocument: { uri: 'untitled:Untitled-1', languageId: 'toml', version: 1, text: '[program' },
    });
    client.notify('workspace/didChangeWatchedFiles', {
      changes: [
        { uri: 'git:/x', type: 2 },
        { uri: 'file://%', type: 3 },
      ],
    });
    client.notify('workspace/didChangeWorkspaceFolders', { event: { added: [], removed: [] } });
    for (const method of ['hover', 'completion', 'definition', 'prepareRename'])
      assert.ok(
        [null, '[]'].includes(
          await client
            .request(`textDocument/${method}`, client.at(stray, 99, 99))
            .then((answer) => (answer === null ? null : JSON.stringify(answer))),
        ),
        method,
      );
    client.close(stray);
    assert.deepEqual(client.published, []);
    assert.equal(client.stderr, '');
  });

  it('honours cancelling', async () => {
    await using program = await programFolder();
    await using client = await languageClient();
    // A while of work, behind which the request waits.
    client.open(
      program.toml,
      manifest(ONE) + Array.from({ length: 5000 }, (_, at) => `nofuel${at} = ${at}\n`).join(''),
    );
    await assert.rejects(client.cancelled('textDocument/completion', client.at(program.toml, 7, 0)), { code: -32800 });
  });

  it('says on request when checks go on for long, and that they are done', async () => {
    const tasklets = Array.from({ length: 12 }, (_, index) => `name = "t${index}"\nsource = "t/t${index}.ts"\n`);
    const files = Object.fromEntries(tasklets.map((_, index) => [`t/t${index}.ts`, GOOD]));
    await using program = await programFolder({ ...files, 'grafos.toml': manifest(...tasklets) });
    await using client = await languageClient({ initializationOptions: { checking: true } });
    client.open(program.toml, manifest(...tasklets));
    const busy = () => client.received.flatMap(({ method, params }) => (method === 'grafos/checking' ? [params] : []));
    await client.until(
      () => busy().length === 2,
      () => JSON.stringify(busy()),
    );
    assert.deepEqual(busy(), [{ busy: true }, { busy: false }]);
  });

  it('says what cargo check finds when a Rust source is saved, and not where that is not wanted', async () => {
    const lib =
      "use grafos::Output;\n\nfn compute(input: &[u8]) -> Result<Output, &'static str> {\n    Ok(missing(input))\n}\n\ngrafos::tasklet!(compute);\n";
    const cargo =
      '[package]\nname = "one"\nversion = "0.1.0"\nedition = "2021"\n\n[lib]\ncrate-type = ["cdylib", "rlib"]\n\n[dependencies]\ngrafos = { path = "GRAFOS" }\n';
    await using program = await programFolder({
      'grafos.toml': manifest('name = "one"\nsource = "one"\n'),
      'one/Cargo.toml': cargo.replace('GRAFOS', join(packageRoot, 'sdk/rust').replaceAll('\\', '/')),
      'one/src/lib.rs': lib,
    });
    const file = program.path('one/src/lib.rs');
    {
      await using client = await languageClient({ initializationOptions: { cargoCheck: false } });
      client.open(file, lib, 'rust');
      client.save(file);
      await client.codes(program.toml, 'GRF3001');
      assert.ok(!existsSync(program.path('.grafos')));
    }
    await using client = await languageClient();
    client.open(file, lib, 'rust');
    client.save(file);
    const all = await client.diagnostics(file, (some) => some.some(({ code }) => code === 'GRF2207'));
    assert.match(all.find(({ code }) => code === 'GRF2207')?.message ?? '', /cannot find function `missing`/);
    assert.ok(readdirSync(program.path('.grafos/build')).some((name) => name.startsWith('cargo-check-')));
    assert.ok(!existsSync(program.path('one/target')));
  });

  it('ends with its client, asked or not', async () => {
    const asked = await languageClient();
    await asked.request('shutdown', null);
    asked.notify('exit', null);
    assert.equal(await asked.ended, 0);
    const left = await languageClient();
    left.child.stdin?.end();
    assert.equal(await left.ended, 1);
  });
});

describe('the language server over the channel of a fork', () => {
  it('answers, and ends when the channel closes', async () => {
    const child = fork(SERVER, ['--node-ipc'], { execArgv: [], silent: true });
    const ended = once(child, 'exit');
    try {
      child.send({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { processId: process.pid, capabilities: {} } });
      const [answer] = await once(child, 'message');
      assert.ok(answer.id === 1 && answer.result.capabilities.hoverProvider);
      child.disconnect();
      assert.deepEqual(await ended, [0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('grafos lsp --stdio', function () {
  this.timeout(60_000);
  it('is the same server', async () => {
    await using program = await programFolder();
    await using client = await languageClient({ command: [join(packageRoot, 'bin/grafos.cjs'), 'lsp', '--stdio'] });
    client.open(program.source, BAD);
    await client.codes(program.source, 'GRF2101');
  });

  it('ends by SIGTERM', async () => {
    const client = await languageClient({ command: [join(packageRoot, 'bin/grafos.cjs'), 'lsp', '--stdio'] });
    client.child.kill('SIGTERM');
    assert.equal(await client.ended, 130);
  });
});
