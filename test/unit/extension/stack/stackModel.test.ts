/**
 * The editor's view of a stack that others start, stop, kill and leave: real daemons, no editor.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processStart } from '../../../../base/processIdentity.ts';
import { StackModel } from '../../../../extension/stack/stackModel.ts';
import { devOf, type StackState, type StackStateKind } from '../../../../extension/stack/stackState.ts';
import { windowPresence } from '../../../../extension/stack/windowPresence.ts';
import { devDown } from '../../../../toolchain/stack/devDown.ts';
import { devUp } from '../../../../toolchain/stack/devUp.ts';
import { readKeeper } from '../../../../toolchain/stack/keeperFile.ts';
import { makeProgramState } from '../../../../toolchain/stack/programState.ts';
import { DEV_STATE } from '../../../helpers/devStateFile.ts';
import { noProcessNames } from '../../../helpers/processesNaming.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';

const SOURCE = { 'tasklets/demo.ts': 'export function compute(input: Uint8Array): Uint8Array {\n  return input;\n}\n' };
const KEEPER = join(import.meta.dirname, '../../../../daemons/keeper/main.ts');
const signal = () => AbortSignal.timeout(20_000);

/** Resolves with the state once it is of that kind; fails after the deadline. */
function reaches(model: StackModel, kind: StackStateKind, deadlineMs = 10_000): Promise<StackState> {
  return new Promise((resolve, reject) => {
    const look = (state: StackState) => {
      if (state.kind !== kind) return;
      clearTimeout(timer);
      listening.dispose();
      resolve(state);
    };
    const timer = setTimeout(() => {
      listening.dispose();
      reject(new Error(`the stack is ${model.state.kind}, not ${kind}`));
    }, deadlineMs);
    const listening = model.onChanged(look);
    look(model.state);
  });
}

async function program() {
  const scratch = await scratchProgram('tasklets/demo.ts', SOURCE);
  return {
    root: scratch.root,
    async [Symbol.asyncDispose]() {
      await devDown(scratch.root, signal());
      await noProcessNames(scratch.root);
      await scratch[Symbol.asyncDispose]();
    },
  };
}

describe('the stack as the editor sees it', function () {
  this.timeout(60_000);

  it('sees a stack that the command line starts and stops, in a program that never had one', async () => {
    await using scratch = await program();
    using model = new StackModel(scratch.root);
    await model.watch();
    assert.equal(model.state.kind, 'stopped');
    await devUp(scratch.root);
    await reaches(model, 'running');
    await devDown(scratch.root, signal());
    await reaches(model, 'stopped');
    await devUp(scratch.root);
    await reaches(model, 'running');
  });

  for (const name of ['fabricbiosd', 'scheduler', 'helper'] as const) {
    it(`notices within a second that ${name} was killed`, async () => {
      await using scratch = await program();
      const { state } = await devUp(scratch.root);
      using model = new StackModel(scratch.root);
      await model.watch();
      assert.equal(model.state.kind, 'running');
      const reached = reaches(model, 'unhealthy', 1_000);
      process.kill(state.daemons[name].pid, 'SIGKILL');
      const unhealthy = await reached;
      assert.deepEqual(unhealthy.kind === 'unhealthy' && unhealthy.dead, [name]);
    });
  }

  it('asks nothing of a dev.json that this user did not make, or that is broken, and says so', async () => {
    await using scratch = await program();
    const connections: Socket[] = [];
    const server = createServer((socket) => connections.push(socket.on('error', () => {})));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const own = { pid: process.pid, started: (await processStart(process.pid)) ?? '', log: '/x' };
    const planted = {
      ...DEV_STATE,
      scheduler_url: `https://127.0.0.1:${port}`,
      helper: { url: `http://127.0.0.1:${port}` },
      fabric: { ...DEV_STATE.fabric, mem_dataplane: `https://127.0.0.1:${port}/mem` },
      daemons: { fabricbiosd: own, scheduler: own, helper: own },
    };
    const file = join(scratch.root, '.grafos/dev/dev.json');
    using model = new StackModel(scratch.root);
    await model.watch();
    try {
      await makeProgramState(scratch.root, 'dev');
      for (const [text, code] of [
        [JSON.stringify(planted), 'stack_not_confirmed'],
        ['{"version":1', 'dev_state_invalid'],
        [JSON.stringify({ ...planted, daemons: null }), 'dev_state_invalid'],
        [JSON.stringify({ ...planted, scheduler_url: 'x' }), 'dev_state_invalid'],
      ] as const) {
        await writeFile(file, text);
        await model.look();
        const { state } = model;
        assert.equal(state.kind === 'failed' && (state.error as { code?: string }).code, code);
      }
      await rm(file);
      await reaches(model, 'stopped');
      await writeFile(file, JSON.stringify(planted));
      await reaches(model, 'failed');
      await devUp(scratch.root);
      await reaches(model, 'running');
      assert.equal(connections.length, 0);
    } finally {
      for (const socket of connections) socket.destroy();
      server.close();
    }
  });

  it('starts and stops by itself, telling every state once', async () => {
    await using scratch = await program();
    using model = new StackModel(scratch.root);
    await model.watch();
    const kinds: StackStateKind[] = [];
    model.onChanged(({ kind }) => {
      if (kinds.at(-1) !== kind) kinds.push(kind);
    });
    // Two at once are one.
    await Promise.all([model.start({ signal: signal() }), model.start({ signal: signal() })]);
    assert.equal(model.state.kind, 'running');
    await model.stop(signal());
    assert.deepEqual(kinds, ['starting', 'running', 'stopping', 'stopped']);
  });

  it('is stopped again when its start is cancelled, and says nothing of a failure', async () => {
    await using scratch = await program();
    using model = new StackModel(scratch.root);
    await model.watch();
    const abort = new AbortController();
    const start = model.start({ signal: abort.signal, progress: () => abort.abort() });
    await assert.rejects(start, { code: 'interrupted' });
    assert.equal(model.state.kind, 'stopped');
  });
});

describe('the keeper of a stack', function () {
  this.timeout(60_000);
  const presence = (root: string, options: { keepRunning?: boolean; graceMs?: number } = {}) =>
    windowPresence({ root, entry: KEEPER, keepRunning: false, graceMs: 300, log: () => {}, ...options });
  const started = (model: StackModel) => devOf(model.state)?.started_at ?? '';

  it('stops the stack when the last of two windows is closed, not the first', async () => {
    await using scratch = await program();
    using model = new StackModel(scratch.root);
    await model.watch();
    await model.start({ signal: signal() });
    const first = presence(scratch.root);
    const second = presence(scratch.root);
    await first.hold(started(model), true);
    await second.hold(started(model), false);
    const keeper = await readKeeper(scratch.root, started(model));
    assert.ok(keeper);
    first.dispose();
    // Longer than the grace: the second window holds it.
    await assert.rejects(reaches(model, 'stopped', 1_000));
    second.dispose();
    await reaches(model, 'stopped');
    await noProcessNames(KEEPER);
  });

  it('leaves the stack to a window that comes back in time, as after a reload', async () => {
    await using scratch = await program();
    using model = new StackModel(scratch.root);
    await model.watch();
    await model.start({ signal: signal() });
    const before = presence(scratch.root, { graceMs: 5_000 });
    await before.hold(started(model), true);
    before.dispose();
    const after = presence(scratch.root);
    await after.hold(started(model), false);
    assert.equal(model.state.kind, 'running');
    await model.stop(signal());
    // Without a stack there is nothing to keep.
    await noProcessNames(KEEPER);
    after.dispose();
  });

  it('stops the stack of an editor that was killed', async () => {
    await using scratch = await program();
    using model = new StackModel(scratch.root);
    await model.watch();
    await model.start({ signal: signal() });
    const code = `
      const { windowPresence } = await import(${JSON.stringify(join(import.meta.dirname, '../../../../extension/stack/windowPresence.ts'))});
      const presence = windowPresence({ root: process.argv[1], entry: ${JSON.stringify(KEEPER)}, keepRunning: false, graceMs: 100, log() {} });
      await presence.hold(process.argv[2], true);
      setInterval(() => {}, 1000);
      console.log('held');
    `;
    const editor = spawn(process.execPath, ['--input-type=module', '-e', code, scratch.root, started(model)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await new Promise((resolve, reject) => {
        editor.stdout.once('data', resolve);
        editor.once('exit', () => reject(new Error('the editor ended by itself')));
      });
      editor.kill('SIGKILL');
      await reaches(model, 'stopped');
      await noProcessNames(KEEPER);
    } finally {
      editor.kill('SIGKILL');
    }
  });

  it('lets the stack run where the setting says so, and where the command line started it', async () => {
    await using scratch = await program();
    using model = new StackModel(scratch.root);
    await model.watch();
    await model.start({ signal: signal() });
    const window = presence(scratch.root, { keepRunning: true });
    await window.hold(started(model), true);
    window.dispose();
    await noProcessNames(KEEPER);
    assert.equal(model.state.kind, 'running');

    await devUp(scratch.root);
    await model.look();
    const other = presence(scratch.root);
    await other.hold(started(model), false);
    assert.equal(await readKeeper(scratch.root, started(model)), undefined);
    other.dispose();
    assert.equal(model.state.kind, 'running');
  });

  for (const [keepRunning, kind] of [
    [true, 'running'],
    [false, 'stopped'],
  ] as const) {
    it(`knows the setting of a window that closes while the keeper starts: ${kind}`, async () => {
      await using scratch = await program();
      using model = new StackModel(scratch.root);
      await model.watch();
      await model.start({ signal: signal() });
      const window = presence(scratch.root, { keepRunning });
      const held = window.hold(started(model), true);
      await delay(0);
      window.dispose();
      await held;
      await noProcessNames(KEEPER);
      await model.look();
      assert.equal(model.state.kind, kind);
    });
  }
});
