import * as vscode from 'vscode';
import { FUEL_COLORS } from './ids.ts';

/** A line of a document and its part of the newest profile's fuel, 0 to 1. */
export interface LineShare {
  line: number;
  share: number;
}

/**
 * Colours the lines of the visible sources by the fuel they used, at their edge and in the overview
 * ruler.
 */
export class FuelHeat implements vscode.Disposable {
  readonly #ask: (uri: string) => Promise<LineShare[]>;
  readonly #types: vscode.TextEditorDecorationType[];
  readonly #subscriptions: vscode.Disposable[];

  /** @param ask what the language server says of a document; empty for those it knows nothing of */
  constructor(ask: (uri: string) => Promise<LineShare[]>) {
    this.#ask = ask;
    this.#types = FUEL_COLORS.map(({ color: id }) => {
      const color = new vscode.ThemeColor(id);
      return vscode.window.createTextEditorDecorationType({
        isWholeLine: true,
        borderColor: color,
        borderStyle: 'solid',
        borderWidth: '0 0 0 4px',
        overviewRulerColor: color,
        overviewRulerLane: vscode.OverviewRulerLane.Left,
      });
    });
    this.#subscriptions = [
      vscode.window.onDidChangeVisibleTextEditors(() => this.draw()),
      vscode.workspace.onDidSaveTextDocument(() => this.draw()),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        // Lines that moved would be coloured wrongly until the next build and profile.
        if (document.isDirty) for (const editor of editorsOf(document)) this.#set(editor, []);
      }),
    ];
    this.draw();
  }

  draw(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document.uri.scheme !== 'file' || editor.document.isDirty) continue;
      this.#ask(editor.document.uri.toString()).then(
        (lines) => this.#set(editor, lines),
        // The server is ending; whoever starts the next one asks again.
        () => this.#set(editor, []),
      );
    }
  }

  dispose(): void {
    for (const one of [...this.#subscriptions, ...this.#types]) one.dispose();
  }

  #set(editor: vscode.TextEditor, lines: LineShare[]): void {
    for (const [step, type] of this.#types.entries()) {
      const [from, to] = [FUEL_COLORS[step]?.from ?? 0, FUEL_COLORS[step + 1]?.from ?? Number.POSITIVE_INFINITY];
      editor.setDecorations(
        type,
        lines.filter(({ share }) => share >= from && share < to).map(({ line }) => new vscode.Range(line, 0, line, 0)),
      );
    }
  }
}

function editorsOf(document: vscode.TextDocument): vscode.TextEditor[] {
  return vscode.window.visibleTextEditors.filter((editor) => editor.document === document);
}
