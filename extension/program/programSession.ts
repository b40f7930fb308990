import { join } from 'node:path';
import * as vscode from 'vscode';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { ProviderName } from '../../toolchain/deploy/resolveProvider.ts';
import { asCellError } from '../dialogs/cellError.ts';
import { Emitter } from '../emitter.ts';
import { SETTINGS } from '../ids.ts';
import { keepRuns, readRuns } from '../runs/runsMemory.ts';
import { RunsModel, type RunsPlace } from '../runs/runsModel.ts';
import { StackModel } from '../stack/stackModel.ts';
import { devOf } from '../stack/stackState.ts';
import { type WindowPresence, windowPresence } from '../stack/windowPresence.ts';
import { TaskletsModel } from '../tasklets/taskletsModel.ts';

/** Time in which changes of files gather before the tasklets are read again, milliseconds. */
const SETTLE_MS = 150;
/** Time in which changes of runs gather before the workspace remembers them, milliseconds. */
const KEEP_MS = 500;
/** Files whose change can change a tasklet, its build or its findings. */
const WATCHED = '**/*.{toml,ts,rs,wat,wasm}';
const NOT_WATCHED = /[\\/](?:\.grafos(?:\.[^\\/]*)?|node_modules|target)[\\/]/;

/** One program of the workspace: what is known of it, and what this window does with it. */
export class ProgramSession implements vscode.Disposable {
  readonly root: string;
  readonly stack: StackModel;
  readonly runs: RunsModel;
  readonly tasklets: TaskletsModel;
  readonly #presence: WindowPresence;
  readonly #log: vscode.LogOutputChannel;
  readonly #subscriptions: vscode.Disposable[] = [];
  readonly #cellsChanged = new Emitter<void>();
  /** The cells of clouds are others. */
  readonly onCellsChanged = this.#cellsChanged.event;
  /** When this window started the stack; its keeper then is ours to start. */
  #startedHere = false;
  #lookers = 0;
  #isDirty = true;
  #settle: NodeJS.Timeout | undefined;
  #keeping: NodeJS.Timeout | undefined;

  constructor(root: string, context: vscode.ExtensionContext, log: vscode.LogOutputChannel) {
    this.root = root;
    const store = context.workspaceState;
    this.#log = log;
    this.stack = new StackModel(root);
    this.tasklets = new TaskletsModel(root);
    this.runs = new RunsModel(
      root,
      {
        places: () => this.#places(),
        connect: ({ provider, cell }) => this.connect(provider, cell),
        log: (text) => log.info(`${root}: ${text}`),
      },
      readRuns(store, root),
    );
    this.runs.onChanged(() => {
      this.#keeping ??= setTimeout(() => {
        this.#keeping = undefined;
        void keepRuns(store, root, this.runs.entries);
      }, KEEP_MS);
    });
    this.#presence = windowPresence({
      root,
      entry: join(context.extensionPath, 'dist', 'extension', 'stackKeeper.js'),
      keepRunning: this.#keepRunning(),
      log: (text) => log.info(`${root}: ${text}`),
    });
    const files = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(root, WATCHED));
    const cells = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(root, '.grafos/cloud/*.json'));
    const onFile = (uri: vscode.Uri) => {
      if (!NOT_WATCHED.test(uri.fsPath)) this.taskletsChanged();
    };
    const onCells = () => {
      this.#cellsChanged.fire();
      void this.runs.refresh();
    };
    this.#subscriptions.push(
      files,
      files.onDidChange(onFile),
      files.onDidCreate(onFile),
      files.onDidDelete(onFile),
      cells,
      cells.onDidChange(onCells),
      cells.onDidCreate(onCells),
      cells.onDidDelete(onCells),
      this.stack.onChanged((state) => {
        log.debug(`${root}: stack ${state.kind}`);
        if (state.kind !== 'starting' && state.kind !== 'stopping') void this.runs.refresh();
        const dev = devOf(state);
        if (dev !== undefined) this.#hold(dev.started_at);
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(SETTINGS.keepRunning)) this.#presence.setKeepRunning(this.#keepRunning());
      }),
    );
  }

  /**
   * Starts the work that waits for trust: watching the stack, since anybody may have written
   * `dev.json`, and writing into the program's folder.
   */
  trusted(): void {
    this.stack.watch().catch((error) => this.#log.error(error));
    this.#writeEditorTypes().catch((error) => this.#log.warn(`${this.root}: ${error.message}`));
  }

  async #writeEditorTypes(): Promise<void> {
    const { writeEditorTypesIfUsed } = await import('../../toolchain/compile/editorTypes.ts');
    await writeEditorTypesIfUsed(this.root);
  }

  /**
   * Opens a client of the provider's scheduler. The caller closes it.
   *
   * @param cell name of one of several cells
   * @throws {GrafosError} the codes of `resolveProvider`
   */
  async connect(provider: ProviderName, cell?: string): Promise<SchedulerClient & Disposable> {
    const { connectTarget } = await import('../../toolchain/deploy/connectTarget.ts');
    const { resolveProvider } = await import('../../toolchain/deploy/resolveProvider.ts');
    try {
      return await connectTarget(await resolveProvider(this.root, provider, cell));
    } catch (error) {
      throw asCellError(provider, error);
    }
  }

  async start(options: Parameters<StackModel['start']>[0]): Promise<void> {
    this.#startedHere = true;
    await this.stack.start(options);
  }

  /**
   * Keeps tasklets and runs fresh until the answer is disposed of: a view that is not visible asks
   * for nothing.
   */
  attend(): vscode.Disposable {
    this.#lookers += 1;
    const runs = vscode.workspace.isTrusted ? this.runs.attend() : undefined;
    if (this.#isDirty) this.#refreshTasklets();
    let isOver = false;
    return new vscode.Disposable(() => {
      if (isOver) return;
      isOver = true;
      this.#lookers -= 1;
      runs?.dispose();
    });
  }

  /** Something of the tasklets may have changed; read when somebody looks. */
  taskletsChanged(): void {
    this.#isDirty = true;
    if (this.#lookers === 0) return;
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.#refreshTasklets(), SETTLE_MS);
  }

  #refreshTasklets(): void {
    this.#isDirty = false;
    this.tasklets.refresh().catch((error) => this.#log.error(error));
  }

  async #places(): Promise<RunsPlace[]> {
    const { CLOUD_PROVIDERS, cellNameOf } = await import('../../toolchain/deploy/cloudCells.ts');
    const { confirmedCells } = await import('../../toolchain/confirm/confirmedCells.ts');
    const clouds = await Promise.all(
      CLOUD_PROVIDERS.map(async (provider) => {
        // Cells that a question has to be asked about first are not asked for runs.
        const cells = await confirmedCells(this.root, provider).catch(() => []);
        return cells.map(({ cell }): RunsPlace => ({ provider, cell: cellNameOf(cell) }));
      }),
    );
    return [...(devOf(this.stack.state) === undefined ? [] : [{ provider: 'local' } as const]), ...clouds.flat()];
  }

  #hold(startedAt: string): void {
    const isOurs = this.#startedHere;
    this.#presence.hold(startedAt, isOurs).catch((error) => this.#log.warn(`${this.root}: ${error.message}`));
  }

  #keepRunning(): boolean {
    return vscode.workspace.getConfiguration(undefined, vscode.Uri.file(this.root)).get(SETTINGS.keepRunning, false);
  }

  dispose(): void {
    clearTimeout(this.#settle);
    clearTimeout(this.#keeping);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#cellsChanged.dispose();
    this.#presence.dispose();
    this.stack[Symbol.dispose]();
    this.runs[Symbol.dispose]();
    this.tasklets[Symbol.dispose]();
  }
}
