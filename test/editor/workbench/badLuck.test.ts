import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DevState } from '../../../daemons/wire/devState.ts';
import { grafosJson } from '../../helpers/grafosCommand.ts';
import { processesNaming } from '../../helpers/processesNaming.ts';
import { type EditorForTests, editorForTests } from '../support/editorForTests.ts';
import type { Workbench } from '../support/workbench.ts';

const TASKLETS = 200;
const BIG_BYTES = 5 * 1024 * 1024;
/** Number of ends in a short time after which the language server is not started again unasked. */
const ENDS_MAX = 5;

describe('bad luck in the workbench', () => {
  let editor: EditorForTests;
  let workbench: Workbench;
  const file = (path: string) => join(editor.root, path);

  const open = async (options: Parameters<typeof editorForTests>[0] = { recipe: 'local-dev' }) => {
    editor = await editorForTests(options);
  };
  const look = async () => {
    workbench = await editor.open(editor.root);
    await workbench.showGrafos();
  };
  const start = async () => {
    await workbench.welcome('Local stack', 'Start Local Stack').click();
    await workbench.status('grafOS local stack: running').waitFor();
  };

  afterEach(async function () {
    if (this.currentTest?.isFailed())
      await workbench.screenshot(`failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
    await editor[Symbol.asyncDispose]();
  });

  it('a stack that the command line started and stops is seen both times, without a click', async () => {
    await open();
    await grafosJson(['dev', 'up'], { cwd: editor.root });
    await look();
    await workbench.status('grafOS local stack: running').waitFor();
    await workbench.row('Local stack', 'fabricbiosd').waitFor();
    const begun = performance.now();
    const stopped = workbench.status('grafOS local stack: stopped').waitFor();
    await grafosJson(['dev', 'down'], { cwd: editor.root });
    const down = performance.now();
    await stopped;
    // This is for the reader and not asserted: the time from the end of the command until the view
    // was right.
    shownAfter('stack stopped by the command line', performance.now() - Math.max(begun, down));
    await workbench.welcome('Local stack', 'Start Local Stack').waitFor();
    assert.deepEqual(await workbench.troubles(), []);
  });

  it('a daemon that is killed while its run is shown: unhealthy at once, the page stays, restart mends it', async () => {
    await open();
    await look();
    await start();
    await workbench.command('grafOS: Run Tasklet Locally…');
    await workbench.quickInput().locator('.monaco-list-row', { hasText: 'No input' }).click();
    await workbench.row('Runs', 'local-dev').waitFor();
    const output = workbench.webview().locator('.output .leaf', { hasText: '"ran_in": "local-dev"' });
    await output.waitFor();
    const state: DevState = JSON.parse(await readFile(file('.grafos/dev/dev.json'), 'utf8'));
    process.kill(state.daemons.scheduler.pid, 'SIGKILL');
    const begun = performance.now();
    await workbench.status('grafOS local stack: unhealthy').waitFor();
    shownAfter('daemon killed', performance.now() - begun);
    await workbench.row('Local stack', /scheduler.*ended/).waitFor();
    await output.waitFor();
    await workbench.screenshot('daemon-killed');
    assert.ok((await workbench.troubles()).length <= 1, JSON.stringify(await workbench.troubles()));
    await workbench.command('grafOS: Restart Local Stack');
    await workbench.status('grafOS local stack: running').waitFor();
  });

  it('a manifest that breaks while the stack runs: the stack stays, the fault is shown, nothing pops up', async () => {
    await open();
    await look();
    await start();
    const manifest = await readFile(file('grafos.toml'), 'utf8');
    await workbench.openFile('grafos.toml');
    await writeFile(file('grafos.toml'), `${manifest}\n[[[`);
    await workbench.page.locator('.squiggly-error').first().waitFor();
    await workbench.row('Tasklets', 'The manifest cannot be used').waitFor();
    await workbench.status('grafOS local stack: running').waitFor();
    await writeFile(file('grafos.toml'), manifest);
    await workbench.page.locator('.squiggly-error').first().waitFor({ state: 'detached' });
    await workbench.row('Tasklets', 'The manifest cannot be used').waitFor({ state: 'detached' });
    await workbench.row('Tasklets', 'local-dev').waitFor();
    assert.deepEqual(await workbench.troubles(), []);
  });

  it('a tasklet deleted while it is built: one error that says so, and the view has it', async () => {
    await open();
    await look();
    await workbench.row('Tasklets', 'local-dev').waitFor();
    const build = workbench.command('grafOS: Build All');
    await rm(file('tasklets/local-dev.ts'));
    await build;
    await workbench.row('Tasklets', /local-dev.*source is missing/).waitFor();
    await workbench.until('the error', async () => (await workbench.notifications('error')).length > 0 || undefined);
    assert.ok((await workbench.troubles()).length <= 1, JSON.stringify(await workbench.troubles()));
  });

  it('a language server that is killed again and again: it comes back, then says why it does not, and no edit is lost', async function () {
    if (process.platform !== 'linux') this.skip();
    await open();
    await look();
    await workbench.openFile('grafos.toml');
    await workbench.page.keyboard.press('ControlOrMeta+End');
    await workbench.page.keyboard.type('\nfule = 10');
    const squiggle = workbench.page.locator('.squiggly-error').first();
    await squiggle.waitFor();
    const killed = new Set<number>();
    for (;;) {
      const server = await workbench.until('a language server', () =>
        processesNaming(join('dist', 'language-server', 'main.js')).find(
          (pid) => !killed.has(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(editor.data),
        ),
      );
      process.kill(server, 'SIGKILL');
      killed.add(server);
      if (killed.size === ENDS_MAX) break;
      // Only a server that lives follows what is typed.
      await workbench.page.keyboard.press('Home');
      await workbench.page.keyboard.type('#');
      await squiggle.waitFor({ state: 'detached' });
      await workbench.page.keyboard.press('Backspace');
      await squiggle.waitFor();
    }
    const notice = workbench.page.locator('.notification-list-item', { hasText: 'language server ended' });
    await notice.getByText(/SIGKILL/).waitFor();
    await workbench.screenshot('language-server-ended');
    assert.equal((await workbench.troubles()).length, 1);
    await notice.getByRole('button', { name: 'Start Again' }).click();
    await workbench.page.locator('.view-line', { hasText: 'fule = 10' }).click();
    await squiggle.waitFor();
    await workbench.page.keyboard.press('Home');
    await workbench.page.keyboard.type('#');
    await squiggle.waitFor({ state: 'detached' });
  });

  it('a source of 5 MB: the rest is checked as before', async () => {
    await open();
    const manifest = await readFile(file('grafos.toml'), 'utf8');
    await writeFile(file('grafos.toml'), `${manifest}\n[[tasklet]]\nname = "big"\nsource = "tasklets/big.ts"\n`);
    const body = `export function compute(input: Uint8Array): Uint8Array { return input; }\n`;
    const line =
      '// A long line of words that say nothing, so that the file becomes as large as nobody would write it.\n';
    await writeFile(file('tasklets/big.ts'), body + line.repeat(Math.ceil(BIG_BYTES / line.length)));
    await look();
    await workbench.openFile('big.ts');
    await workbench.openFile('grafos.toml');
    await workbench.page.keyboard.press('ControlOrMeta+End');
    await workbench.page.keyboard.type('fule = 10');
    await workbench.page.locator('.squiggly-error').first().waitFor();
    await workbench.row('Tasklets', 'big').waitFor();
    assert.deepEqual(await workbench.notifications('error'), []);
  });

  it('two hundred tasklets: all are listed, and a fault in the last is found', async () => {
    await open();
    const manifest = await readFile(file('grafos.toml'), 'utf8');
    const source = await readFile(file('tasklets/local-dev.ts'), 'utf8');
    const names = Array.from({ length: TASKLETS - 1 }, (_, at) => `many-${String(at).padStart(3, '0')}`);
    await mkdir(file('tasklets'), { recursive: true });
    for (const name of names) await writeFile(file(`tasklets/${name}.ts`), source);
    const tables = names.map((name) => `[[tasklet]]\nname = "${name}"\nsource = "tasklets/${name}.ts"\n`);
    await writeFile(file('grafos.toml'), `${manifest}\n${tables.join('\n')}`);
    await look();
    await workbench.row('Tasklets', 'many-000').waitFor();
    const last = names.at(-1) as string;
    await workbench.openFile(`${last}.ts`);
    await workbench.page.locator('.view-line', { hasText: 'export function compute' }).click();
    await workbench.page.keyboard.press('End');
    await workbench.page.keyboard.press('Enter');
    await workbench.page.keyboard.type('console.log("x");');
    await workbench.page.locator('.squiggly-error').first().waitFor();
    await workbench.row('Tasklets', 'local-dev').first().click();
    await workbench.page.keyboard.press('End');
    await workbench.row('Tasklets', last).waitFor();
    assert.deepEqual(await workbench.troubles(), []);
  });

  it('no Rust installed: the build says what is missing and how to get it, once', async () => {
    await open({ recipe: 'local-dev-rust', path: [] });
    await look();
    await workbench.row('Tasklets', 'local-dev').waitFor();
    await workbench.command('grafOS: Build All');
    await workbench.until('the error', async () => (await workbench.notifications('error')).length > 0 || undefined);
    const [said, ...more] = await workbench.notifications('error');
    assert.match(said ?? '', /cargo|Rust/);
    assert.deepEqual(more, []);
    await workbench.screenshot('no-rust');
  });

  it('a folder that cannot be written: what fails says so, and the findings are there', async function () {
    await open();
    const mount = (...args: string[]) => execFileSync('mount', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    // Root writes anywhere that permissions forbid: only a file system that is read-only stops it.
    if (process.platform !== 'linux' || process.getuid?.() !== 0) this.skip();
    mount('--bind', editor.root, editor.root);
    try {
      mount('-o', 'remount,ro,bind', editor.root);
      await look();
      await workbench.row('Tasklets', 'local-dev').waitFor();
      await workbench.welcome('Local stack', 'Start Local Stack').click();
      await workbench.until('the error', async () => (await workbench.notifications('error')).length > 0 || undefined);
      const [said, ...more] = await workbench.notifications('error');
      assert.match(said ?? '', /read-only|cannot be written|EROFS/i);
      assert.deepEqual(more, []);
      await workbench.openFile('grafos.toml');
      await workbench.page.keyboard.press('ControlOrMeta+End');
      await workbench.page.keyboard.type('\nfule = 10');
      await workbench.page.locator('.squiggly-error').first().waitFor();
      await workbench.screenshot('read-only');
    } finally {
      await workbench.leave();
      execFileSync('umount', ['-l', editor.root]);
    }
  });
});

/** Printed beside the test; a figure on a shared machine is no assertion. */
function shownAfter(what: string, ms: number): void {
  process.stdout.write(`      ${what}: shown after ${ms.toFixed(0)} ms\n`);
}
