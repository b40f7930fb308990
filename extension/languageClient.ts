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
  const disposables: vscode.Disposable[] = [];
  const status = vscode.languages.createLanguageStatusItem('grafos.languageServer', SELECTOR);
  status.name = vscode.l10n.t('grafOS');
  disposables.push(status);
  const checks = vscode.l10n.t('Checks the manifest and the tasklets of this program.');
  let client: LanguageClient | null = null;
  let heat: FuelHeat | null = null;
  /** Starts and stops follow one another; they never overlap. */
  let queue: Promise<void> = Promise.resolve();
  let wanted = false;
  let disposed = false;
  const server = new ServerProcess(context.asAbsolutePath('dist/language-server/main.js'));
  const ends: number[] = [];

  const show = (text: string, severity: vscode.LanguageStatusSeverity, detail = checks) => {
    status.text = text;
    status.detail = detail;
    status.severity = severity;
    status.busy = false;
    if (severity === vscode.LanguageStatusSeverity.Information)
      status.command = { title: vscode.l10n.t('Restart Language Server'), command: COMMANDS.languageRestart };
    else status.command = { title: vscode.l10n.t('Show Logs'), command: COMMANDS.stackLogs };
  };
  show(vscode.l10n.t('grafOS'), vscode.LanguageStatusSeverity.Information);

  const closed = async (): Promise<CloseHandlerResult> => {
    const cause = await server.cause();
    log.warn(`The language server ended: ${cause}`);
    // The next one does not know what this one published; a finding that was mended in between
    // would stay.
    client?.diagnostics?.clear();
    const now = Date.now();
    ends.push(now);
    while ((ends[0] ?? now) < now - ENDS_WITHIN_MS) ends.shift();
    if (ends.length < ENDS_MAX) {
      const what = vscode.l10n.t('The language server was started again: {0}', cause);
      show(vscode.l10n.t('grafOS'), vscode.LanguageStatusSeverity.Information, what);
      return { action: CloseAction.Restart, handled: true };
    }
    ends.length = 0;
    show(vscode.l10n.t('grafOS: no checks'), vscode.LanguageStatusSeverity.Error, cause);
    run(askToRestart(cause));
    return { action: CloseAction.DoNotRestart, handled: true };
  };

  const askToRestart = async (cause: string) => {
    const again = vscode.l10n.t('Start Again');
    const text = vscode.l10n.t('The grafOS language server ended {0} times: {1}', ENDS_MAX, cause);
    if ((await notice('error', text, [again])) === again) restart();
  };

  const create = () =>
    new LanguageClient('grafos', 'grafOS', () => server.start(), {
      documentSelector: SELECTOR,
      outputChannel: log,
      traceOutputChannel: log,
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
      errorHandler: { error: () => ({ action: ErrorAction.Continue, handled: true }), closed },
    });

  const start = async () => {
    if (disposed || client !== null) return;
    const made = create();
    client = made;
    made.onNotification(CHECKING, ({ busy }: { busy: boolean }) => {
      status.busy = busy;
    });
    try {
      await made.start();
      if (vscode.workspace.getConfiguration().get<boolean>(SETTINGS.profileInSource, false)) {
        heat = new FuelHeat((uri) => made.sendRequest<LineShare[]>(FUEL_LINES, { uri }));
        made.onNotification(FUEL_CHANGED, () => heat?.draw());
      }
      if (status.severity !== vscode.LanguageStatusSeverity.Information)
        show(vscode.l10n.t('grafOS'), vscode.LanguageStatusSeverity.Information);
    } catch (error) {
      const cause = server.lastWords() || messageOf(error);
      log.error(`The language server did not start: ${cause}`);
      show(vscode.l10n.t('grafOS: no checks'), vscode.LanguageStatusSeverity.Error, cause);
    }
  };
  const stop = async () => {
    const old = client;
    client = null;
    heat?.dispose();
    heat = null;
    // A client that failed to start, or whose server is gone, has nothing to stop.
    await old?.dispose().catch((error: unknown) => log.debug(`Stopping the language server: ${messageOf(error)}`));
    await server.end();
  };
  const run = (work: Promise<unknown>) => {
    work.catch((error: unknown) => log.error(messageOf(error)));
  };
  const next = (work: () => Promise<void>) => {
    queue = queue.then(work).catch((error: unknown) => log.error(messageOf(error)));
  };
  const restart = () => {
    ends.length = 0;
    if (wanted) {
      next(stop);
      next(start);
    }
  };
  const consider = (document: vscode.TextDocument) => {
    if (wanted || !isRelevant(document)) return;
    wanted = true;
    next(start);
  };

  disposables.push(
    vscode.workspace.onDidOpenTextDocument(consider),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const those = [SETTINGS.validateOnType, SETTINGS.profileInSource, SETTINGS.codeLens];
      if (those.some((one) => event.affectsConfiguration(one))) restart();
    }),
  );
  // After activation: looking for manifests reads the disk.
  const soon = setImmediate(() => vscode.workspace.textDocuments.forEach(consider));

  const end = async () => {
    if (disposed) return queue;
    disposed = true;
    clearImmediate(soon);
    for (const one of disposables) one.dispose();
    next(stop);
    return queue;
  };
  const build = async (program: string, tasklet: string, signal: AbortSignal): Promise<BuildAnswer | null> => {
    if (!wanted) {
      wanted = true;
      next(start);
    }
    await queue;
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
      if (!signal.aborted) log.warn(`The language server did not build ${tasklet}: ${messageOf(error)}`);
      return null;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      cancel.dispose();
    }
  };
  return { restart, stop: end, build, dispose: () => run(end()) };
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
