/** The programs of a workspace, with the few parts of the editor that find them. */
import assert from 'node:assert/strict';
import type * as vscode from 'vscode';
import type { ProgramSession } from '../../../../extension/program/programSession.ts';
import type { Programs } from '../../../../extension/program/programs.ts';
import { withEditor } from '../../../helpers/editorStub.ts';

interface Uri {
  scheme: string;
  fsPath: string;
}

interface Editor {
  /** Tells the listeners of an event of the editor. */
  fire(event: 'created' | 'deleted' | 'folders' | 'active', value: unknown): void;
  workspace: { found: Uri[] };
}

const EDITOR = `
  const listeners = {};
  const on = (event) => (listener) => { (listeners[event] ??= []).push(listener); return { dispose() {} }; };
  export const fire = (event, value) => { for (const listener of listeners[event] ?? []) listener(value); };
  export class EventEmitter {
    #listeners = [];
    event = (listener) => { this.#listeners.push(listener); return { dispose() {} }; };
    fire(value) { for (const listener of this.#listeners) listener(value); }
    dispose() {}
  }
  export const workspace = {
    isTrusted: true,
    found: [],
    get workspaceFolders() { return workspace.found.map((uri) => ({ uri })); },
    // The editor's own never ends where no folder has a search.
    findFiles: async () =>
      workspace.found.some(({ scheme }) => scheme === 'file') ? workspace.found : new Promise(() => {}),
    createFileSystemWatcher: () => ({ onDidCreate: on('created'), onDidDelete: on('deleted'), dispose() {} }),
    onDidChangeWorkspaceFolders: on('folders'),
    onDidGrantWorkspaceTrust: on('trusted'),
  };
  export const window = { activeTextEditor: undefined, onDidChangeActiveTextEditor: on('active') };
`;

const file = (fsPath: string): Uri => ({ scheme: 'file', fsPath });
const virtual = (fsPath: string): Uri => ({ scheme: 'vscode-vfs', fsPath });
const asUri = (uri: Uri) => uri as unknown as vscode.Uri;

describe('the programs of a workspace', () => {
  let editor: Editor;
  let make: typeof Programs;
  const open: Programs[] = [];
  before(async () => {
    const found = await withEditor<Editor, typeof import('../../../../extension/program/programs.ts')>(
      EDITOR,
      () => import('../../../../extension/program/programs.ts'),
    );
    editor = found.editor;
    make = found.loaded.Programs;
  });
  afterEach(() => {
    for (const one of open.splice(0)) one.dispose();
  });

  const programsOf = async (...found: Uri[]) => {
    editor.workspace.found = found;
    const session = (root: string) => ({ root, trusted() {}, dispose() {} }) as unknown as ProgramSession;
    const errors: Error[] = [];
    const programs = new make(session, (error) => errors.push(error));
    open.push(programs);
    await programs.found;
    assert.deepEqual(errors, []);
    return programs;
  };
  const roots = (programs: Programs) => programs.all.map(({ root }) => root);

  it('are none in a workspace without files on a disk, and nothing throws there', async () => {
    const programs = await programsOf(virtual('/github/a/grafos.toml'));
    for (const event of ['created', 'deleted'] as const) editor.fire(event, virtual('/github/b/grafos.toml'));
    for (const active of [undefined, { document: { uri: virtual('/github/a/tasklets/a.ts') } }])
      editor.fire('active', active);
    editor.fire('folders', {});
    await programs.found;
    assert.deepEqual(roots(programs), []);
    assert.equal(programs.active, undefined);
    assert.equal(programs.of(asUri(virtual('/github/a/grafos.toml'))), undefined);
  });

  it('on the disk stay when a virtual file of the same path comes and goes', async () => {
    const programs = await programsOf(file('/code/a/grafos.toml'), virtual('/code/b/grafos.toml'));
    assert.deepEqual(roots(programs), ['/code/a']);
    editor.fire('deleted', virtual('/code/a/grafos.toml'));
    assert.deepEqual(roots(programs), ['/code/a']);
    assert.equal(programs.of(asUri(virtual('/code/a/tasklets/a.ts'))), undefined);
    assert.equal(programs.of(asUri(file('/code/a/tasklets/a.ts')))?.root, '/code/a');
    editor.fire('deleted', file('/code/a/grafos.toml'));
    assert.deepEqual(roots(programs), []);
  });

  it('are those on the disk alone in a workspace of both', async () => {
    const programs = await programsOf(virtual('/code/a/grafos.toml'), file('/code/b/grafos.toml'));
    editor.fire('created', file('/code/c/grafos.toml'));
    editor.fire('created', file('/code/c/.grafos/x/grafos.toml'));
    assert.deepEqual(roots(programs), ['/code/b', '/code/c']);
    editor.fire('active', { document: { uri: file('/code/c/a.ts') } });
    assert.equal(programs.active?.root, '/code/c');
    editor.fire('active', { document: { uri: virtual('/code/b/a.ts') } });
    assert.equal(programs.active?.root, '/code/c', 'a virtual file is of no program');
  });

  it('contain the innermost one of a file', async () => {
    const programs = await programsOf(file('/code/a/grafos.toml'), file('/code/a/inner/grafos.toml'));
    assert.equal(programs.of(asUri(file('/code/a/inner/a.ts')))?.root, '/code/a/inner');
    assert.equal(programs.of(asUri(file('/code/ab/a.ts'))), undefined);
    assert.equal(programs.byRoot('/code/a')?.root, '/code/a');
  });
});
