import { join, sep } from 'node:path';
import * as vscode from 'vscode';
import type { FindingsJson } from '../../toolchain/validate/findingsJson.ts';

const SEVERITY = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
} as const;

/**
 * The findings of Validate in files that are not open. Open files belong to the language server,
 * which knows their unsaved text.
 */
export class FoundProblems implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('grafos.validate');
  readonly #opened = vscode.workspace.onDidOpenTextDocument(({ uri }) => this.#collection.delete(uri));
  readonly #subscriptions = vscode.Disposable.from(this.#collection, this.#opened);

  show(root: string, { findings }: FindingsJson): void {
    const open = new Set(vscode.workspace.textDocuments.map(({ uri }) => uri.toString()));
    const byFile = new Map<string, vscode.Diagnostic[]>();
    for (const { file, range, message, severity, code } of findings) {
      const path = join(root, file);
      const diagnostic = new vscode.Diagnostic(
        new vscode.Range(range.start.line, range.start.character, range.end.line, range.end.character),
        message,
        SEVERITY[severity],
      );
      diagnostic.source = 'grafos';
      diagnostic.code = code;
      byFile.set(path, [...(byFile.get(path) ?? []), diagnostic]);
    }
    this.#collection.forEach((uri) => {
      if (uri.fsPath.startsWith(root + sep)) this.#collection.delete(uri);
    });
    for (const [path, diagnostics] of byFile) {
      const uri = vscode.Uri.file(path);
      const known = vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'grafos');
      if (!open.has(uri.toString()) && known.length === 0) this.#collection.set(uri, diagnostics);
    }
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }
}
