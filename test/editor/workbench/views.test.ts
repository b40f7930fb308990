import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EditorForTests, editorForTests } from '../support/editorForTests.ts';

const themes = [
  ['dark', 'Dark Modern', 'vs-dark'],
  ['light', 'Light Modern', 'vs'],
  ['high-contrast', 'Default High Contrast', 'hc-black'],
  ['high-contrast-light', 'Default High Contrast Light', 'hc-light'],
] as const;

describe('the views, before anything runs', () => {
  let editor: EditorForTests;
  let empty: string;

  before(async () => {
    editor = await editorForTests({ recipe: 'local-dev' });
    empty = await mkdtemp(join(tmpdir(), 'grafos-empty-'));
    await mkdir(join(empty, 'nothing'));
  });

  after(async () => {
    await editor[Symbol.asyncDispose]();
    await rm(empty, { recursive: true, force: true });
  });

  it('without a folder: offer to open one', async () => {
    await using workbench = await editor.open();
    await workbench.showGrafos();
    await workbench.view('Local stack').getByText('Open a folder that holds a grafOS program').waitFor();
  });

  it('in a folder without a program: offer a new one', async () => {
    await using workbench = await editor.open(empty);
    await workbench.showGrafos();
    await workbench.view('Local stack').getByText('No grafos.toml was found').waitFor();
    await workbench.welcome('Local stack', 'New Program…').waitFor();
  });

  it('in a program: its tasklets, and a button that starts the stack', async () => {
    await using workbench = await editor.open(editor.root);
    await workbench.showGrafos();
    await workbench.welcome('Local stack', 'Start Local Stack').waitFor();
    await workbench.row('Tasklets', 'local-dev').waitFor();
    await workbench.view('Runs').getByText('No run was seen here yet').waitFor();
    await workbench.status('grafOS local stack: stopped').waitFor();
  });

  for (const [name, theme, kind] of themes) {
    it(`are to be read in ${name}`, async () => {
      await editor.setSettings({ 'workbench.colorTheme': theme });
      try {
        await using workbench = await editor.open(editor.root);
        await workbench.page.locator(`.monaco-workbench.${kind}`).waitFor();
        await workbench.showGrafos();
        await workbench.row('Tasklets', 'local-dev').waitFor();
        await workbench.screenshot(`views-${name}`);
      } finally {
        await editor.setSettings({});
      }
    });
  }

  it('the palette has the commands that fit, in the category grafOS', async () => {
    await using workbench = await editor.open(editor.root);
    await workbench.showGrafos();
    await workbench.row('Tasklets', 'local-dev').waitFor();
    // There once the window knows that its folder is trusted: until then no command that needs
    // trust is offered.
    await workbench.welcome('Local stack', 'Start Local Stack').waitFor();
    // The list draws only the rows in sight, so each command is looked for by its own title.
    const isOffered = async (title: string) =>
      (await workbench.paletteOffers(`grafOS: ${title}`)).includes(`grafOS: ${title}`);
    for (const title of ['Start Local Stack', 'Deploy to…', 'New Program…', 'Open Recipe…', 'Run Doctor'])
      assert.ok(await isOffered(title), title);
    for (const title of ['Stop Local Stack', 'Open Dashboard']) assert.ok(!(await isOffered(title)), title);
  });

  it('the walkthrough has its five steps', async () => {
    await using workbench = await editor.open(empty);
    await workbench.showGrafos();
    await workbench.welcome('Local stack', 'Open the Walkthrough').click();
    const steps = workbench.page.locator('.getting-started-step');
    await steps.first().waitFor();
    assert.equal(await steps.count(), 5);
    await workbench.screenshot('walkthrough');
  });
});

describe('a folder that is not trusted', () => {
  it('shows its tasklets, says what waits for trust, and offers no start', async () => {
    await using editor = await editorForTests({ restricted: true, recipe: 'local-dev' });
    await using workbench = await editor.open(editor.root);
    await workbench.showGrafos();
    await workbench.view('Local stack').getByText('This folder is not trusted yet').waitFor();
    await workbench.row('Tasklets', 'local-dev').waitFor();
    assert.equal(await workbench.page.getByLabel('Start Local Stack').count(), 0);
    await workbench.screenshot('untrusted');
  });
});
