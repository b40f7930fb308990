/** The facts of one client, and what the server knows of its documents and programs. */
import type { Connection, InitializeParams } from 'vscode-languageserver/node';
import { PROGRAM_LIMITS } from '../program/programLimits.ts';
import { startBoundedThread } from '../toolchain/bounded/boundedThread.ts';
import { CompileAhead } from '../toolchain/bounded/compileAhead.ts';
import type { Finding } from '../toolchain/validate/finding.ts';
import { CargoChecks } from './cargoChecks.ts';
import { Checker } from './checker.ts';
import type { CheckAnswer } from './checkMessages.ts';
import { CheckQueue, type StartWorker } from './checkQueue.ts';
import { CHECKING, type CheckingParams, readServerOptions } from './customMessages.ts';
import { pathOfUri } from './filePaths.ts';
import { lspDiagnostic } from './lspDiagnostic.ts';
import type { OpenTexts } from './openTexts.ts';
import type { ProgramState } from './programState.ts';
import { send } from './send.ts';

/**
 * Findings on a module that is missing or stale. A client with the commands builds before each run,
 * so the findings would be wrong there.
 */
const BUILT_BEFORE_RUN = new Set(['GRF3001', 'GRF3002']);

export interface SessionParts {
  connection: Connection;
  open: OpenTexts;
  /** The module to start as the checking thread. */
  threadUrl: URL;
  log: (text: string) => void;
}

export class Session {
  readonly connection: Connection;
  readonly open: OpenTexts;
  readonly log: (text: string) => void;
  readonly options: ReturnType<typeof readServerOptions>;
  readonly checker: Checker;
  /** Compiles what was saved before a run asks for it. */
  readonly ahead: CompileAhead;
  readonly snippets: boolean;
  readonly versionedEdits: boolean;
  /** The client accepts a notice that inlay hints changed. */
  readonly refreshesHints: boolean;
  /** The client can be asked to watch files. */
  readonly watches: boolean;
  readonly #queue: CheckQueue;
  readonly #cargo: CargoChecks;
  readonly #busy: ReturnType<typeof createBusyReport>;
  /** The last text that was sent for each document, by URI. */
  readonly #published = new Map<string, string>();

  constructor({ connection, open, threadUrl, log }: SessionParts, params: InitializeParams) {
    const { capabilities, initializationOptions } = params;
    this.connection = connection;
    this.open = open;
    this.log = log;
    this.options = readServerOptions(initializationOptions);
    this.ahead = new CompileAhead(log);
    this.snippets = capabilities.textDocument?.completion?.completionItem?.snippetSupport ?? false;
    this.versionedEdits = capabilities.workspace?.workspaceEdit?.documentChanges ?? false;
    this.refreshesHints = capabilities.workspace?.inlayHint?.refreshSupport ?? false;
    this.watches = capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration ?? false;
    this.#busy = createBusyReport((busy) => {
      if (!this.options.checking) return;
      send(connection.sendNotification(CHECKING, { busy } satisfies CheckingParams), log);
    });
    this.#queue = new CheckQueue({ start: startThread(threadUrl), log, onBusy: this.#busy.set });
    this.#cargo = new CargoChecks({ publish: (program: ProgramState) => this.checker.publish(program), log });
    this.checker = new Checker({
      open,
      queue: this.#queue,
      onType: this.options.validateOnType,
      publish: (file, findings) => this.#publish(file, findings),
      rustSaved: (program, tasklet) => {
        if (this.options.cargoCheck) send(this.#cargo.check(program, tasklet), log);
      },
    });
    this.#queue.warm();
  }

  /** An open manifest that could be read. */
  manifestOf(uri: string) {
    const path = pathOfUri(uri);
    const program = path === null ? undefined : this.checker.programOf(path);
    if (program === undefined || program.manifestPath !== path || program.parsed === null) return null;
    return { program, root: program.root, parsed: program.parsed };
  }

  /** An open document that a tasklet is made from. */
  sourceOf(uri: string) {
    const path = pathOfUri(uri);
    const program = path === null ? undefined : this.checker.programOf(path);
    const text = path === null ? undefined : this.open.at(path)?.getText();
    if (path === null || program === undefined || text === undefined || text.length > PROGRAM_LIMITS.checkedSource)
      return null;
    const tasklets = program.tasklets().filter((one) => program.isSource(one, path));
    return tasklets.length === 0 ? null : { path, program, text, tasklets };
  }

  documentOf(file: string): { uri: string; version: number | null } {
    return { uri: this.open.uriOf(file), version: this.open.at(file)?.version ?? null };
  }

  dispose(): void {
    this.#busy.dispose();
    this.checker.dispose();
    this.#queue.dispose();
    this.#cargo.dispose();
  }

  #publish(file: string, findings: Finding[]): void {
    const document = this.open.at(file);
    const params = {
      uri: this.open.uriOf(file),
      ...(document === undefined ? {} : { version: document.version }),
      diagnostics: findings
        .filter(({ code }) => !(this.options.commands && BUILT_BEFORE_RUN.has(code)))
        .map(lspDiagnostic),
    };
    const text = JSON.stringify(params);
    if (this.#published.get(params.uri) === text) return;
    if (document === undefined && findings.length === 0) this.#published.delete(params.uri);
    else this.#published.set(params.uri, text);
    send(this.connection.sendDiagnostics(params), this.log);
  }
}

/** Duration from which a check shows its progress, milliseconds. Most checks are shorter. */
const BUSY_MS = 300;

function createBusyReport(report: (busy: boolean) => void): { set(busy: boolean): void; dispose(): void } {
  let isReported = false;
  let timer: NodeJS.Timeout | undefined;
  return {
    set(busy) {
      clearTimeout(timer);
      if (busy && !isReported) {
        timer = setTimeout(() => {
          isReported = true;
          report(true);
        }, BUSY_MS);
      } else if (!busy && isReported) {
        isReported = false;
        report(false);
      }
    },
    dispose: () => clearTimeout(timer),
  };
}

function startThread(url: URL): StartWorker {
  return (on) =>
    startBoundedThread(url, {
      message(answer) {
        on.answer(answer as CheckAnswer);
        return true;
      },
      end: on.end,
    });
}
