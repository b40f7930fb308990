import { compileSaved } from '../compileSaved.ts';
import { FUEL_CHANGED } from '../customMessages.ts';
import { pathOfUri } from '../filePaths.ts';
import { send } from '../send.ts';
import type { Session } from '../session.ts';

/** Follows the documents and files that programs are made of. */
export function addFileHandlers(session: Session): void {
  const { connection, open, log } = session;
  const { documents } = open;
  let isWarm = false;
  const justOpened = new Set<string>();
  documents.onDidOpen(({ document }) => {
    justOpened.add(document.uri);
    open.opened(document.uri);
    withPath(document.uri, (path) => session.checker.opened(path));
  });
  documents.onDidChangeContent(({ document }) => {
    // The first content is reported right after the opening, which has dealt with it.
    if (justOpened.delete(document.uri)) return;
    withPath(document.uri, (path) => session.checker.changed(path));
    if (!session.options.builds || isWarm) return;
    // A build often follows an edit.
    isWarm = true;
    session.ahead.warm();
  });
  documents.onDidSave(({ document }) =>
    withPath(document.uri, (path) => {
      session.checker.saved(path);
      if (session.options.builds) compileSaved(session.ahead, session.checker.programOf(path), path);
    }),
  );
  documents.onDidClose(({ document }) => {
    open.closed(document.uri);
    withPath(document.uri, (path) => session.checker.closed(path));
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    const paths = changes.flatMap(({ uri }) => pathOfUri(uri) ?? []);
    const isProfile = (path: string) => /[\\/]\.grafos[\\/]profiles[\\/]/.test(path);
    session.checker.filesChanged(paths.filter((path) => !isProfile(path)));
    if (session.options.fuel && paths.some((path) => isProfile(path) || path.endsWith('.wasm'))) {
      if (session.refreshesHints) send(connection.languages.inlayHint.refresh(), log);
      send(connection.sendNotification(FUEL_CHANGED), log);
    }
  });
  // Programs are found by their documents, so folders that come and go need no handler. A client
  // may ask for one all the same.
  connection.onDidChangeConfiguration(() => {});
  documents.listen(connection);
}

function withPath(uri: string, act: (path: string) => void): void {
  const path = pathOfUri(uri);
  if (path !== null) act(path);
}
