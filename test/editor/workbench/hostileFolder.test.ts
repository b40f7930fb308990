/**
 * A clone of a stranger in the editor, restricted and trusted: the world outside stays, and no
 * process takes much memory.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeOutsideWorld, snapshotTree } from '../../helpers/outsideWorld.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';
import { type EditorForTests, editorForTests } from '../support/editorForTests.ts';

const MEMORY_MAX_MIB = 512;

/** Links to devices and to files outside where an editor or a build would read and write. */
async function plant(root: string, outside: string): Promise<void> {
  for (const place of ['dev', 'cloud', 'types', 'profiles', 'artifacts']) {
    await mkdir(join(root, '.grafos'), { recursive: true });
    await symlink(
      join(outside, place === 'dev' || place === 'cloud' || place === 'types' ? place : '.'),
      join(root, '.grafos', place),
    );
  }
  await rm(join(root, 'build'), { recursive: true, force: true });
  await symlink(outside, join(root, 'build'));
  await symlink('/dev/zero', join(root, 'tasklets', 'zero.ts'));
  await symlink(join(outside, 'thesis.txt'), join(root, 'tasklets', 'thesis.ts'));
  const source = join(root, 'tasklets', 'local-dev.ts');
  await writeFile(source, `import { zero } from './zero';\n${readFileSync(source, 'utf8')}`);
}

/** Most memory that each process of an editor ever had, MiB, by its command. */
function peaks(data: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
      const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
      if (!environment.includes(data) && !command.includes(data)) continue;
      const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;
      found.set(`${pid} ${command.slice(0, 200)}`, Math.max(0, peak));
    } catch {
      // It has ended.
    }
  }
  return found;
}

describe('a clone of a stranger in the editor', function () {
  this.timeout(180_000);

  before(function () {
    // The memory of a process is read from /proc.
    if (process.platform !== 'linux') this.skip();
  });

  async function scene(restricted: boolean, use: (editor: EditorForTests) => Promise<void>): Promise<void> {
    await using outside = await temporaryFolder('grafos-outside-');
    const world = join(outside.path, 'world');
    await makeOutsideWorld(world);
    await using editor = await editorForTests({ restricted, recipe: 'local-dev' });
    await plant(editor.root, world);
    const before = await snapshotTree(world);
    await use(editor);
    const taken = [...peaks(editor.data)];
    assert.ok(taken.length >= 2, 'the processes of the editor are found');
    for (const [command, mib] of taken) assert.ok(mib < MEMORY_MAX_MIB, `${Math.round(mib)} MiB: ${command}`);
    assert.deepEqual(await snapshotTree(world), before);
  }

  it('restricted: it is looked at and checked, and nothing else', () =>
    scene(true, async (editor) => {
      await using workbench = await editor.open(editor.root);
      await workbench.showGrafos();
      await workbench.row('Tasklets', 'local-dev').waitFor();
      await workbench.openFile('tasklets/local-dev.ts');
      await workbench.page.locator('.squiggly-error').first().waitFor();
      await workbench.screenshot('hostile-folder-restricted');
    }));

  it('trusted: builds and the stack stay inside of the folder, or are refused', () =>
    scene(false, async (editor) => {
      await using workbench = await editor.open(editor.root);
      await workbench.showGrafos();
      await workbench.row('Tasklets', 'local-dev').waitFor();
      await workbench.openFile('tasklets/local-dev.ts');
      await workbench.page.locator('.squiggly-error').first().waitFor();
      await workbench.command('grafOS: Build All');
      await workbench.command('grafOS: Start Local Stack');
      await workbench.status('grafOS local stack: running').waitFor();
      await workbench.screenshot('hostile-folder-trusted');
      await workbench.command('grafOS: Stop Local Stack');
      await workbench.status('grafOS local stack: stopped').waitFor();
    }));
});
