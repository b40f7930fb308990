import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { showError } from '../dialogs/showError.ts';
import type { Grafos } from '../grafos.ts';
import { VIEWS } from '../ids.ts';
import type { ProgramSession } from '../program/programSession.ts';
import type { FileRun } from '../runs/fileRun.ts';
import type { RunInputs } from '../runs/runInputs.ts';
import type { RunEntry } from '../runs/runsModel.ts';
import { ShownRun } from '../runs/shownRun.ts';
import { runWord } from '../views/texts.ts';
import { actOnFileRun } from './actOnFileRun.ts';
import { actOnPanel } from './actOnPanel.ts';
import { type Current, currentInput, isStopped, newParts } from './currentRun.ts';
import { fixtureOfInput } from './fixtureOfInput.ts';
import { outputShown } from './outputShown.ts';
import { panelHtml } from './panelHtml.ts';
import type { FromPage, ProfileShown, ToPage } from './panelMessages.ts';
import { panelWords } from './panelWords.ts';
import { readFromPage } from './readFromPage.ts';
import { runHead } from './runHead.ts';
import { type RunJob, runJob } from './runJob.ts';
import { showFuelInSource } from './showFuelInSource.ts';
import { ShownRunMemory } from './shownRunMemory.ts';

/** Time in which pieces of a log gather before they are sent to the page, milliseconds. */
const LOG_GATHER_MS = 50;
/** Time in which a file must be read, milliseconds. */
const OPEN_MS = 60_000;

/**
 * The one Run panel. It shows the newest run that this window started, or the run that was opened
 * or pinned. The shown run survives a reload of the window.
 */
export class RunPanel implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly #grafos: Grafos;
  readonly #inputs: RunInputs;
  readonly #memory: ShownRunMemory;
  readonly #registration: vscode.Disposable;
  #view: vscode.WebviewView | undefined;
  #isReady = false;
  #current: Current | undefined;
  #job: RunJob | undefined;
  #isPinned = false;
  #newer: { session: ProgramSession; entry: RunEntry } | undefined;
  #logTimer: NodeJS.Timeout | undefined;

  constructor(grafos: Grafos, inputs: RunInputs) {
    this.#grafos = grafos;
    this.#inputs = inputs;
    const { storageUri } = grafos.context;
    this.#memory = new ShownRunMemory(storageUri && join(storageUri.fsPath, 'shownRun.json'), (error) =>
      grafos.log.warn(`the shown run is not remembered: ${error.message}`),
    );
    this.#registration = vscode.window.registerWebviewViewProvider(VIEWS.run, this, {
      // Scroll position, folds and the edited input stay while the view is hidden.
      webviewOptions: { retainContextWhenHidden: true },
    });
  }

  /** The run that is shown; undefined where it is from a file. */
  get current(): { session: ProgramSession; entry: RunEntry } | undefined {
    const current = this.#current;
    return current?.session ? { session: current.session, entry: current.shown.entry } : undefined;
  }

  /** True while the panel is visible with that run. */
  showsNow(runId: string): boolean {
    return this.#view?.visible === true && this.#current?.shown.run.run_id === runId;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const { extensionUri } = this.#grafos.context;
    const files = vscode.Uri.joinPath(extensionUri, 'dist', 'extension');
    this.#view = view;
    this.#isReady = false;
    view.webview.options = { enableScripts: true, localResourceRoots: [files] };
    view.webview.onDidReceiveMessage((value: unknown) => {
      const message = readFromPage(value);
      if (message !== undefined) this.#receive(message);
      else this.#grafos.log.debug('the page of the Run panel sent a value that is no message');
    });
    view.onDidDispose(() => {
      this.#view = undefined;
      this.#isReady = false;
    });
    const address = (name: string) => view.webview.asWebviewUri(vscode.Uri.joinPath(files, name)).toString();
    view.webview.html = panelHtml({
      script: address('runPanel.js'),
      style: address('runPanel.css'),
      cspSource: view.webview.cspSource,
      nonce: randomBytes(16).toString('base64url'),
      language: vscode.env.language,
    });
    if (this.#current === undefined) this.#restore().catch((error) => this.#grafos.log.warn(String(error)));
  }

  /**
   * Shows a run that does not exist yet, unless another run is pinned. The panel's Cancel button
   * aborts the job's signal.
   */
  async begin(tasklet: string, provider: string, input: string): Promise<RunJob> {
    const isShown = !this.#isPinned || this.#current === undefined;
    const job = runJob(
      { tasklet, provider, input, isShown },
      { end: () => this.#endJob(job), step: () => this.#sendHead() },
    );
    if (!job.isShown) return job;
    this.#job?.end();
    this.#job = job;
    await this.#reveal();
    this.#sendHead();
    return job;
  }

  /** Shows a run that a person asked for. */
  async open(session: ProgramSession, entry: RunEntry): Promise<void> {
    this.#isPinned = false;
    this.#show(session, entry, '');
    await this.#reveal();
  }

  /**
   * Shows a run from a file that a person asked for.
   *
   * @param file absolute path
   * @throws {GrafosError} bundle_invalid, and those of reading a file
   */
  async openFile(file: string): Promise<void> {
    const shown = await this.#openFile(file);
    this.#isPinned = false;
    this.#showFile(shown);
    await this.#reveal();
  }

  /**
   * Shows a run that this window started. While another run is pinned, the panel only names the
   * newer one.
   */
  async started(session: ProgramSession, entry: RunEntry, notice = ''): Promise<void> {
    if (this.#isPinned && this.#current !== undefined) {
      this.#newer = { session, entry };
      this.#sendHead();
      return;
    }
    this.#show(session, entry, notice);
    await this.#reveal();
  }

  /** Takes note of a run's new state, which a pinned panel shows with the name of the newer run. */
  changed(entry: RunEntry): void {
    if (this.#newer?.entry.run.run_id === entry.run.run_id) this.#sendHead();
  }

  setPinned(isPinned: boolean): void {
    this.#isPinned = isPinned && this.#current !== undefined;
    const newer = this.#newer;
    if (!this.#isPinned && newer !== undefined) this.#show(newer.session, newer.entry, '');
    this.#remember();
    this.#sendHead();
  }

  /** Shows a profile under its run, if the panel shows that run. */
  showProfile(runId: string, profile: ProfileShown): void {
    const current = this.#current;
    if (current === undefined || current.shown.run.run_id !== runId) return;
    current.profile = profile;
    this.#post({ kind: 'profile', runId, profile });
    this.#sendHead();
  }

  dispose(): void {
    clearTimeout(this.#logTimer);
    this.#job?.end();
    this.#leave();
    this.#registration.dispose();
  }

  #show(session: ProgramSession, entry: RunEntry, notice: string): void {
    this.#newer = undefined;
    const hadJob = this.#job !== undefined;
    this.#job = undefined;
    if (this.#current?.session && this.#current.shown.run.run_id === entry.run.run_id) {
      this.#current.notice = notice;
      // The page dropped the parts of the run when it showed the job.
      if (hadJob) this.#sendAll();
      else this.#sendHead();
      return;
    }
    this.#leave(entry.run.run_id);
    const shown = new ShownRun(entry, () => session.connect(entry.provider, entry.cell));
    const current: Current = { ...newParts(notice), session, shown };
    this.#current = current;
    current.subscriptions.push(
      new vscode.Disposable(() => shown[Symbol.dispose]()),
      shown.onChanged((part) => this.#onPart(current, part)),
      session.stack.onChanged(() => this.#load(current)),
      session.runs.onChanged(() => this.#load(current)),
    );
    this.#remember();
    this.#sendAll();
    this.#load(current);
  }

  #showFile(shown: FileRun): void {
    this.#newer = undefined;
    this.#job = undefined;
    this.#leave(shown.run.run_id);
    this.#current = { ...newParts(''), session: null, shown };
    this.#remember();
    this.#sendAll();
  }

  async #openFile(file: string): Promise<FileRun> {
    const { programs } = this.#grafos;
    await programs.found;
    const { openFileRun } = await import('../runs/openFileRun.ts');
    return openFileRun(
      file,
      programs.all.map(({ root }) => root),
      AbortSignal.timeout(OPEN_MS),
    );
  }

  /**
   * Sends the head again, and fetches missing parts of the run if its scheduler can be asked now.
   */
  #load({ session, shown }: Current): void {
    this.#sendHead();
    if (session && vscode.workspace.isTrusted && !isStopped(session, shown.entry)) void shown.load();
  }

  #onPart(current: Current, part: 'run' | 'log' | 'parts' | 'problem'): void {
    if (current !== this.#current || !current.session) return;
    const { shown, session } = current;
    if (part === 'log') {
      this.#logTimer ??= setTimeout(() => this.#sendLog(), LOG_GATHER_MS);
      return;
    }
    if (part === 'problem') this.#grafos.log.warn(`run ${shown.run.run_id}: ${shown.problem?.message}`);
    if (part === 'run' && shown.run.ended_at !== null) {
      session.runs.put(shown.entry, shown.run);
      this.#remember();
      this.#sendHead();
      const { tasklet, summary, stateText } = this.#head(current);
      this.#post({ kind: 'announce', text: `${tasklet}: ${stateText}. ${summary.slice(1).join(', ')}` });
      return;
    }
    if (part === 'parts') {
      this.#findFixture(current).catch((error) => this.#grafos.log.warn(String(error)));
      this.#sendParts(current);
    }
    this.#sendHead();
  }

  async #findFixture(current: Current): Promise<void> {
    if (!current.session) return;
    const { run, parts, entry } = current.shown;
    const choice = this.#inputs.of(run.run_id);
    if (parts?.input != null) current.fixture = await fixtureOfInput(entry.root, run.tasklet, parts.input);
    else if (choice?.kind === 'fixture') current.fixture = choice.name;
    if (current !== this.#current || current.fixture === undefined) return;
    this.#sendHead();
    this.#sendInput(current);
  }

  #endJob(job: RunJob): void {
    if (this.#job !== job) return;
    this.#job = undefined;
    // Without a new run the panel returns to the run that it showed before.
    this.#sendAll();
  }

  #head(current: Current): ReturnType<typeof runHead> {
    const { session, shown, fixture, notice, profile } = current;
    const newer = this.#newer?.entry.run;
    return runHead(shown, {
      isPinned: this.#isPinned,
      fixture,
      notice,
      isStopped: session !== null && isStopped(session, shown.entry),
      hasProfile: profile !== undefined,
      newer: newer === undefined ? '' : vscode.l10n.t('A newer run of {0}: {1}.', newer.tasklet, runWord(newer.state)),
    });
  }

  #sendHead(): void {
    if (this.#job !== undefined) {
      this.#post({ kind: 'head', head: this.#job.head() });
      return;
    }
    const current = this.#current;
    if (this.#view !== undefined) this.#view.description = current?.shown.run.tasklet ?? '';
    this.#post({ kind: 'head', head: current === undefined ? null : this.#head(current) });
  }

  #sendAll(): void {
    this.#sendHead();
    const current = this.#current;
    if (current === undefined || this.#job !== undefined) return;
    current.logSent = 0;
    this.#sendLog();
    if (current.shown.parts !== null) this.#sendParts(current);
    if (current.profile !== undefined) {
      this.#post({ kind: 'profile', runId: current.shown.run.run_id, profile: current.profile });
    }
  }

  #sendLog(): void {
    clearTimeout(this.#logTimer);
    this.#logTimer = undefined;
    const current = this.#current;
    if (current === undefined) return;
    const { log, run } = current.shown;
    const text = log.slice(current.logSent);
    current.logSent = log.length;
    if (text !== '') this.#post({ kind: 'log', runId: run.run_id, text, isWhole: false });
  }

  #sendParts(current: Current): void {
    const { run, parts, log } = current.shown;
    if (parts === null) return;
    const runId = run.run_id;
    if (parts.output !== null) this.#post({ kind: 'output', runId, output: outputShown(parts.output) });
    this.#post({ kind: 'log', runId, text: log, isWhole: true });
    this.#sendInput(current);
  }

  #sendInput(current: Current): void {
    const { run } = current.shown;
    this.#post({ kind: 'input', runId: run.run_id, input: currentInput(current, this.#inputs.of(run.run_id)) });
  }

  #receive(message: FromPage): void {
    if (message.kind === 'ready') {
      this.#isReady = true;
      this.#post({ kind: 'words', words: panelWords() });
      this.#sendAll();
      return;
    }
    if (message.kind === 'action' && message.action === 'cancel' && this.#job !== undefined) {
      this.#job.cancel();
      return;
    }
    if (message.kind === 'action' && (message.action === 'pin' || message.action === 'unpin')) {
      this.setPinned(message.action === 'pin');
      return;
    }
    if (message.kind === 'showNewer') {
      const newer = this.#newer;
      if (newer !== undefined) void this.open(newer.session, newer.entry);
      return;
    }
    const current = this.#current;
    if (current === undefined) return;
    if (!current.session) {
      this.#actOnFile(current.shown, message).catch((error) => showError(this.#grafos.log, error));
      return;
    }
    if (message.kind === 'action' && message.action === 'showInSource') {
      const { session, shown, profile } = current;
      if (profile === undefined) return;
      showFuelInSource(session.root, shown.run.tasklet, profile).catch((error) => showError(this.#grafos.log, error));
      return;
    }
    actOnPanel(current.session, current.shown, message).catch((error) => showError(this.#grafos.log, error));
  }

  #actOnFile(shown: FileRun, message: FromPage): Promise<void> {
    const { run_id } = shown.run;
    return actOnFileRun(shown, message, {
      packageFolder: this.#grafos.context.extensionPath,
      notice: (text) => {
        if (this.#current?.shown !== shown) return;
        this.#current.notice = text;
        this.#sendHead();
        this.#post({ kind: 'announce', text });
      },
      profile: (profile) => {
        if (this.#current?.shown === shown) this.showProfile(run_id, profile);
      },
    });
  }

  #post(message: ToPage): void {
    if (this.#isReady) void this.#view?.webview.postMessage(message);
  }

  async #reveal(): Promise<void> {
    if (this.#view !== undefined) this.#view.show(true);
    else await vscode.commands.executeCommand(`${VIEWS.run}.focus`, { preserveFocus: true });
  }

  /** @param nextId id of the run that is shown next */
  #leave(nextId?: string): void {
    // The page keeps the parts of a run by its id, also those that its file does not have.
    if (this.#current?.shown.run.run_id === nextId && nextId !== undefined) this.#post({ kind: 'head', head: null });
    for (const one of this.#current?.subscriptions ?? []) one.dispose();
    this.#current = undefined;
  }

  #remember(): void {
    const current = this.#current;
    if (current === undefined) return;
    const isPinned = this.#isPinned;
    if (!current.session) {
      void this.#memory.keep({ file: current.shown.file, isPinned });
      return;
    }
    const { root, provider, cell } = current.shown.entry;
    void this.#memory.keep({ root, provider, cell, run: current.shown.run, isPinned });
  }

  /** Shows the run that was shown before the window was reloaded. */
  async #restore(): Promise<void> {
    const { programs } = this.#grafos;
    const kept = await this.#memory.read();
    await programs.found;
    if (kept !== undefined && 'file' in kept) {
      const shown = await this.#openFile(kept.file);
      if (this.#current !== undefined) return;
      this.#isPinned = kept.isPinned;
      this.#showFile(shown);
      return;
    }
    const session = kept === undefined ? undefined : programs.byRoot(kept.root);
    if (kept === undefined || session === undefined || this.#current !== undefined) return;
    const { root, provider, cell, run } = kept;
    this.#isPinned = kept.isPinned;
    this.#show(session, session.runs.find(run.run_id) ?? { root, provider, cell, run }, '');
  }
}
