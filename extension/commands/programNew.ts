import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import type { Template } from '../../toolchain/newProgram/newProgram.ts';
import type { CommandFactory } from './command.ts';

export const programNew: CommandFactory = () => async (arg) => {
  const { newProgram, TEMPLATES } = await import('../../toolchain/newProgram/newProgram.ts');
  const { NAME_PATTERN } = await import('../../program/manifestKeys.ts');
  const title = vscode.l10n.t('New Program');
  const labels: Record<Template, string> = { assemblyscript: 'AssemblyScript', rust: 'Rust', wat: 'WebAssembly text' };
  const template = await vscode.window.showQuickPick(
    TEMPLATES.map((one) => ({ label: labels[one], template: one })),
    { title, placeHolder: vscode.l10n.t('Choose the language of its first tasklet') },
  );
  if (template === undefined) return;
  const parent = await parentFolder(arg instanceof vscode.Uri ? arg : undefined);
  if (parent === undefined) return;
  const isEmpty = (await readdir(parent.fsPath)).length === 0;
  const suggestion = isEmpty
    ? basename(parent.fsPath)
        .toLowerCase()
        .replaceAll(/[^a-z0-9-]+/g, '-')
    : 'hello';
  const name = await vscode.window.showInputBox({
    title,
    prompt: isEmpty
      ? vscode.l10n.t('Name of the program; it is made in {0}', parent.fsPath)
      : vscode.l10n.t('Name of the program; it is made in a folder of that name in {0}', parent.fsPath),
    value: suggestion,
    ignoreFocusOut: true,
    validateInput: (text) =>
      new RegExp(NAME_PATTERN).test(text)
        ? undefined
        : vscode.l10n.t('Small letters, digits and hyphens, beginning with a letter.'),
  });
  if (name === undefined) return;
  const made = await newProgram({
    dir: isEmpty ? parent.fsPath : join(parent.fsPath, name),
    name,
    template: template.template,
  });
  const dir = vscode.Uri.file(made.dir);
  if (vscode.workspace.getWorkspaceFolder(dir) === undefined) {
    await vscode.commands.executeCommand('vscode.openFolder', dir, {
      forceNewWindow: vscode.workspace.workspaceFolders !== undefined,
    });
    return;
  }
  const source = made.files.find((file) => /^tasklets\/.*(?:\.ts|lib\.rs|\.wat)$/.test(file));
  if (source !== undefined) await vscode.window.showTextDocument(vscode.Uri.joinPath(dir, source));
};

/** The folder of the Explorer, the workspace's only folder, or one that is chosen. */
async function parentFolder(given: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  if (given !== undefined) return given;
  const [only, second] = vscode.workspace.workspaceFolders ?? [];
  if (only !== undefined && second === undefined && only.uri.scheme === 'file') return only.uri;
  const [chosen] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Where the Program is Made'),
      openLabel: vscode.l10n.t('Choose Folder'),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  return chosen;
}
