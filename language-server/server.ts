/**
 * The connection and the handler of each request. Every answer is made from facts that are known
 * already; nothing here waits for a compiler.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CancellationToken,
  type Connection,
  DidChangeWatchedFilesNotification,
  ErrorCodes,
  type InitializeParams,
  type InitializeResult,
  LSPErrorCodes,
  MessageType,
  ResponseError,
  ShowMessageNotification,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node';
import { STATE_NAME, StateFolder } from '../daemons/protocol/stateFolder.ts';
import { PROGRAM_LIMITS } from '../program/programLimits.ts';
import { rustSource } from '../program/rustSource.ts';
import { startBoundedThread } from '../toolchain/bounded/boundedThread.ts';
import { fuelBounded } from '../toolchain/bounded/fuelBounded.ts';
import { warmBounded } from '../toolchain/bounded/warmBounded.ts';
import type { LineFuel } from '../toolchain/profile/sourceFuel.ts';
import { onStateNotice } from '../toolchain/stack/stateNotices.ts';
import type { Finding, FindingEdit } from '../toolchain/validate/finding.ts';
import { programFiles } from '../toolchain/validate/programFiles.ts';
import { answerBuild } from './answerBuild.ts';
import { CargoChecks } from './cargoChecks.ts';
import { Checker } from './checker.ts';
import type { CheckAnswer } from './checkMessages.ts';
import { CheckQueue, type StartWorker } from './checkQueue.ts';
import { codeLenses } from './codeLenses.ts';
import {
  BUILD,
  type BuildAnswer,
  type BuildParams,
  CHECKING,
  type CheckingParams,
  FUEL_CHANGED,
  FUEL_LINES,
  type FuelLinesParams,
  type FuelLinesResult,
  readServerOptions,
} from './customMessages.ts';
import { pathOfUri } from './filePaths.ts';
import { fuelHints } from './fuelHints.ts';
import { lspDiagnostic } from './lspDiagnostic.ts';
import { manifestCompletion } from './manifestCompletion.ts';
import { manifestHover } from './manifestHover.ts';
import { manifestDefinition, manifestLinks } from './manifestLinks.ts';
import { movedDefaults, renameFault, renamePlace } from './manifestRename.ts';
import { manifestSymbols } from './manifestSymbols.ts';
import { OpenTexts } from './openTexts.ts';
import type { ProgramState } from './programState.ts';
import { FIX_ALL, fixAll, quickFixes, workspaceEdit } from './quickFixes.ts';
import { sourceCandidates } from './sourceCandidates.ts';
import { standardHover } from './standardHover.ts';

/**
 * Files that the server watches besides the open documents: manifests, sources, outputs of builds,
 * cases, and the state of the stack and the clouds.
 */
export const WATCHED = [
  '**/grafos.toml',
  '**/*.{ts,rs,wat,wasm}',
  '**/Cargo.toml',
  '**/*.{input.json,input.bin,expected.json}',
  '**/.grafos/dev/dev.json',
  '**/.grafos/cloud/*-cells.json',
  '**/.grafos/profiles/*.json',
];

/**
 * Findings on a module that is missing or stale. A client with the commands builds before each run,
 * so the findings would be wrong there.
 */
const BUILT_BEFORE_RUN = new Set(['GRF3001', 'GRF3002']);

/** @param threadUrl the module to start as the checking thread */
export function serve(connection: Connection, threadUrl: URL): void {
  const open = new OpenTexts();
  const { documents } = open;
  let session: Session | null = null;
  let isWarm = false;
  const log = (text: string) => connection.console.error(text);

  connection.onInitialize((params): InitializeResult => {
    session = startSession(connection, open, params, threadUrl, log);
    return {
      serverInfo: { name: 'grafos' },
      capabilities: {
        positionEncoding: 'utf-16',
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: { includeText: false } },
        completionProvider: { triggerCharacters: ['[', '=', '"'] },
        hoverProvider: true,
        definitionProvider: true,
        documentLinkProvider: {},
        documentSymbolProvider: true,
        renameProvider: { prepareProvider: true },
        codeActionProvider: { codeActionKinds: ['quickfix', FIX_ALL] },
        ...(session.options.commands ? { codeLensProvider: {} } : {}),
        ...(session.options.fuel ? { inlayHintProvider: true } : {}),
      },
    };
  });

  connection.onInitialized(async () => {
    if (!session?.watches) return;
    const watchers = WATCHED.map((globPattern) => ({ globPattern }));
    try {
      await connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
    } catch (error) {
      log(`Changes outside the editor are not seen: the client does not watch files (${messageOf(error)}).`);
    }
  });
  connection.onShutdown(() => session?.dispose());

  const justOpened = new Set<string>();
  documents.onDidOpen(({ document }) => {
    justOpened.add(document.uri);
    open.opened(document.uri);
    withPath(document.uri, (path) => session?.checker.opened(path));
  });
  documents.onDidChangeContent(({ document }) => {
    // The first content is reported right after the opening, which has dealt with it.
    if (justOpened.delete(document.uri)) return;
    withPath(document.uri, (path) => session?.checker.changed(path));
    // A build often follows an edit.
    if (session?.options.builds) warmOnce();
  });
  documents.onDidSave(({ document }) => withPath(document.uri, (path) => session?.checker.saved(path)));
  documents.onDidClose(({ document }) => {
    open.closed(document.uri);
    withPath(document.uri, (path) => session?.checker.closed(path));
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    const paths = changes.flatMap(({ uri }) => pathOfUri(uri) ?? []);
    const isProfile = (path: string) => /[\\/]\.grafos[\\/]profiles[\\/]/.test(path);
    session?.checker.filesChanged(paths.filter((path) => !isProfile(path)));
    if (session?.options.fuel && paths.some((path) => isProfile(path) || path.endsWith('.wasm'))) {
      if (session.refreshesHints) send(connection.languages.inlayHint.refresh(), log);
      send(connection.sendNotification(FUEL_CHANGED), log);
    }
  });
  // Programs are found by their documents, so folders that come and go need no handler. A client
  // may ask for one all the same.
  connection.onDidChangeConfiguration(() => {});

  connection.onCompletion(
    unlessCancelled(({ textDocument, position }) => {
      const manifest = manifestOf(textDocument.uri);
      if (manifest === null || session === null) return [];
      const { root, parsed } = manifest;
      return manifestCompletion({
        parsed,
        position,
        snippets: session.snippets,
        sources: () => sourceCandidates(root),
      });
    }),
  );

  connection.onHover(
    unlessCancelled(({ textDocument, position }) => {
      const manifest = manifestOf(textDocument.uri);
      if (manifest !== null) return manifestHover(manifest.parsed, position);
      const source = sourceOf(textDocument.uri);
      if (source === null || !source.tasklets.some(({ kind }) => kind === 'assemblyscript')) return null;
      // The client would show two hovers with the same words.
      if (session?.options.typeScriptHovers && hasEditorTypes(source.program.root)) return null;
      return standardHover(source.text, position);
    }),
  );

  connection.onDefinition(
    unlessCancelled(({ textDocument, position }) => {
      const manifest = manifestOf(textDocument.uri);
      if (manifest === null) return null;
      return manifestDefinition(manifest.parsed, manifest.root, position, (path) => {
        const read = programFiles(manifest.root, undefined).text(path, 'checkedSource');
        return open.at(path)?.getText() ?? (read.state === 'ok' ? read.text : null);
      });
    }),
  );

  connection.onDocumentLinks(
    unlessCancelled(({ textDocument }) => {
      const manifest = manifestOf(textDocument.uri);
      return manifest === null ? [] : manifestLinks(manifest.parsed, manifest.root);
    }),
  );

  connection.onDocumentSymbol(
    unlessCancelled(({ textDocument }) => {
      const manifest = manifestOf(textDocument.uri);
      return manifest === null ? [] : manifestSymbols(manifest.parsed);
    }),
  );

  connection.onPrepareRename(
    unlessCancelled(({ textDocument, position }) => {
      const manifest = manifestOf(textDocument.uri);
      const place = manifest === null ? null : renamePlace(manifest.parsed, position);
      return place === null ? null : { range: place.range, placeholder: place.placeholder };
    }),
  );

  connection.onRenameRequest(
    unlessCancelled(({ textDocument, position, newName }) => {
      const manifest = manifestOf(textDocument.uri);
      const place = manifest === null ? null : renamePlace(manifest.parsed, position);
      if (manifest === null || place === null || session === null) return null;
      const fault = renameFault(manifest.parsed, place.tasklet, newName);
      if (fault !== null) return new ResponseError(LSPErrorCodes.RequestFailed, fault);
      const { program, root } = manifest;
      const left = movedDefaults(place.tasklet, newName).filter(({ from }) => existsSync(join(root, from)));
      if (left.length > 0 && newName !== place.placeholder) {
        const said = left.map(({ key, from, to }) => `${key} is now ${to}, and ${from} stays where it is`).join('; ');
        const message = `Renamed "${place.placeholder}" to "${newName}": ${said}.`;
        // A notification: the request that the library has for it waits for an answer nobody needs.
        send(connection.sendNotification(ShowMessageNotification.type, { type: MessageType.Info, message }), log);
      }
      const edits = [{ file: program.manifestPath, range: place.range, newText: newName }];
      return workspaceEdit(edits, documentOf, session.versionedEdits);
    }),
  );

  connection.onCodeAction(
    unlessCancelled(({ textDocument, range, context }) => {
      const path = pathOfUri(textDocument.uri);
      const program = path === null ? undefined : session?.checker.programOf(path);
      if (path === null || program === undefined || session === null) return [];
      const { versionedEdits } = session;
      const edit = (edits: readonly FindingEdit[]) => workspaceEdit(edits, documentOf, versionedEdits);
      // An editor asks for a kind by its name or by the beginning of it.
      const isAsked = (kind: string) =>
        context.only?.some((asked) => asked === '' || kind === asked || kind.startsWith(`${asked}.`)) === true;
      return [
        ...(context.only === undefined || isAsked('quickfix')
          ? quickFixes(program.fixable(), path, range, context.diagnostics, edit)
          : []),
        ...(isAsked(FIX_ALL) ? fixAll(program.fixable(), path, edit) : []),
      ];
    }),
  );

  connection.onCodeLens(
    unlessCancelled(({ textDocument }) => {
      const source = sourceOf(textDocument.uri);
      if (source === null) return [];
      const own = source.tasklets.filter((one) => {
        const file = join(source.program.root, one.source);
        return source.path === (one.kind === 'rust' ? join(source.program.root, rustSource(one.source).entry) : file);
      });
      return codeLenses(source.program.root, own, source.text);
    }),
  );

  connection.languages.inlayHint.on(
    unlessCancelled(async ({ textDocument, range }) => {
      const fuel = await fuelOf(textDocument.uri);
      return fuel === null ? [] : fuelHints(fuel.lines, fuel.text, range.start.line, range.end.line);
    }),
  );

  connection.onRequest(FUEL_LINES, async ({ uri }: FuelLinesParams): Promise<FuelLinesResult> => {
    return ((await fuelOf(uri))?.lines ?? []).map(({ line, share }) => ({ line: line - 1, share }));
  });

  connection.onRequest<BuildAnswer, void>(
    BUILD,
    async (params: BuildParams, token: CancellationToken): Promise<BuildAnswer> => {
      if (!session?.options.builds) throw new ResponseError(ErrorCodes.MethodNotFound, 'Builds were not asked for.');
      const cancel = new AbortController();
      const listening = token.onCancellationRequested(() => cancel.abort());
      try {
        return await answerBuild(params, cancel.signal);
      } catch (error) {
        if (!cancel.signal.aborted) throw error;
        throw new ResponseError(LSPErrorCodes.RequestCancelled, 'The request was cancelled.');
      } finally {
        listening.dispose();
      }
    },
  );
  onStateNotice(({ text }) => log(text));

  documents.listen(connection);
  connection.listen();

  function warmOnce(): void {
    if (isWarm) return;
    isWarm = true;
    warmBounded().catch((error: unknown) => log(`The compiler could not be loaded: ${messageOf(error)}`));
  }

  /**
   * The fuel of each line of an open source. Null when the text differs from the one on disk,
   * because the lines would not fit.
   */
  async function fuelOf(uri: string): Promise<{ lines: LineFuel[]; text: string } | null> {
    const source = session?.options.fuel ? sourceOf(uri) : null;
    if (source === null || source === undefined) return null;
    const { root } = source.program;
    const saved = programFiles(root, undefined).text(source.path, 'checkedSource');
    if (saved.state !== 'ok' || saved.text !== source.text) return null;
    for (const one of source.tasklets) {
      const lines = await fuelBounded(root, one, source.path);
      if (lines.length > 0) return { lines, text: source.text };
    }
    return { lines: [], text: source.text };
  }

  function withPath(uri: string, act: (path: string) => void): void {
    const path = pathOfUri(uri);
    if (path !== null) act(path);
  }

  function documentOf(file: string): { uri: string; version: number | null } {
    const document = open.at(file);
    return { uri: open.uriOf(file), version: document?.version ?? null };
  }

  function manifestOf(uri: string) {
    const path = pathOfUri(uri);
    const program = path === null ? undefined : session?.checker.programOf(path);
    if (program === undefined || program.manifestPath !== path || program.parsed === null) return null;
    return { program, root: program.root, parsed: program.parsed };
  }

  /** An open document that a tasklet is made from. */
  function sourceOf(uri: string) {
    const path = pathOfUri(uri);
    const program = path === null ? undefined : session?.checker.programOf(path);
    const text = path === null ? undefined : open.at(path)?.getText();
    if (path === null || program === undefined || text === undefined || text.length > PROGRAM_LIMITS.checkedSource)
      return null;
    const tasklets = program.tasklets().filter((one) => program.isSource(one, path));
    return tasklets.length === 0 ? null : { path, program, text, tasklets };
  }
}

/**
 * True for a program with types of grafos-std for TypeScript. A folder that cannot be read has
 * none.
 */
function hasEditorTypes(root: string): boolean {
  try {
    return StateFolder.find(root, STATE_NAME, 'types') !== undefined;
  } catch {
    return false;
  }
}

/** A request that was taken back before its turn came is not worked on. */
function unlessCancelled<Params, Answer>(answer: (params: Params) => Answer) {
  return (params: Params, token: CancellationToken): Answer | ResponseError<void> =>
    token.isCancellationRequested
      ? new ResponseError(LSPErrorCodes.RequestCancelled, 'The request was cancelled.')
      : answer(params);
}

interface Session {
  checker: Checker;
  options: ReturnType<typeof readServerOptions>;
  snippets: boolean;
  versionedEdits: boolean;
  /** The client accepts a notice that inlay hints changed. */
  refreshesHints: boolean;
  /** The client can be asked to watch files. */
  watches: boolean;
  dispose(): void;
}

function startSession(
  connection: Connection,
  open: OpenTexts,
  { capabilities, initializationOptions }: InitializeParams,
  threadUrl: URL,
  log: (text: string) => void,
): Session {
  const options = readServerOptions(initializationOptions);
  const said = new Map<string, string>();
  const tellBusy = busyTeller((busy) => {
    if (options.checking) send(connection.sendNotification(CHECKING, { busy } satisfies CheckingParams), log);
  });
  const queue = new CheckQueue({ start: startThread(threadUrl), log, onBusy: tellBusy.set });
  const cargo = new CargoChecks({ publish: (program: ProgramState) => checker.publish(program), log });
  const checker: Checker = new Checker({
    open,
    queue,
    onType: options.validateOnType,
    publish(file: string, findings: Finding[]) {
      const document = open.at(file);
      const params = {
        uri: open.uriOf(file),
        ...(document === undefined ? {} : { version: document.version }),
        diagnostics: findings
          .filter(({ code }) => !(options.commands && BUILT_BEFORE_RUN.has(code)))
          .map(lspDiagnostic),
      };
      const text = JSON.stringify(params);
      if (said.get(params.uri) === text) return;
      if (document === undefined && findings.length === 0) said.delete(params.uri);
      else said.set(params.uri, text);
      send(connection.sendDiagnostics(params), log);
    },
    rustSaved: (program, tasklet) => {
      if (options.cargoCheck) send(cargo.check(program, tasklet), log);
    },
  });
  queue.warm();
  return {
    checker,
    options,
    snippets: capabilities.textDocument?.completion?.completionItem?.snippetSupport ?? false,
    versionedEdits: capabilities.workspace?.workspaceEdit?.documentChanges ?? false,
    refreshesHints: capabilities.workspace?.inlayHint?.refreshSupport ?? false,
    watches: capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration ?? false,
    dispose() {
      tellBusy.dispose();
      checker.dispose();
      queue.dispose();
      cargo.dispose();
    },
  };
}

/** Duration from which a check shows its progress, milliseconds. Most checks are shorter. */
const BUSY_MS = 300;

function busyTeller(tell: (busy: boolean) => void): { set(busy: boolean): void; dispose(): void } {
  let told = false;
  let timer: NodeJS.Timeout | undefined;
  return {
    set(busy) {
      clearTimeout(timer);
      if (busy && !told) {
        timer = setTimeout(() => {
          told = true;
          tell(true);
        }, BUSY_MS);
      } else if (!busy && told) {
        told = false;
        tell(false);
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

/** A notification may fail only because the client is gone; then nobody is left to tell. */
function send(sent: Promise<unknown>, log: (text: string) => void): void {
  sent.catch((error: unknown) => log(messageOf(error)));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
