import { dirname, sep } from 'node:path';
import * as vscode from 'vscode';
import type { ProgramSession } from './programSession.ts';

const MANIFESTS = '**/grafos.toml';
const NOT_SEARCHED = '**/{node_modules,.grafos,.grafos.*,target,.git}/**';
/** Programs of one workspace; a folder of thousands is somebody's archive. */
const PROGRAMS_MAX = 100;

/**
 * The programs of the workspace. The active one follows the editor: it is the one whose file was
 * looked at last.
 */
export class Programs implements vscode.Disposable {
  readonly #sessions = new Map<string, ProgramSession>();
  readonly #changed = new vscode.EventEmitter<void>();
  /** The active program or the list is another. */
  readonly onDidChange = this.#changed.event;
  readonly #subscriptions: vscode.Disposable[] = [];
  readonly #make: (root: string) => ProgramSession;
  #active: ProgramSession | undefined;
  /** Resolves once the workspace was searched. */
  readonly found: Promise<void>;

  constructor(make: (root: string) => ProgramSession, onError: (error: Error) => void) {
    this.#make = make;
    const watcher = vscode.workspace.createFileSystemWatcher(MANIFESTS, false, true, false);
    this.#subscriptions.push(
      watcher,
      watcher.onDidCreate((uri) => this.#add(uri)),
      watcher.onDidDelete((uri) => this.#remove(uri)),
      vscode.window.onDidChangeActiveTextEditor((editor) => this.#follow(editor?.document.uri)),
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.#search().catch(onError)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        for (const session of this.#sessions.values()) session.trusted();
        this.#changed.fire();
      }),
    );
    this.found = this.#search().catch(onError);
  }

  get all(): ProgramSession[] {
    return [...this.#sessions.values()].sort((left, right) => (left.root < right.root ? -1 : 1));
  }

  get active(): ProgramSession | undefined {
    return this.#active;
  }

  /** The program a file or folder lies in: of nested ones the innermost. */
  of(uri: vscode.Uri): ProgramSession | undefined {
    if (!isOnDisk(uri)) return undefined;
    return this.all
      .filter(({ root }) => uri.fsPath === root || uri.fsPath.startsWith(root + sep))
      .sort((left, right) => right.root.length - left.root.length)[0];
  }

  byRoot(root: string): ProgramSession | undefined {
    return this.#sessions.get(root);
  }

  async #search(): Promise<void> {
    // In a workspace of virtual folders alone, the editor waits for a search that may never be
    // there.
    const isAnyOnDisk = (vscode.workspace.workspaceFolders ?? []).some(({ uri }) => isOnDisk(uri));
    const manifests = isAnyOnDisk ? await vscode.workspace.findFiles(MANIFESTS, NOT_SEARCHED, PROGRAMS_MAX) : [];
    const roots = new Set(manifests.filter(isOnDisk).map((uri) => dirname(uri.fsPath)));
    for (const root of [...this.#sessions.keys()]) if (!roots.has(root)) this.#end(root);
    for (const uri of manifests) this.#add(uri, true);
    this.#follow(vscode.window.activeTextEditor?.document.uri);
    this.#changed.fire();
  }

  #add(uri: vscode.Uri, isSearch = false): void {
    if (!isOnDisk(uri) || /[\\/](?:node_modules|\.grafos(?:\.[^\\/]*)?|target)[\\/]/.test(uri.fsPath)) return;
    const root = dirname(uri.fsPath);
    if (this.#sessions.has(root)) return;
    const session = this.#make(root);
    this.#sessions.set(root, session);
    if (vscode.workspace.isTrusted) session.trusted();
    this.#active ??= session;
    if (isSearch) return;
    this.#changed.fire();
    // The file of a new program may be open before its folder is known to have one.
    this.#follow(vscode.window.activeTextEditor?.document.uri);
  }

  #remove(uri: vscode.Uri): void {
    if (!isOnDisk(uri)) return;
    this.#end(dirname(uri.fsPath));
    this.#changed.fire();
  }

  #end(root: string): void {
    const session = this.#sessions.get(root);
    if (session === undefined) return;
    this.#sessions.delete(root);
    if (this.#active === session) this.#active = this.all[0];
    session.dispose();
  }

  #follow(uri: vscode.Uri | undefined): void {
    const session = uri === undefined ? undefined : this.of(uri);
    if (session === undefined || session === this.#active) return;
    this.#active = session;
    this.#changed.fire();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    for (const session of this.#sessions.values()) session.dispose();
    this.#sessions.clear();
    this.#changed.dispose();
  }
}

/** False for a file of a virtual workspace, whose path may also be that of a file on the disk. */
function isOnDisk({ scheme }: vscode.Uri): boolean {
  return scheme === 'file';
}
