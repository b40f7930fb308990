import type * as vscode from 'vscode';
import { listRecipes } from '../../toolchain/newProgram/recipes.ts';
import { pickText } from '../shown/pickText.ts';

/** The recipes as items of a picker, each with what it shows. */
export async function recipeItems(): Promise<Array<vscode.QuickPickItem & { recipe: string }>> {
  return (await listRecipes()).map(({ name, summary }) => ({
    label: `$(book) ${name}`,
    detail: pickText(summary),
    recipe: name,
  }));
}
