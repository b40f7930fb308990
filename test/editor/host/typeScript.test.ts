import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { until } from './until.ts';
import { replaceAll, show } from './workspace.ts';

const SOURCE = `import { clock, Json, log } from "grafos-std";

/** Uses what only AssemblyScript has. */
export function compute(input: Uint8Array): Uint8Array {
  const count: i32 = input.length as i32;
  const wide = (count as u64) << 3;
  let sum: f32 = 0;
  for (let i = 0; i < count; i++) sum += unchecked(input[i]) as f32;
  log.info("at " + clock().toString() + " with " + wide.toString());
  return Json.object().set("sum", Json.ofFloat(sum)).toBytes();
}
`;

/** Errors of VS Code's own TypeScript service. */
const errors = (uri: vscode.Uri) =>
  vscode.languages
    .getDiagnostics(uri)
    .filter(({ source, severity }) => source === 'ts' && severity === vscode.DiagnosticSeverity.Error);

describe("VS Code's TypeScript service in a program that was never built", () => {
  it('finds nothing false in AssemblyScript, and still finds what is wrong', async () => {
    const editor = await show('tasklets/local-dev.ts');
    const { uri } = editor.document;
    // One real mistake: once the service tells of it, it has read the whole file.
    await replaceAll(editor, `${SOURCE}\nexport const wrong: string = nobodyDeclaredThis;\n`);
    const changed = [vscode.languages.onDidChangeDiagnostics];
    await until('the mistake', changed, () =>
      errors(uri).some(({ message }) => message.includes('nobodyDeclaredThis')),
    );
    // What it says of imports may change once more: the types are written when the program is found.
    await until('nothing else', changed, () => errors(uri).length === 1).catch(() =>
      assert.deepEqual(
        errors(uri).map(({ message }) => message),
        ["Cannot find name 'nobodyDeclaredThis'."],
      ),
    );
    await replaceAll(editor, SOURCE);
    await until('its end', changed, () => errors(uri).length === 0);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });
});
