/** The item in the status bar and its hover card, with the few parts of the editor they use. */
import assert from 'node:assert/strict';
import type { Grafos } from '../../../extension/grafos.ts';
import { COMMANDS } from '../../../extension/ids.ts';
import type { StackState } from '../../../extension/stack/stackState.ts';
import { DEV_STATE } from '../../helpers/devStateFile.ts';
import { withEditor } from '../../helpers/editorStub.ts';

interface Editor {
  items: Array<{
    text: string;
    isShown: boolean;
    tooltip: { value: string; isTrusted: { enabledCommands: string[] } };
  }>;
  workspace: { isTrusted: boolean };
}

const EDITOR = `
  export const items = [];
  export const StatusBarAlignment = { Left: 1 };
  export class ThemeColor { constructor(id) { this.id = id; } }
  export class MarkdownString {
    constructor(value) { this.value = value; }
    appendMarkdown(text) { this.value += text; return this; }
  }
  export class Disposable {
    static from() { return new Disposable(() => {}); }
    constructor(end) { this.dispose = end; }
  }
  export const window = {
    createStatusBarItem() {
      const item = { show() { item.isShown = true; }, hide() { item.isShown = false; }, dispose() {} };
      items.push(item);
      return item;
    },
  };
  export const workspace = {
    isTrusted: true,
    workspaceFolders: [{ name: 'mine', uri: { scheme: 'file', fsPath: '/home/a/mine' } }, { name: 'b', uri: {} }],
    asRelativePath: (path) => path,
  };
  export const env = { language: 'en' };
  export const l10n = { t: (text, ...values) => text.replace(/\\{(\\d)\\}/g, (_, index) => values[index]) };
`;

describe('the status bar', () => {
  let editor: Editor;
  let statusBar: (grafos: Grafos) => unknown;
  before(async () => {
    const found = await withEditor<Editor, typeof import('../../../extension/statusBar.ts')>(
      EDITOR,
      () => import('../../../extension/statusBar.ts'),
    );
    editor = found.editor;
    statusBar = found.loaded.statusBar;
  });

  const drawn = (state: StackState, root = '/home/a/mine') => {
    const stack = { state, onChanged: () => ({ dispose() {} }) };
    const programs = { active: { root, stack }, onDidChange: () => ({ dispose() {} }) };
    statusBar({ programs } as unknown as Grafos);
    const item = editor.items.at(-1);
    assert.ok(item);
    return item;
  };

  const states: StackState[] = [
    { kind: 'stopped' },
    { kind: 'starting', step: 'x' },
    { kind: 'running', dev: DEV_STATE },
    { kind: 'unhealthy', dev: DEV_STATE, dead: ['scheduler', 'helper'] },
    { kind: 'stopping' },
    { kind: 'failed', error: new Error('see https://example.com/x and [a](command:b)') },
  ];
  for (const state of states) {
    it(`has a card whose links are commands that it may run: ${state.kind}`, () => {
      const { value, isTrusted } = drawn(state).tooltip;
      const links = [...value.matchAll(/(?<!\\)\]\(([^)]*)\)/g)].map(([, target = '']) => target);
      assert.ok(links.length > 0);
      for (const link of links) {
        const [, command = ''] = /^command:(.+)$/.exec(link) ?? [];
        assert.ok(isTrusted.enabledCommands.includes(command), link);
        assert.ok((Object.values(COMMANDS) as string[]).includes(command), link);
      }
      // A bare URL becomes a link by itself: scheduler and helper cannot be opened by one.
      assert.doesNotMatch(value, /https?:\/\//);
    });
  }

  it('names scheduler and helper by their addresses, and offers the dashboard in their place', () => {
    const { value } = drawn({ kind: 'running', dev: DEV_STATE }).tooltip;
    const plain = value.replaceAll('\\', '');
    for (const daemon of ['scheduler', 'helper']) assert.ok(plain.includes(`${daemon}: 127.0.0.1:1`), plain);
    assert.ok(value.includes(`(command:${COMMANDS.stackDashboard})`));
    assert.doesNotMatch(drawn({ kind: 'stopped' }).tooltip.value, /stack\.dashboard/);
  });

  it('says which daemons ended', () => {
    const { value } = drawn({ kind: 'unhealthy', dev: DEV_STATE, dead: ['scheduler', 'helper'] }).tooltip;
    assert.ok(value.replaceAll('\\', '').includes('Ended: scheduler, helper'), value);
  });

  it('names the program without the path of its folder', () => {
    for (const [root, name] of [
      ['/home/a/mine', 'mine'],
      ['/home/a/elsewhere', 'elsewhere'],
    ] as const) {
      const { value } = drawn({ kind: 'stopped' }, root).tooltip;
      assert.ok(value.includes(`\n\n${name}\n\n`), value);
      assert.doesNotMatch(value, /home/);
    }
  });

  it('has no item for a folder that is not trusted', () => {
    editor.workspace.isTrusted = false;
    assert.equal(drawn({ kind: 'stopped' }).isShown, false);
    editor.workspace.isTrusted = true;
    assert.equal(drawn({ kind: 'stopped' }).isShown, true);
  });
});
