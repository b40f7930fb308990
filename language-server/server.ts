/**
 * The connection of the language server. Every answer is made from facts that are known already;
 * nothing here waits for a compiler.
 */
import {
  type Connection,
  DidChangeWatchedFilesNotification,
  type InitializeResult,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node';
import { onStateNotice } from '../toolchain/stack/stateNotices.ts';
import { addBuildHandlers } from './handlers/buildHandlers.ts';
import { addFileHandlers } from './handlers/fileHandlers.ts';
import { addManifestHandlers } from './handlers/manifestHandlers.ts';
import { addSourceHandlers } from './handlers/sourceHandlers.ts';
import { OpenTexts } from './openTexts.ts';
import { FIX_ALL } from './quickFixes.ts';
import { Session } from './session.ts';

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

/** @param threadUrl the module to start as the checking thread */
export function serve(connection: Connection, threadUrl: URL): void {
  const log = (text: string) => connection.console.error(text);
  const open = new OpenTexts();
  connection.onInitialize((params): InitializeResult => {
    const session = new Session({ connection, open, threadUrl, log }, params);
    // The handlers are added here, so that each of them has a session.
    addFileHandlers(session);
    addManifestHandlers(session);
    addSourceHandlers(session);
    addBuildHandlers(session);
    connection.onInitialized(() => watchFiles(session));
    connection.onShutdown(() => session.dispose());
    return { serverInfo: { name: 'grafos' }, capabilities: capabilitiesOf(session) };
  });
  onStateNotice(({ text }) => log(text));
  connection.listen();
}

function capabilitiesOf({ options }: Session): InitializeResult['capabilities'] {
  return {
    positionEncoding: 'utf-16',
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: { includeText: false } },
    completionProvider: { triggerCharacters: ['[', '=', '"'] },
    hoverProvider: true,
    definitionProvider: true,
    documentLinkProvider: {},
    documentSymbolProvider: true,
    renameProvider: { prepareProvider: true },
    codeActionProvider: { codeActionKinds: ['quickfix', FIX_ALL] },
    ...(options.commands ? { codeLensProvider: {} } : {}),
    ...(options.fuel ? { inlayHintProvider: true } : {}),
  };
}

async function watchFiles({ connection, watches, log }: Session): Promise<void> {
  if (!watches) return;
  const watchers = WATCHED.map((globPattern) => ({ globPattern }));
  try {
    await connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log(`Changes outside the editor are not seen: the client does not watch files (${why}).`);
  }
}
