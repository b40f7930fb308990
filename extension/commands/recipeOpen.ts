import * as vscode from 'vscode';
import { pickStep } from '../dialogs/pickStep.ts';
import type { CommandFactory } from './command.ts';

/** Lays one of the recipes that came with grafOS out as a program, in a folder that is chosen. */
export const recipeOpen: CommandFactory = () => async () => {
  const { recipeItems } = await import('../newProgram/recipeItems.ts');
  const { layOutRecipe } = await import('../newProgram/layOutRecipe.ts');
  const { chooseParentFolder } = await import('../newProgram/parentFolder.ts');
  const title = vscode.l10n.t('Open Recipe');
  using picked = await pickStep(await recipeItems(), {
    title,
    placeHolder: vscode.l10n.t('Choose a recipe; it is laid out as a program of your own'),
  });
  if (picked === undefined) return;
  const { recipe } = picked.item;
  const parent = await chooseParentFolder(title, recipe);
  if (parent !== undefined) await layOutRecipe(recipe, parent);
};
