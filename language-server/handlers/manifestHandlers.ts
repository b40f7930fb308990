import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  LSPErrorCodes,
  MessageType,
  type RenameParams,
  ResponseError,
  ShowMessageNotification,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { createProgramFiles } from '../../toolchain/validate/programFiles.ts';
import { manifestCompletion } from '../manifestCompletion.ts';
import { manifestDefinition, manifestLinks } from '../manifestLinks.ts';
import { movedDefaults, renameFault, renamePlace } from '../manifestRename.ts';
import { manifestSymbols } from '../manifestSymbols.ts';
import { workspaceEdit } from '../quickFixes.ts';
import { send } from '../send.ts';
import type { Session } from '../session.ts';
import { sourceCandidates } from '../sourceCandidates.ts';
import { unlessCancelled } from '../unlessCancelled.ts';

/** Answers what a client asks of a `grafos.toml`, but for its hovers and fixes. */
export function addManifestHandlers(session: Session): void {
  const { connection } = session;
  connection.onCompletion(
    unlessCancelled(({ textDocument, position }) => {
      const manifest = session.manifestOf(textDocument.uri);
      if (manifest === null) return [];
      const { root, parsed } = manifest;
      return manifestCompletion({
        parsed,
        position,
        snippets: session.snippets,
        sources: () => sourceCandidates(root),
      });
    }),
  );

  connection.onDefinition(
    unlessCancelled(({ textDocument, position }) => {
      const manifest = session.manifestOf(textDocument.uri);
      if (manifest === null) return null;
      return manifestDefinition(manifest.parsed, manifest.root, position, (path) => {
        const read = createProgramFiles(manifest.root, undefined).text(path, 'checkedSource');
        return session.open.at(path)?.getText() ?? (read.state === 'ok' ? read.text : null);
      });
    }),
  );

  connection.onDocumentLinks(
    unlessCancelled(({ textDocument }) => {
      const manifest = session.manifestOf(textDocument.uri);
      return manifest === null ? [] : manifestLinks(manifest.parsed, manifest.root);
    }),
  );

  connection.onDocumentSymbol(
    unlessCancelled(({ textDocument }) => {
      const manifest = session.manifestOf(textDocument.uri);
      return manifest === null ? [] : manifestSymbols(manifest.parsed);
    }),
  );

  connection.onPrepareRename(
    unlessCancelled(({ textDocument, position }) => {
      const manifest = session.manifestOf(textDocument.uri);
      const place = manifest === null ? null : renamePlace(manifest.parsed, position);
      return place === null ? null : { range: place.range, placeholder: place.placeholder };
    }),
  );

  connection.onRenameRequest(unlessCancelled((params) => rename(session, params)));
}

function rename(
  session: Session,
  { textDocument, position, newName }: RenameParams,
): WorkspaceEdit | ResponseError<void> | null {
  const manifest = session.manifestOf(textDocument.uri);
  const place = manifest === null ? null : renamePlace(manifest.parsed, position);
  if (manifest === null || place === null) return null;
  const fault = renameFault(manifest.parsed, place.tasklet, newName);
  if (fault !== null) return new ResponseError(LSPErrorCodes.RequestFailed, fault);
  const { program, root } = manifest;
  const left = movedDefaults(place.tasklet, newName).filter(({ from }) => existsSync(join(root, from)));
  if (left.length > 0 && newName !== place.placeholder) {
    const notes = left.map(({ key, from, to }) => `${key} is now ${to}, and ${from} stays where it is`).join('; ');
    const message = `Renamed "${place.placeholder}" to "${newName}": ${notes}.`;
    // A notification: the request that the library has for it waits for an answer nobody needs.
    send(
      session.connection.sendNotification(ShowMessageNotification.type, { type: MessageType.Info, message }),
      session.log,
    );
  }
  const edits = [{ file: program.manifestPath, range: place.range, newText: newName }];
  return workspaceEdit(edits, (file) => session.documentOf(file), session.versionedEdits);
}
