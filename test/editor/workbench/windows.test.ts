import assert from 'node:assert/strict';
import { readFileSync, watch } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { DevState } from '../../../daemons/wire/devState.ts';
import { noProcessNames, processesNaming } from '../../helpers/processesNaming.ts';
import { type EditorForTests, editorForTests } from '../support/editorForTests.ts';
import { SETTLED_MS } from '../support/programForEditor.ts';
import type { Workbench } from '../support/workbench.ts';

const stateOf = async (root: string): Promise<DevState> =>
  JSON.parse(await readFile(join(root, '.grafos/dev/dev.json'), 'utf8'));

/** Waits until the stack's state file is gone, as the file system reports. */
function stackGone(root: string): Promise<void> {
  const file = join(root, '.grafos/dev/dev.json');
  const isGone = () => {
    try {
      readFileSync(file);
      return false;
    } catch {
      return true;
    }
  };
  return new Promise((resolve, reject) => {
    const watcher = watch(dirname(file), () => isGone() && end(resolve));
    const deadline = setTimeout(() => end(() => reject(new Error('the stack still runs'))), SETTLED_MS);
    function end(then: () => void) {
      clearTimeout(deadline);
      watcher.close();
      then();
    }
    if (isGone()) end(resolve);
  });
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => resolve(true));
  });
}

async function nothingIsLeft(root: string, { scheduler_url, helper }: DevState): Promise<void> {
  await noProcessNames(root, SETTLED_MS);
  for (const url of [scheduler_url, helper.url]) assert.ok(await isFree(Number(new URL(url).port)), `${url} is held`);
}

describe('windows and their stack', function () {
  // The keeper waits a minute for a window to come back.
  this.timeout(240_000);
  let editor: EditorForTests;
  /** The last window, for the picture of a failure. */
  let opened: Workbench | undefined;

  beforeEach(async () => {
    editor = await editorForTests({ recipe: 'local-dev' });
  });

  afterEach(async function () {
    if (this.currentTest?.isFailed())
      await opened?.screenshot(`failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
    await editor[Symbol.asyncDispose]();
  });

  const started = async () => {
    const workbench = await editor.open(editor.root);
    opened = workbench;
    await workbench.showGrafos();
    await workbench.welcome('Local stack', 'Start Local Stack').click();
    await workbench.status('grafOS local stack: running').waitFor();
    return workbench;
  };

  it('a window that is reloaded finds its stack again, the same one', async () => {
    const workbench = await started();
    const before = await stateOf(editor.root);
    await workbench.reload();
    await workbench.status('grafOS local stack: running').waitFor();
    assert.deepEqual(await stateOf(editor.root), before);
    assert.deepEqual(await workbench.notifications('error'), []);
  });

  it('closing the last window stops the stack and leaves nothing of it', async () => {
    const workbench = await started();
    const state = await stateOf(editor.root);
    const gone = stackGone(editor.root);
    await workbench.leave();
    await gone;
    await nothingIsLeft(editor.root, state);
  });

  it('of one program share one stack: both show it, and what one does the other sees', async () => {
    const first = await started();
    const second = await editor.open(editor.root);
    await second.showGrafos();
    await second.status('grafOS local stack: running').waitFor();
    const state = await stateOf(editor.root);
    await first.leave();
    assert.deepEqual(await stateOf(editor.root), state);
    const third = await editor.open(editor.root);
    await third.showGrafos();
    await third.status('grafOS local stack: running').waitFor();
    await second.command('grafOS: Stop Local Stack');
    await third.status('grafOS local stack: stopped').waitFor();
    assert.deepEqual([await second.notifications('error'), await third.notifications('error')], [[], []]);
  });

  it('is left running by the last window where the setting says so', async () => {
    await editor.setSettings({ 'grafos.stack.keepRunning': true });
    const workbench = await started();
    const state = await stateOf(editor.root);
    await workbench.leave();
    // The keeper ends itself once the time in which a window may come back is over.
    await noProcessNames(`stackKeeper.js\0${editor.root}`, SETTLED_MS);
    assert.deepEqual(await stateOf(editor.root), state);
    assert.equal(await isFree(Number(new URL(state.scheduler_url).port)), false);
  });

  it('an extension host that is killed leaves no orphan', async function () {
    if (process.platform !== 'linux') this.skip();
    const workbench = await started();
    const state = await stateOf(editor.root);
    const gone = stackGone(editor.root);
    const hosts = processesNaming('--type=extensionHost').filter((pid) =>
      readFileSync(`/proc/${pid}/environ`, 'latin1').includes(editor.data),
    );
    assert.equal(hosts.length, 1, `extension hosts: ${hosts.join(', ')}`);
    process.kill(hosts[0] as number, 'SIGKILL');
    await workbench.leave();
    await gone;
    await nothingIsLeft(editor.root, state);
  });

  it('of two programs in a workspace each has its own; what is shown follows the editor', async () => {
    const other = join(dirname(editor.root), 'other');
    await cp(editor.root, other, { recursive: true });
    const manifest = join(other, 'grafos.toml');
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replaceAll('"local-dev"', '"second"'));
    const workspace = join(dirname(editor.root), 'both.code-workspace');
    await writeFile(workspace, JSON.stringify({ folders: [{ path: editor.root }, { path: other }] }));

    const workbench = await editor.open(workspace);
    opened = workbench;
    await workbench.showGrafos();
    await workbench.openFile('local-dev/grafos.toml');
    await workbench.row('Tasklets', 'local-dev').waitFor();
    await workbench.welcome('Local stack', 'Start Local Stack').click();
    await workbench.status('grafOS local stack: running').waitFor();
    await workbench.openFile('other/grafos.toml');
    await workbench.row('Tasklets', 'second').waitFor();
    await workbench.status('grafOS local stack: stopped').waitFor();
    await workbench.openFile('local-dev/grafos.toml');
    await workbench.status('grafOS local stack: running').waitFor();
    await workbench.command('grafOS: Stop Local Stack');
    await workbench.status('grafOS local stack: stopped').waitFor();
  });
});
