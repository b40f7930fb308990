import * as vscode from 'vscode';
import { neutralText } from '../../base/text/neutralText.ts';
import type { Place } from '../../daemons/wire/place.ts';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import { fuelEdit, fuelText } from '../../program/fuelEdit.ts';
import { placeText } from '../../toolchain/places/placeText.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { errorWord } from '../runs/errorWord.ts';
import { placeUri } from './placeUri.ts';

/** Code of the error whose diagnostic has the fix for fuel. */
const EXHAUSTED = 'fuel_exhausted';
/** Factor of the budget that the fix offers. */
const RAISE = 10;

interface Failure {
  session: ProgramSession;
  tasklet: string;
  uri: vscode.Uri;
  diagnostic: vscode.Diagnostic;
  budget: number;
}

/**
 * Failed runs as problems, each at the line where the run failed. A problem stays until its tasklet
 * runs again or its file is edited.
 */
export class RunFailures implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('grafos.runs');
  readonly #failures = new Map<string, Failure>();
  readonly #subscriptions: vscode.Disposable;

  constructor() {
    this.#subscriptions = vscode.Disposable.from(
      this.#collection,
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0) return;
        const edited = document.uri.toString();
        const before = this.#failures.size;
        for (const [key, { uri }] of this.#failures) if (uri.toString() === edited) this.#failures.delete(key);
        if (this.#failures.size < before) this.#draw();
      }),
      vscode.languages.registerCodeActionsProvider(
        { scheme: 'file' },
        { provideCodeActions: (document, _range, { diagnostics }) => this.#fixes(document.uri, diagnostics) },
        { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
      ),
    );
  }

  /** Removes the problem of a tasklet that runs again. */
  clear(session: ProgramSession, tasklet: string): void {
    if (this.#failures.delete(keyOf(session, tasklet))) this.#draw();
  }

  /**
   * Shows the place where a run failed; a run without a known place removes the tasklet's problem.
   */
  show(session: ProgramSession, run: Run, places: readonly Place[]): void {
    const key = keyOf(session, run.tasklet);
    this.#failures.delete(key);
    const error = run.response?.error;
    const first = places[0];
    const at = first === undefined ? null : placeUri(session.root, first);
    if (error && at !== null) {
      const end = at.position.with(undefined, Number.MAX_SAFE_INTEGER);
      const message = neutralText(`${errorWord(error)}: ${error.message}`);
      const diagnostic = new vscode.Diagnostic(
        new vscode.Range(at.position, end),
        message,
        vscode.DiagnosticSeverity.Error,
      );
      diagnostic.source = 'grafos';
      diagnostic.code = error.code;
      diagnostic.relatedInformation = places.slice(1).flatMap((place) => {
        const from = placeUri(session.root, place);
        return from === null
          ? []
          : [new vscode.DiagnosticRelatedInformation(new vscode.Location(from.uri, from.position), placeText(place))];
      });
      const budget = run.response?.fuel_used ?? 0;
      this.#failures.set(key, { session, tasklet: run.tasklet, uri: at.uri, diagnostic, budget });
    }
    this.#draw();
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  #draw(): void {
    this.#collection.clear();
    const byFile = Map.groupBy(this.#failures.values(), ({ uri }) => uri.toString());
    for (const all of byFile.values()) {
      const uri = all[0]?.uri;
      if (uri !== undefined)
        this.#collection.set(
          uri,
          all.map(({ diagnostic }) => diagnostic),
        );
    }
  }

  async #fixes(uri: vscode.Uri, diagnostics: readonly vscode.Diagnostic[]): Promise<vscode.CodeAction[]> {
    const fixes: vscode.CodeAction[] = [];
    for (const failure of this.#failures.values()) {
      const { session, tasklet, diagnostic, budget } = failure;
      const here = diagnostics.find(
        ({ code, range }) => code === EXHAUSTED && range.isEqual(diagnostic.range) && diagnostic.code === EXHAUSTED,
      );
      if (here === undefined || failure.uri.toString() !== uri.toString()) continue;
      const { manifestFuel } = await import('../../toolchain/fuel/manifestFuel.ts');
      const { LIMITS } = await import('../../base/limits.ts');
      const { parseManifest } = await import('../../program/manifest.ts');
      const manifest = await manifestFuel(session.root, tasklet);
      const fuel = Math.min(LIMITS.fuelMax, budget * RAISE);
      if (manifest === null) continue;
      const file = vscode.Uri.joinPath(vscode.Uri.file(session.root), 'grafos.toml');
      const document = await vscode.workspace.openTextDocument(file);
      if (document.isDirty) continue;
      const edit = fuelEdit(parseManifest(document.getText()), tasklet, fuel);
      if (edit === null) continue;
      const title = vscode.l10n.t('Raise the fuel of {0} to {1}', tasklet, fuelText(fuel));
      const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
      action.diagnostics = [here];
      action.isPreferred = true;
      action.edit = new vscode.WorkspaceEdit();
      const { start, end } = edit.span;
      const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
      // A document has one kind of line end, whatever the edit says.
      action.edit.replace(file, range, edit.newText);
      fixes.push(action);
    }
    return fixes;
  }
}

function keyOf({ root }: ProgramSession, tasklet: string): string {
  return `${root}\0${tasklet}`;
}
