import {
  type CodeAction,
  CodeActionKind,
  type Diagnostic,
  type Range,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { neutralText } from '../base/text/neutralText.ts';
import type { Finding, FindingEdit } from '../toolchain/validate/finding.ts';
import { lspDiagnostic } from './lspDiagnostic.ts';

/** The fixes of the findings that touch a range of a file. */
export function quickFixes(
  findings: readonly Finding[],
  file: string,
  range: Range,
  asked: readonly Diagnostic[],
  edit: (edits: readonly FindingEdit[]) => WorkspaceEdit,
): CodeAction[] {
  return findings.flatMap((one): CodeAction[] => {
    if (one.fix === undefined || one.file !== file || !touches(one.range, range)) return [];
    const shown = lspDiagnostic(one);
    const own = asked.filter(({ code, message }) => code === shown.code && message === shown.message);
    return [
      {
        title: neutralText(one.fix.title),
        kind: CodeActionKind.QuickFix,
        diagnostics: own.length > 0 ? own : [shown],
        isPreferred: true,
        edit: edit(one.fix.edits),
      },
    ];
  });
}

/** Kind of the action that applies every fix of a file, as `editor.codeActionsOnSave` names it. */
export const FIX_ALL = `${CodeActionKind.SourceFixAll}.grafos`;

/**
 * One action for all fixes of a file. A fix that also changes another file, or that overlaps a fix
 * before it, is left out: it is there again once the others are applied.
 */
export function fixAll(
  findings: readonly Finding[],
  file: string,
  edit: (edits: readonly FindingEdit[]) => WorkspaceEdit,
): CodeAction[] {
  const taken: FindingEdit[] = [];
  for (const { fix } of findings) {
    if (fix === undefined || fix.edits.some((one) => one.file !== file)) continue;
    const fresh = fix.edits.filter((one) => !taken.some((other) => isSame(one, other)));
    if (!fresh.some((one) => taken.some((other) => touches(one.range, other.range)))) taken.push(...fresh);
  }
  return taken.length === 0 ? [] : [{ title: 'Fix all findings of grafOS', kind: FIX_ALL, edit: edit(taken) }];
}

/** Two findings may need the same import. */
function isSame(left: FindingEdit, right: FindingEdit): boolean {
  return left.newText === right.newText && JSON.stringify(left.range) === JSON.stringify(right.range);
}

/** Edits by file, each with the version they were made for when the client can check it. */
export function workspaceEdit(
  edits: readonly FindingEdit[],
  place: (file: string) => { uri: string; version: number | null },
  versioned: boolean,
): WorkspaceEdit {
  const files = [...Map.groupBy(edits, ({ file }) => file)];
  const text = (some: readonly FindingEdit[]): TextEdit[] => some.map(({ range, newText }) => ({ range, newText }));
  if (versioned)
    return { documentChanges: files.map(([file, some]) => ({ textDocument: place(file), edits: text(some) })) };
  return { changes: Object.fromEntries(files.map(([file, some]) => [place(file).uri, text(some)])) };
}

function touches(left: Range, right: Range): boolean {
  const before = (a: Range['start'], b: Range['start']) =>
    a.line < b.line || (a.line === b.line && a.character < b.character);
  return !before(left.end, right.start) && !before(right.end, left.start);
}
