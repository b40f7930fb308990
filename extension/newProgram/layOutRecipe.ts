import * as vscode from 'vscode';
import { newFromRecipe } from '../../toolchain/newProgram/recipes.ts';
import { openProgram } from './openProgram.ts';
import { type ParentFolder, placeOf } from './parentFolder.ts';

/**
 * Lays a recipe out as a program, and shows its source with its README beside.
 *
 * @throws {GrafosError} folder_not_empty, and what the file system says
 */
export async function layOutRecipe(recipe: string, parent: ParentFolder): Promise<void> {
  const dir = placeOf(parent, recipe);
  await newFromRecipe(dir, recipe);
  if (!(await openProgram(dir))) return;
  await vscode.commands.executeCommand(
    'markdown.showPreviewToSide',
    vscode.Uri.joinPath(vscode.Uri.file(dir), 'README.md'),
  );
}
