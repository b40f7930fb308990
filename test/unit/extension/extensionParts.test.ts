/** Parts of the extension that need no editor. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GrafosError } from '../../../base/grafosError.ts';
import type { Run } from '../../../daemons/wire/tenantApi.ts';
import { keepAnswers, readAnswers } from '../../../extension/deploy/answers.ts';
import { asCellError } from '../../../extension/dialogs/cellError.ts';
import { errorNotice } from '../../../extension/dialogs/errorNotice.ts';
import { readableBytes } from '../../../extension/documents/readableBytes.ts';
import { ShownRunMemory } from '../../../extension/panel/shownRunMemory.ts';
import { runCli } from '../../../extension/runCli.ts';
import { fetchInput, fetchOutcome } from '../../../extension/runs/fetchOutcome.ts';
import { RunsModel } from '../../../extension/runs/runsModel.ts';
import { ShownRun } from '../../../extension/runs/shownRun.ts';
import { TaskletsModel } from '../../../extension/tasklets/taskletsModel.ts';
import { loadProgram } from '../../../program/loadProgram.ts';
import { connectTarget } from '../../../toolchain/deploy/connectTarget.ts';
import { deployRun } from '../../../toolchain/deploy/deployRun.ts';
import { resolveProvider } from '../../../toolchain/deploy/resolveProvider.ts';
import { newTasklet } from '../../../toolchain/newProgram/newTasklet.ts';
import { devDown } from '../../../toolchain/stack/devDown.ts';
import { devUp } from '../../../toolchain/stack/devUp.ts';
import type { FindingsJson } from '../../../toolchain/validate/findingsJson.ts';
import { validate } from '../../../toolchain/validate/validate.ts';
import { scratchProgram } from '../../helpers/scratchProgram.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';

const ECHO = 'export function compute(input: Uint8Array): Uint8Array {\n  return input;\n}\n';
const packageFolder = join(import.meta.dirname, '../../..');
const signal = () => AbortSignal.timeout(30_000);
const scratch = () => scratchProgram('tasklets/demo.ts', { 'tasklets/demo.ts': ECHO });

describe('how the editor tells errors', () => {
  const rows: Array<[string, unknown, { text: RegExp; actions: string[] } | undefined]> = [
    ['nothing where the user ended it', new GrafosError('interrupted', 'Interrupted.'), undefined],
    ['nothing where a signal ended it', new DOMException('aborted', 'AbortError'), undefined],
    [
      'a stack that does not run',
      new GrafosError('runtime_not_ready', 'The local stack does not run.', {
        next: 'Start it: grafos dev up',
      }),
      {
        text: /^The local stack does not run\. Start it: grafos dev up$/,
        actions: ['grafos.stack.start', 'grafos.stack.doctor'],
      },
    ],
    [
      'a cloud without a cell',
      new GrafosError('runtime_not_ready', 'aws has no cell.', {
        next: 'Add one: grafos cloud adopt aws',
      }),
      { text: /^aws has no cell\. Add one: grafos cloud adopt aws$/, actions: ['grafos.provider.addCell'] },
    ],
    [
      'a build with findings, by its first',
      new GrafosError('build_failed', 'Not built.', { why: 'a.ts:1:2: no\nmore' }),
      { text: /^Not built\. a\.ts:1:2: no$/, actions: ['problems'] },
    ],
    [
      'what to do next where no button does it',
      new GrafosError('lease_denied: quota', 'Too much.', { next: 'Ask for less.' }),
      { text: /^Too much\. Ask for less\.$/, actions: [] },
    ],
    [
      'what to do next beside buttons that do something else',
      new GrafosError('rust_missing', 'There is no cargo on this machine.', {
        why: 'The PATH has none.',
        next: 'Install Rust from https://rustup.rs.',
      }),
      {
        text: /^There is no cargo on this machine\. The PATH has none\. Install Rust from https:\/\/rustup\.rs\.$/,
        actions: ['grafos.stack.doctor', 'grafos.stack.logs'],
      },
    ],
    [
      'a daemon that did not start',
      new GrafosError('daemon_exited', 'It ended.'),
      { text: /^It ended\.$/, actions: ['grafos.stack.logs', 'grafos.stack.doctor'] },
    ],
    [
      'a cell of a cloud that does not answer, which no doctor of this machine can mend',
      asCellError('aws', new GrafosError('scheduler_unreachable', 'No answer.', { next: 'Ask its owner.' })),
      { text: /^No answer\. Ask its owner\.$/, actions: ['cells'] },
    ],
    [
      'a cell of a cloud without the advice for a local stack',
      asCellError('gcp', new GrafosError('scheduler_unreachable', 'No answer.', { next: 'Try: grafos dev up' })),
      { text: /^No answer\. Check the network, or ask who runs the cell\.$/, actions: ['cells'] },
    ],
    [
      'a local stack that does not answer',
      asCellError('local', new GrafosError('scheduler_unreachable', 'No answer.')),
      { text: /^No answer\.$/, actions: ['grafos.stack.doctor', 'grafos.stack.logs'] },
    ],
    [
      'a cloud without a cell, also where it was asked for',
      asCellError('gcp', new GrafosError('runtime_not_ready', 'No cell.', { next: 'grafos cloud adopt' })),
      { text: /^No cell\. grafos cloud adopt$/, actions: ['grafos.provider.addCell'] },
    ],
    [
      'a refusal of a cell',
      asCellError('azure', new GrafosError('quota_hard_limit_exceeded', 'Too many runs.')),
      { text: /^Too many runs\.$/, actions: [] },
    ],
    [
      'our own fault as ours',
      new TypeError('x is undefined'),
      { text: /fault of grafOS, not yours: x is undefined/, actions: ['grafos.stack.logs', 'grafos.diagnostics.copy'] },
    ],
  ];
  for (const [title, error, expected] of rows) {
    it(title, () => {
      const notice = errorNotice(error);
      assert.deepEqual(notice?.actions, expected?.actions);
      if (expected !== undefined) assert.match(notice?.text ?? '', expected.text);
    });
  }
});

describe('bytes for people', () => {
  const rows: Array<[string, Uint8Array, string, string]> = [
    ['JSON gets its lines', Buffer.from('{"a":1}'), 'json', '{\n  "a": 1\n}'],
    [
      'a number too large for a double keeps its digits',
      Buffer.from('{"a":12345678901234567890}'),
      'json',
      '{\n  "a": 12345678901234567890\n}',
    ],
    ['text stays text', Buffer.from('grüß dich\n'), 'text', 'grüß dich\n'],
    ['nothing is an empty text', new Uint8Array(), 'text', ''],
    ['other bytes are dumped', Uint8Array.of(0, 0x41, 0xff), 'bytes', `00000000  ${'00 41 ff'.padEnd(47)}  .A.`],
  ];
  for (const [title, bytes, kind, text] of rows)
    it(title, () => assert.deepEqual(readableBytes(bytes), { kind, text }));
});

describe('answers that are remembered', () => {
  const store = () => {
    const kept = new Map<string, unknown>();
    return {
      get: <T>(key: string) => kept.get(key) as T | undefined,
      update: async (key: string, value: unknown) => void kept.set(key, value),
    };
  };

  it('are of one tasklet of one program', async () => {
    const memory = store();
    await keepAnswers(memory, '/p', 'a', { input: { kind: 'fixture', name: 'x' }, provider: 'aws', mem: 1 });
    assert.deepEqual(readAnswers(memory, '/p', 'a'), {
      input: { kind: 'fixture', name: 'x' },
      provider: 'aws',
      mem: 1,
    });
    assert.deepEqual(readAnswers(memory, '/p', 'b'), {});
    assert.deepEqual(readAnswers(memory, '/q', 'a'), {});
  });

  it('keep no long text', async () => {
    const memory = store();
    await keepAnswers(memory, '/p', 'a', { input: { kind: 'text', text: 'x'.repeat(20_000) }, mem: 2 });
    assert.deepEqual(readAnswers(memory, '/p', 'a'), { mem: 2 });
  });
});

describe('the run that the panel shows', () => {
  const kept = (run_id: string) => ({
    root: '/p',
    provider: 'local' as const,
    isPinned: true,
    run: { run_id, response: { output: 'e30=', fuel_used: 1 } } as unknown as Run,
  });

  it('is on the disk at once, the last of several, and without its output', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'new', 'shownRun.json');
    const failures: Error[] = [];
    const memory = new ShownRunMemory(file, (error) => failures.push(error));
    assert.equal(await memory.read(), undefined);
    await Promise.all(['a', 'b', 'c'].map((id) => memory.keep(kept(id))));
    // Another window, which is opened again.
    const again = await new ShownRunMemory(file, () => {}).read();
    assert.ok(again !== undefined && 'run' in again);
    assert.equal(again.run.run_id, 'c');
    assert.equal(again.run.response?.output, null);
    assert.equal(again.isPinned, true);
    assert.deepEqual(failures, []);
  });

  it('is not known where the file is broken, or cannot be kept', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'shownRun.json');
    await writeFile(file, '{"root":');
    assert.equal(await new ShownRunMemory(file, () => {}).read(), undefined);
    const failures: Error[] = [];
    await new ShownRunMemory(join(file, 'below'), (error) => failures.push(error)).keep(kept('a'));
    assert.equal(failures.length, 1);
    await new ShownRunMemory(undefined, () => assert.fail()).keep(kept('a'));
  });
});

describe('the command line from the editor', function () {
  this.timeout(60_000);

  it('gives its answer, builds, and throws its errors as they are', async () => {
    await using program = await scratch();
    const cli = <T>(...args: string[]) => runCli<T>({ packageFolder, cwd: program.root, args, signal: signal() });
    const { value } = await cli<FindingsJson>('validate');
    assert.equal(value.ok, true);
    await cli('tasklet', 'build', 'demo');
    assert.ok((await readFile(join(program.root, 'build/demo.wasm'))).length > 8);
    await program.write('tasklets/demo.ts', 'export function compute(): void { nope(); }\n');
    await assert.rejects(cli('tasklet', 'build', 'demo'), {
      name: 'GrafosError',
      kind: 'bad-answer',
      code: 'build_failed',
    });
    await assert.rejects(cli('tasklet', 'build', 'other'), { code: 'tasklet_unknown', kind: 'usage' });
  });

  it('ends with its signal', async () => {
    await using program = await scratch();
    const abort = new AbortController();
    const build = runCli({ packageFolder, cwd: program.root, args: ['tasklet', 'build'], signal: abort.signal });
    abort.abort();
    await assert.rejects(build, { kind: 'interrupted' });
  });
});

describe('the tasklets of a program', function () {
  this.timeout(60_000);

  it('tells of the build, of what changed, and of a manifest that cannot be read', async () => {
    await using program = await scratch();
    using model = new TaskletsModel(program.root);
    assert.equal(model.hasTasklets, undefined);
    const changes: Array<string | undefined> = [];
    model.onChanged((entry) => changes.push(entry?.tasklet.name));
    await model.refresh();
    assert.deepEqual(changes, [undefined]);
    assert.equal(model.entries[0]?.state, 'missing');
    await runCli({ packageFolder, cwd: program.root, args: ['tasklet', 'build'], signal: signal() });
    await model.refresh();
    assert.equal(model.entries[0]?.state, 'built');
    await program.write('tasklets/demo.ts', `${ECHO}\n// another\n`);
    await model.refresh();
    assert.equal(model.entries[0]?.state, 'stale');
    // One tasklet changed: not the list.
    assert.deepEqual(changes, [undefined, 'demo', 'demo']);
    await model.refresh();
    assert.equal(changes.length, 3);
    await program.write('grafos.toml', '[program\n');
    await model.refresh();
    assert.ok(model.problem);
    assert.equal(model.entries.length, 1);
  });

  it('gets another one that is whole, and refuses what is there', async () => {
    await using program = await scratch();
    const made = await newTasklet(program.program, 'second', 'assemblyscript');
    assert.deepEqual(
      (await validate(program.root)).filter(({ severity }) => severity === 'error'),
      [],
    );
    assert.equal(loadProgram(program.root).manifest.tasklets[1]?.name, 'second');
    assert.equal(made.source, join(program.root, 'tasklets', 'second.ts'));
    const before = await readFile(join(program.root, 'grafos.toml'), 'utf8');
    await assert.rejects(newTasklet(loadProgram(program.root), 'second', 'wat'), { code: 'tasklet_exists' });
    await assert.rejects(newTasklet(program.program, 'Second', 'wat'), { code: 'name_invalid' });
    // Not in this older reading of the manifest, but on the disk.
    await assert.rejects(newTasklet(program.program, 'second', 'assemblyscript'), { code: 'file_exists' });
    assert.equal(await readFile(join(program.root, 'grafos.toml'), 'utf8'), before);
  });
});

describe('the runs of a program', function () {
  this.timeout(60_000);

  it('come by events from whoever started them, while somebody looks', async () => {
    await using program = await scratch();
    await runCli({ packageFolder, cwd: program.root, args: ['tasklet', 'build'], signal: signal() });
    try {
      await devUp(program.root);
      using model = new RunsModel(program.root, {
        providers: async () => ['local'],
        connect: async (provider) => connectTarget(await resolveProvider(program.root, provider)),
        log: () => {},
      });
      using client = await connectTarget(await resolveProvider(program.root, 'local'));
      const run = () =>
        deployRun(client, {
          program: program.program,
          tasklet: program.tasklet,
          input: Buffer.from('hi'),
          signal: signal(),
        });
      const ended = (runId: string) =>
        new Promise<void>((resolve, reject) => {
          const look = () => {
            if (model.find(runId)?.run.state !== 'succeeded') return;
            clearTimeout(timer);
            listening.dispose();
            resolve();
          };
          const timer = setTimeout(() => {
            listening.dispose();
            reject(new Error(`run ${runId} did not show`));
          }, 5_000);
          const listening = model.onChanged(look);
          look();
        });
      const first = await run();
      assert.equal(model.size, 0);
      const attention = model.attend();
      await ended(first.run_id);
      const second = await run();
      await ended(second.run_id);
      assert.deepEqual(
        model.entries.map(({ run: { run_id } }) => run_id),
        [second.run_id, first.run_id],
      );
      // An event that comes late must not wake a run that ended.
      model.put('local', { ...second, state: 'running', ended_at: null, response: null });
      assert.equal(model.lastOf('demo')?.run.state, 'succeeded');
      attention.dispose();

      // The panel follows a run that goes on, and has all of it once it ended.
      const begun = await deployRun(client, {
        program: program.program,
        tasklet: program.tasklet,
        input: Buffer.from('{"n":9007199254740993}'),
        signal: signal(),
        detach: true,
      });
      const connect = async () => connectTarget(await resolveProvider(program.root, 'local'));
      const parts: string[] = [];
      using shown = new ShownRun({ root: program.root, provider: 'local', run: begun }, connect);
      shown.onChanged((part) => parts.push(part));
      await Promise.all([shown.load(), shown.load()]);
      assert.equal(shown.problem, null);
      assert.equal(shown.run.state, 'succeeded');
      assert.equal(Buffer.from(shown.parts?.output ?? []).toString(), '{"n":9007199254740993}');
      assert.deepEqual(shown.parts?.output, shown.parts?.input);
      assert.equal(shown.parts?.record?.fuel, program.tasklet.fuel);
      assert.equal(parts.filter((part) => part === 'parts').length, 1);
      const outcome = await fetchOutcome({ connect }, shown.entry, signal());
      assert.equal(Buffer.from(outcome.input).toString(), '{"n":9007199254740993}');
      assert.equal(outcome.error, null);
      // Alone, as for Run Again: the client stays open until the bytes are there.
      assert.deepEqual(await fetchInput({ connect }, shown.entry, signal()), outcome.input);

      using lost = new ShownRun({ root: program.root, provider: 'local', run: begun }, () =>
        Promise.reject(new Error('nobody there')),
      );
      await lost.load();
      assert.deepEqual([lost.problem?.message, lost.parts], ['nobody there', null]);
    } finally {
      await devDown(program.root, signal());
    }
  });
});
