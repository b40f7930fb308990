import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { until } from './until.ts';
import { codesAt, inProgram, replaceAll, show } from './workspace.ts';

const changed = [vscode.languages.onDidChangeDiagnostics];

describe('findings in the editor', () => {
  it('an unknown key of grafos.toml is found in unsaved text, and is gone with it', async () => {
    const editor = await show('grafos.toml');
    const before = editor.document.getText();
    await replaceAll(editor, `${before}fule = 10\n`);
    await until('the finding', changed, () => codesAt(editor.document.uri).includes('GRF1005'));
    await replaceAll(editor, before);
    await until('its end', changed, () => codesAt(editor.document.uri).length === 0);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('the quick fix of a finding makes it go away', async () => {
    const editor = await show('grafos.toml');
    const before = editor.document.getText();
    await replaceAll(editor, `${before}fule = 10\n`);
    const { uri } = editor.document;
    await until('the finding', changed, () => codesAt(uri).length > 0);
    const finding = vscode.languages.getDiagnostics(uri).find(({ source }) => source === 'grafos');
    assert.ok(finding);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      uri,
      finding.range,
      vscode.CodeActionKind.QuickFix.value,
    );
    const fix = actions.find(({ edit }) => edit !== undefined);
    assert.ok(fix?.edit, `no fix among ${actions.map(({ title }) => title).join(', ')}`);
    assert.ok(await vscode.workspace.applyEdit(fix.edit));
    await until('the finding to go', changed, () => !codesAt(uri).includes('GRF1005'));
    await replaceAll(editor, before);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('what the compiler refuses is shown where it stands, with a code', async () => {
    const editor = await show('tasklets/local-dev.ts');
    const before = editor.document.getText();
    await replaceAll(editor, before.replace('input.length', 'input.lenght'));
    const { uri } = editor.document;
    await until('the finding', changed, () => codesAt(uri).some((code) => code.startsWith('GRF2')));
    const found = vscode.languages.getDiagnostics(uri).find(({ source }) => source === 'grafos');
    assert.match(editor.document.getText(found?.range), /lenght/);
    await replaceAll(editor, before);
    await until('its end', changed, () => codesAt(uri).length === 0);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('go on after Restart Language Server', async () => {
    const editor = await show('grafos.toml');
    const before = editor.document.getText();
    await vscode.commands.executeCommand('grafos.language.restart');
    await replaceAll(editor, `${before}fule = 10\n`);
    await until('the finding of the new server', changed, () => codesAt(editor.document.uri).includes('GRF1005'));
    await replaceAll(editor, before);
    await until('its end', changed, () => codesAt(editor.document.uri).length === 0);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('Build, Run and Deploy to… stand above compute', async () => {
    const uri = inProgram('tasklets/local-dev.ts');
    await show('tasklets/local-dev.ts');
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 10);
    const titles = lenses.map(({ command }) => command?.title ?? '');
    for (const word of ['Build', 'Run', 'Deploy to…'])
      assert.ok(
        titles.some((title) => title.includes(word)),
        `${word} in ${titles.join(', ')}`,
      );
  });

  it('a key of grafos.toml says its default and unit', async () => {
    const uri = inProgram('grafos.toml');
    const { document } = await show('grafos.toml');
    const at = document.positionAt(document.getText().indexOf('mem ='));
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', uri, at);
    const words = hovers
      .flatMap(({ contents }) => contents.map((one) => (typeof one === 'string' ? one : one.value)))
      .join('\n');
    assert.match(words, /lease|bytes/i);
  });
});
