import { join } from 'node:path';
import { STATE_NAME, StateFolder } from '../../base/files/stateFolder.ts';
import { rustSource } from '../../program/rustSource.ts';
import type { FindingEdit } from '../../toolchain/validate/finding.ts';
import { codeLenses } from '../codeLenses.ts';
import { pathOfUri } from '../filePaths.ts';
import { manifestHover } from '../manifestHover.ts';
import { FIX_ALL, fixAll, quickFixes, workspaceEdit } from '../quickFixes.ts';
import type { Session } from '../session.ts';
import { standardHover } from '../standardHover.ts';
import { unlessCancelled } from '../unlessCancelled.ts';

/** Answers with hovers, fixes and lenses for the sources of tasklets and their manifest. */
export function addSourceHandlers(session: Session): void {
  const { connection } = session;
  connection.onHover(
    unlessCancelled(({ textDocument, position }) => {
      const manifest = session.manifestOf(textDocument.uri);
      if (manifest !== null) return manifestHover(manifest.parsed, position);
      const source = session.sourceOf(textDocument.uri);
      if (source === null || !source.tasklets.some(({ kind }) => kind === 'assemblyscript')) return null;
      // The client would show two hovers with the same words.
      if (session.options.typeScriptHovers && hasEditorTypes(source.program.root)) return null;
      return standardHover(source.text, position);
    }),
  );

  connection.onCodeAction(
    unlessCancelled(({ textDocument, range, context }) => {
      const path = pathOfUri(textDocument.uri);
      const program = path === null ? undefined : session.checker.programOf(path);
      if (path === null || program === undefined) return [];
      const { versionedEdits } = session;
      const edit = (edits: readonly FindingEdit[]) =>
        workspaceEdit(edits, (file) => session.documentOf(file), versionedEdits);
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
      const source = session.sourceOf(textDocument.uri);
      if (source === null) return [];
      const own = source.tasklets.filter((one) => {
        const file = join(source.program.root, one.source);
        return source.path === (one.kind === 'rust' ? join(source.program.root, rustSource(one.source).entry) : file);
      });
      return codeLenses(source.program.root, own, source.text);
    }),
  );
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
