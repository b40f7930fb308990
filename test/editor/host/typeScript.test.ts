import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { until } from './until.ts';
import { inProgram, replaceAll, show } from './workspace.ts';

/** Code that the compiler of tasklets builds, and parts of which TypeScript refuses. */
const SOURCE = `import { clock, Json, log } from "grafos-std";
import { half } from "./parts/half";

class Point {
  constructor(public x: i32, public y: i32) {}

  @operator("+")
  plus(other: Point): Point {
    return new Point(this.x + other.x, this.y + other.y);
  }

  @operator("==")
  same(other: Point): bool {
    return this.x == other.x && this.y == other.y;
  }
}

@inline
function twice(value: i32): i32 {
  return value << 1;
}

/** Uses what only AssemblyScript has. */
export function compute(input: Uint8Array): Uint8Array {
  const count: i32 = input.length as i32;
  const wide = (count as u64) << 3;
  const small: u8 = ((count & 0xff) as u8) + 1;
  const bits = clz<i32>(count) + popcnt<i32>(count) + rotl<i32>(count, 3);
  const joined = new Point(twice(count), small) + new Point(1, bits);
  let sum: f32 = 0;
  for (let i = 0; i < count; i++) sum += unchecked(input[i]) as f32;
  log.info("at " + clock().toString() + " with " + wide.toString());
  if (joined == new Point(0, 0)) sum = half(sum);
  return Json.object().set("sum", Json.ofFloat(sum)).toBytes();
}
`;

const HALF = `@inline
export function half(value: f32): f32 {
  return value * <f32>0.5;
}
`;

const MISTAKE = '\nexport function wrong(): string { return nobodyDeclaredThis; }\n';

/** Files that the test makes in the program, removed when it ends. */
const PARTS = inProgram('tasklets/parts');
const CONTROL = inProgram('tasklets/notATasklet.ts');

const encoded = (text: string) => new TextEncoder().encode(text);

/** All errors at a file, of any source. */
const errors = (uri: vscode.Uri) =>
  vscode.languages.getDiagnostics(uri).filter(({ severity }) => severity === vscode.DiagnosticSeverity.Error);
const said = (uri: vscode.Uri) => errors(uri).map(({ source, message }) => `${source}: ${message}`);
const changed = [vscode.languages.onDidChangeDiagnostics];

/**
 * Waits until TypeScript reports the decorator in a file of no tasklet: it has then read the
 * project as it is.
 */
async function typeScriptHasRead(text: string): Promise<void> {
  const control = await vscode.window.showTextDocument(CONTROL, {
    viewColumn: vscode.ViewColumn.Beside,
    preview: false,
  });
  await replaceAll(control, text);
  await until("TypeScript's word on the other file", changed, () =>
    errors(CONTROL).some(({ source, message }) => source === 'ts' && message.includes('Decorators are not valid')),
  );
}

describe("VS Code's TypeScript service in a program that was never built", () => {
  before(async () => {
    await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(PARTS, 'half.ts'), encoded(HALF));
    await vscode.workspace.fs.writeFile(CONTROL, encoded('export {};\n'));
  });
  after(async () => {
    // A changed file that is closed would ask whether to save it.
    for (const path of ['tasklets/local-dev.ts', 'tasklets/notATasklet.ts']) {
      await show(path);
      await vscode.commands.executeCommand('workbench.action.files.revert');
    }
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.workspace.fs.delete(PARTS, { recursive: true });
    await vscode.workspace.fs.delete(CONTROL);
  });

  it('reports nothing false in a tasklet and its imports, and everything in other files', async () => {
    const half = await show('tasklets/parts/half.ts');
    const editor = await show('tasklets/local-dev.ts');
    const { uri } = editor.document;
    await replaceAll(editor, SOURCE);
    await typeScriptHasRead(`${SOURCE.replace('./parts/half', './parts/half.ts')}\n`);
    await until('an end of all errors', changed, () => errors(uri).length === 0).catch(() =>
      assert.deepEqual(said(uri), []),
    );
    const imported = half.document.uri;
    await until('an end of all errors of the import', changed, () => errors(imported).length === 0).catch(() =>
      assert.deepEqual(said(imported), []),
    );
  });

  it('leaves a real error, once', async () => {
    const editor = await show('tasklets/local-dev.ts');
    const { uri } = editor.document;
    await replaceAll(editor, `${SOURCE}${MISTAKE}`.replace('twice(count), small', 'twice(nobodyDeclaredThis), small'));
    await until("the compiler's error", changed, () =>
      errors(uri).some(({ source, message }) => source === 'grafos' && message.includes('nobodyDeclaredThis')),
    );
    await typeScriptHasRead(`${SOURCE}${MISTAKE}// again\n`);
    assert.equal(errors(uri).length, 1, said(uri).join('\n'));
  });

  it('keeps completions, and one hover a name', async () => {
    const editor = await show('tasklets/local-dev.ts');
    const { document } = editor;
    const at = document.positionAt(document.getText().indexOf('Json.object') + 'Json.'.length + 1);
    const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      at,
    );
    const labels = items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    assert.ok(labels.includes('ofString'), labels.slice(0, 20).join(', '));
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      at,
    );
    assert.equal(hovers.length, 1, JSON.stringify(hovers));
  });
});
