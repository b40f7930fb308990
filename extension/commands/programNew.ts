import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Template } from '../../toolchain/newProgram/newProgram.ts';
import { pickStep } from '../dialogs/pickStep.ts';
import { LANGUAGE_NAMES } from '../shown/languageNames.ts';
import type { CommandFactory } from './command.ts';

type Item = vscode.QuickPickItem & { template?: Template; recipe?: string };

export const programNew: CommandFactory = () => async (arg) => {
  const { newProgram, TEMPLATES } = await import('../../toolchain/newProgram/newProgram.ts');
  const { NAME_PATTERN } = await import('../../program/manifestKeys.ts');
  const { recipeItems } = await import('../newProgram/recipeItems.ts');
  const { layOutRecipe } = await import('../newProgram/layOutRecipe.ts');
  const { chooseParentFolder, otherFolder, parentFolder, placeOf } = await import('../newProgram/parentFolder.ts');
  const { openProgram } = await import('../newProgram/openProgram.ts');
  const title = vscode.l10n.t('New Program');
  const items: Item[] = [
    ...TEMPLATES.map((one) => ({ label: LANGUAGE_NAMES[one], template: one })),
    { label: vscode.l10n.t('Recipes'), kind: vscode.QuickPickItemKind.Separator },
    ...(await recipeItems()),
  ];
  using picked = await pickStep(items, {
    title,
    placeHolder: vscode.l10n.t('Choose the language of its first tasklet, or a recipe'),
  });
  if (picked === undefined) return;
  const { recipe, template } = picked.item;
  const given = arg instanceof vscode.Uri ? await parentFolder(arg) : undefined;
  if (recipe !== undefined) {
    const parent = given ?? (await chooseParentFolder(title, recipe));
    if (parent !== undefined) await layOutRecipe(recipe, parent);
    return;
  }
  const [only, second] = vscode.workspace.workspaceFolders ?? [];
  const isOnly = only !== undefined && second === undefined && only.uri.scheme === 'file';
  const parent = given ?? (isOnly ? await parentFolder(only.uri) : await otherFolder());
  if (template === undefined || parent === undefined) return;
  const suggestion = parent.isEmpty
    ? basename(parent.path)
        .toLowerCase()
        .replaceAll(/[^a-z0-9-]+/g, '-')
    : 'hello';
  const name = await vscode.window.showInputBox({
    title,
    prompt: parent.isEmpty
      ? vscode.l10n.t('Name of the program; it is made in {0}', parent.path)
      : vscode.l10n.t('Name of the program; it is made in a folder of that name in {0}', parent.path),
    value: suggestion,
    ignoreFocusOut: true,
    validateInput: (text) =>
      new RegExp(NAME_PATTERN).test(text)
        ? undefined
        : vscode.l10n.t('Lowercase letters, digits and hyphens, beginning with a letter.'),
  });
  if (name === undefined) return;
  const { dir } = await newProgram({ dir: placeOf(parent, name), name, template });
  await openProgram(dir);
};
