import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../base/packageRoot.ts';
import { type EditorForTests, editorForTests } from '../support/editorForTests.ts';

const SCHEME = 'grafos-memory';
const RECIPE = join(packageRoot, 'cookbook', 'local-dev');
/** A manifest that would have a finding on a disk. */
const WRONG = '[program]\nname = "wrong"\nversion = "0.1.0"\nfeul = 1\n';

describe('a workspace that is on no disk', () => {
  let editor: EditorForTests;

  before(async () => {
    const [manifest, source] = await Promise.all(
      ['grafos.toml', 'tasklets/local-dev.ts'].map((path) => readFile(join(RECIPE, path), 'utf8')),
    );
    const files = {
      '/program/grafos.toml': manifest,
      '/program/tasklets/local-dev.ts': source,
      '/wrong/grafos.toml': WRONG,
      '/plain/readme.txt': 'nothing',
    };
    editor = await editorForTests({
      recipe: 'local-dev',
      beside: join(import.meta.dirname, '..', 'memoryFiles'),
      env: (root) => ({ GRAFOS_MEMORY_FILES: JSON.stringify({ ...files, [`${root}/readme.txt`]: 'nothing' }) }),
    });
  });

  after(async () => {
    await editor[Symbol.asyncDispose]();
  });

  for (const name of ['program', 'wrong', 'plain']) {
    it(`says so of the folder "${name}", and offers neither a stack nor a false finding`, async () => {
      await using workbench = await editor.open(`${SCHEME}:/${name}`);
      await workbench.showGrafos();
      await workbench.view('Local stack').getByText('This folder is not on a disk').waitFor();
      await workbench.welcome('Local stack', 'Open Folder').waitFor();
      assert.equal(await workbench.welcome('Local stack', 'Start Local Stack').count(), 0);
      assert.equal(await workbench.view('Local stack').getByText('No grafos.toml was found').count(), 0);
      const empty = workbench.view('Tasklets').getByText('will be listed here');
      await workbench.until('the search for programs', async () => ((await empty.isVisible()) ? true : undefined));
      // A command that would need a program is not offered, and one that needs none is.
      for (const [title, isOffered] of [
        ['Run Tasklet Locally…', false],
        ['Start Local Stack', false],
        ['New Program…', true],
      ] as const) {
        const offers = await workbench.paletteOffers(`grafOS: ${title}`);
        assert.equal(offers.includes(`grafOS: ${title}`), isOffered, offers.join(', '));
      }
      assert.deepEqual(await workbench.troubles(), []);
      assert.deepEqual(workbench.complaints, []);
      await workbench.screenshot(`virtual-${name}`);
    });
  }

  it('does not take a file on the disk for one of its own by an equal path', async () => {
    await using workbench = await editor.open(`${SCHEME}:${editor.root}`);
    await workbench.showGrafos();
    await workbench.view('Local stack').getByText('This folder is not on a disk').waitFor();
    assert.equal(await workbench.row('Tasklets', 'local-dev').count(), 0);
  });
});
