import { type ChildProcess, fork } from 'node:child_process';
import { basename, dirname, extname } from 'node:path';
import * as vscode from 'vscode';
import {
  CloseAction,
  type CloseHandlerResult,
  ErrorAction,
  IPCMessageReader,
  IPCMessageWriter,
  LanguageClient,
  type MessageTransports,
  RevealOutputChannelOn,
} from 'vscode-languageclient/node';
import { findProgram, MANIFEST_NAME } from '../program/loadProgram.ts';
import { SERVER_FLAGS } from '../toolchain/language/serverFlags.ts';
import { notice } from './dialogs/notice.ts';
import { FuelHeat, type LineShare } from './fuelHeat.ts';
import { COMMANDS, SETTINGS } from './ids.ts';
import type { BuildAnswer } from './tasklets/warmBuilder.ts';

/** A language server at work; `stop` resolves when its process has ended. */
export interface RunningLanguageClient extends vscode.Disposable {
  /**
   * Ends the server and starts it again, also when it crashed too often to be started by itself.
   */
  restart(): void;
  stop(): Promise<void>;
  /**
   * Asks the server to build a tasklet; a server that does not run is started first.
   *
   * @returns null where the server did not start, ended meanwhile, or gave no answer in time
   */
  build(program: string, tasklet: string, signal: AbortSignal): Promise<BuildAnswer | null>;
}

const SELECTOR = [
  { scheme: 'file', pattern: `**/${MANIFEST_NAME}` },
  { scheme: 'file', language: 'typescript', pattern: '**/*.ts' },
  { scheme: 'file', pattern: '**/*.rs' },
  { scheme: 'file', pattern: '**/*.wat' },
];
const SOURCES = new Set(['.ts', '.rs', '.wat']);

/** A server that ends this often within the time is not started again by itself. */
const ENDS_MAX = 5;
const ENDS_WITHIN_MS = 180_000;
const STDERR_KEPT = 4096;
const LAST_WORDS_MS = 200;

/** Those of language-server/customMessages.ts. */
const CHECKING = 'grafos/checking';
const FUEL_LINES = 'grafos/fuelLines';
const FUEL_CHANGED = 'grafos/fuelChanged';
const BUILD = 'grafos/build';

/** The longest wait for a build, milliseconds. The server itself ends a build after 60 s. */
const BUILD_ANSWER_MS = 90_000;

/**
 * Starts the language server with the first document that it has something to say of, as a process
 * of its own.
 *
 * When it ends by itself the reason is written to the log and shown by the language status item,
 * and it is started again; after five times in three minutes a person is asked.
 */
export function startLanguageClient(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
): RunningLanguageClient {
  return new Client(context.asAbsolutePath('dist/language-server/main.js'), log);
}

class Client implements RunningLanguageClient {
  readonly #log: vscode.LogOutputChannel;
  readonly #status: ServerStatus;
  readonly #server: ServerProcess;
  readonly #disposables: vscode.Disposable[];
  readonly #soon: NodeJS.Immediate;
  #client: LanguageClient | null = null;
  #heat: FuelHeat | null = null;
  /** Starts and stops follow one another; they never overlap. */
  #queue: Promise<void> = Promise.resolve();
  #isWanted = false;
  #isDisposed = false;
  readonly #ends: number[] = [];

  constructor(module: string, log: vscode.LogOutputChannel) {
    this.#log = log;
    this.#server = new ServerProcess(module);
    this.#status = new ServerStatus();
    this.#disposables = [
      this.#status,
      vscode.workspace.onDidOpenTextDocument((document) => this.#consider(document)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.restart()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        const settings = [SETTINGS.validateOnType, SETTINGS.profileInSource, SETTINGS.codeLens];
        if (settings.some((setting) => event.affectsConfiguration(setting))) this.restart();
      }),
    ];
    // After activation: looking for manifests reads the disk.
    this.#soon = setImmediate(() => {
      for (const document of vscode.workspace.textDocuments) this.#consider(document);
    });
  }

  restart(): void {
    this.#ends.length = 0;
    if (!this.#isWanted) return;
    this.#next(() => this.#stop());
    this.#next(() => this.#start());
  }

  stop(): Promise<void> {
    if (this.#isDisposed) return this.#queue;
    this.#isDisposed = true;
    clearImmediate(this.#soon);
    for (const one of this.#disposables) one.dispose();
    this.#next(() => this.#stop());
    return this.#queue;
  }

  dispose(): void {
    this.#run(this.stop());
  }

  async build(program: string, tasklet: string, signal: AbortSignal): Promise<BuildAnswer | null> {
    this.#want();
    await this.#queue;
    const client = this.#client;
    if (client === null || !client.isRunning() || signal.aborted) return null;
    const cancel = new vscode.CancellationTokenSource();
    const abort = () => cancel.cancel();
    signal.addEventListener('abort', abort, { once: true });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => {
        cancel.cancel();
        resolve(null);
      }, BUILD_ANSWER_MS);
    });
    try {
      return await Promise.race([client.sendRequest<BuildAnswer>(BUILD, { program, tasklet }, cancel.token), late]);
    } catch (error) {
      if (!signal.aborted) this.#log.warn(`The language server did not build ${tasklet}: ${messageOf(error)}`);
      return null;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      cancel.dispose();
    }
  }

  #consider(document: vscode.TextDocument): void {
    if (!this.#isWanted && isRelevant(document)) this.#want();
  }

  #want(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#next(() => this.#start());
  }

  #next(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(work).catch((error: unknown) => this.#log.error(messageOf(error)));
  }

  #run(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#log.error(messageOf(error)));
  }

  async #start(): Promise<void> {
    if (this.#isDisposed || this.#client !== null) return;
    const made = this.#create();
    this.#client = made;
    made.onNotification(CHECKING, ({ busy }: { busy: boolean }) => this.#status.setBusy(busy));
    try {
      await made.start();
      if (vscode.workspace.getConfiguration().get<boolean>(SETTINGS.profileInSource, false)) {
        this.#heat = new FuelHeat((uri) => made.sendRequest<LineShare[]>(FUEL_LINES, { uri }));
        made.onNotification(FUEL_CHANGED, () => this.#heat?.draw());
      }
      if (this.#status.isFaulty) this.#status.showWell();
    } catch (error) {
      const cause = this.#server.lastWords() || messageOf(error);
      this.#log.error(`The language server did not start: ${cause}`);
      this.#status.showFault(cause);
    }
  }

  async #stop(): Promise<void> {
    const old = this.#client;
    this.#client = null;
    this.#heat?.dispose();
    this.#heat = null;
    // A client that failed to start, or whose server is gone, has nothing to stop.
    const ignored = (error: unknown) => this.#log.debug(`Stopping the language server: ${messageOf(error)}`);
    await old?.dispose().catch(ignored);
    await this.#server.end();
  }

  #create(): LanguageClient {
    return new LanguageClient('grafos', 'grafOS', () => this.#server.start(), {
      documentSelector: SELECTOR,
      outputChannel: this.#log,
      traceOutputChannel: this.#log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: () => ({
        commands: true,
        typeScriptHovers: true,
        checking: true,
        cargoCheck: vscode.workspace.isTrusted,
        builds: vscode.workspace.isTrusted,
        validateOnType: vscode.workspace.getConfiguration().get<boolean>(SETTINGS.validateOnType, true),
        fuel: vscode.workspace.getConfiguration().get<boolean>(SETTINGS.profileInSource, false),
      }),
      middleware: {
        provideCodeLenses: (document, token, next) =>
          vscode.workspace.getConfiguration(undefined, document).get<boolean>(SETTINGS.codeLens, true)
            ? next(document, token)
            : [],
      },
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => this.#closed(),
      },
    });
  }

  async #closed(): Promise<CloseHandlerResult> {
    const cause = await this.#server.cause();
    this.#log.warn(`The language server ended: ${cause}`);
    // The next one does not know what this one published; a finding that was mended in between
    // would stay.
    this.#client?.diagnostics?.clear();
    const now = Date.now();
    this.#ends.push(now);
    while ((this.#ends[0] ?? now) < now - ENDS_WITHIN_MS) this.#ends.shift();
    if (this.#ends.length < ENDS_MAX) {
      this.#status.showWell(vscode.l10n.t('The language server was started again: {0}', cause));
      return { action: CloseAction.Restart, handled: true };
    }
    this.#ends.length = 0;
    this.#status.showFault(cause);
    this.#run(this.#askToRestart(cause));
    return { action: CloseAction.DoNotRestart, handled: true };
  }

  async #askToRestart(cause: string): Promise<void> {
    const restart = vscode.l10n.t('Start Again');
    const text = vscode.l10n.t('The grafOS language server ended {0} times: {1}', ENDS_MAX, cause);
    if ((await notice('error', text, [restart])) === restart) this.restart();
  }
}

/** The language status item. */
class ServerStatus {
  readonly #item = vscode.languages.createLanguageStatusItem('grafos.languageServer', SELECTOR);

  constructor() {
    this.#item.name = vscode.l10n.t('grafOS');
    this.showWell();
  }

  get isFaulty(): boolean {
    return this.#item.severity !== vscode.LanguageStatusSeverity.Information;
  }

  setBusy(busy: boolean): void {
    this.#item.busy = busy;
  }

  showWell(detail = vscode.l10n.t('Checks the manifest and the tasklets of this program.')): void {
    const command = { title: vscode.l10n.t('Restart Language Server'), command: COMMANDS.languageRestart };
    this.#show(vscode.l10n.t('grafOS'), detail, vscode.LanguageStatusSeverity.Information, command);
  }

  showFault(cause: string): void {
    const command = { title: vscode.l10n.t('Show Logs'), command: COMMANDS.stackLogs };
    this.#show(vscode.l10n.t('grafOS: no checks'), cause, vscode.LanguageStatusSeverity.Error, command);
  }

  dispose(): void {
    this.#item.dispose();
  }

  #show(text: string, detail: string, severity: vscode.LanguageStatusSeverity, command: vscode.Command): void {
    Object.assign(this.#item, { text, detail, severity, command, busy: false });
  }
}

function isRelevant({ uri }: vscode.TextDocument): boolean {
  if (uri.scheme !== 'file') return false;
  if (basename(uri.fsPath) === MANIFEST_NAME) return true;
  return SOURCES.has(extname(uri.fsPath)) && findProgram(dirname(uri.fsPath)) !== null;
}

/** The process of the server, and what it said last. */
class ServerProcess {
  readonly #module: string;
  #child: ChildProcess | null = null;
  #ended: Promise<string> = Promise.resolve('');
  #stderr = '';

  constructor(module: string) {
    this.#module = module;
  }

  async start(): Promise<MessageTransports> {
    await this.end();
    this.#stderr = '';
    const child = fork(this.#module, ['--node-ipc'], {
      silent: true,
      execArgv: [...SERVER_FLAGS],
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    child.stdout?.resume();
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(messageOf(error)));
      child.once('exit', (code, signal) => {
        const how = signal === null ? `exit code ${code}` : `ended by ${signal}`;
        // Its last words come with 'close', which Node does not emit after our own disconnect.
        const late = setTimeout(() => resolve(how), LAST_WORDS_MS);
        child.once('close', () => {
          clearTimeout(late);
          resolve(how);
        });
      });
    });
    return { reader: new IPCMessageReader(child), writer: new IPCMessageWriter(child) };
  }

  /** Why it ended: its exit, and the last line it wrote. */
  async cause(): Promise<string> {
    await this.end();
    const how = await this.#ended;
    const words = this.lastWords();
    return words === '' ? how : `${how}: ${words}`;
  }

  lastWords(): string {
    const lines = this.#stderr.trim().split('\n');
    return lines.findLast((line) => /^\w*Error\b/.test(line.trim()))?.trim() ?? lines.at(-1)?.trim() ?? '';
  }

  /** Ends it when it still runs, and waits for that. The server leaves when its channel closes. */
  async end(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
    await this.#ended;
    clearTimeout(timer);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
