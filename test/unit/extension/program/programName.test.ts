/** The name of a program in views and hover cards, with the parts of the editor that it uses. */
import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { withEditor } from '../../../helpers/editorStub.ts';

interface Folder {
  name: string;
  uri: { scheme: string; fsPath: string };
}

interface Editor {
  workspace: { workspaceFolders?: Folder[]; asRelativePath?(path: string): string };
}

describe('the name of a program', () => {
  let editor: Editor;
  let programName: (root: string) => string;
  before(async () => {
    const found = await withEditor<Editor, typeof import('../../../../extension/program/programName.ts')>(
      'export const workspace = {};',
      () => import('../../../../extension/program/programName.ts'),
    );
    editor = found.editor;
    programName = found.loaded.programName;
    // As the editor does: with the name of the folder where there are several.
    editor.workspace.asRelativePath = (path) => {
      const { workspaceFolders: folders = [] } = editor.workspace;
      const folder = folders.find(({ uri }) => path.startsWith(`${uri.fsPath}/`));
      if (folder === undefined) return path;
      const inside = relative(folder.uri.fsPath, path);
      return folders.length > 1 ? `${folder.name}/${inside}` : inside;
    };
  });

  const one = [{ name: 'work', uri: { scheme: 'file', fsPath: '/home/a/work' } }];
  const two = [...one, { name: 'named', uri: { scheme: 'file', fsPath: '/home/a/other' } }];
  const rows: Array<[title: string, folders: Folder[] | undefined, root: string, name: string]> = [
    ['the only folder', one, '/home/a/work', 'work'],
    ['a folder below it', one, '/home/a/work/programs/x', 'programs/x'],
    ['one of several folders', two, '/home/a/work', 'work'],
    ['one of several folders, by the name that the workspace gives it', two, '/home/a/other', 'named'],
    ['a folder below one of several', two, '/home/a/other/x', 'named/x'],
    ['a folder outside of the workspace', two, '/home/a/elsewhere/y', 'y'],
    ['a folder without a workspace', undefined, '/home/a/y', 'y'],
    [
      'a folder of the path of a virtual one',
      [{ name: 'far', uri: { scheme: 'vscode-vfs', fsPath: '/home/a/y' } }],
      '/home/a/y',
      'y',
    ],
  ];
  for (const [title, folders, root, name] of rows) {
    it(`is no absolute path: ${title}`, () => {
      editor.workspace.workspaceFolders = folders as Folder[];
      assert.equal(programName(root), name);
    });
  }
});
