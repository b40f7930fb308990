import * as vscode from 'vscode';
import type { Place } from '../../daemons/wire/place.ts';
import { fileOfPlace } from './fileOfPlace.ts';

/**
 * The file and position of a place in the program; null for any other place. Its path comes from a
 * map that anybody may have made.
 */
export function placeUri(root: string, place: Place): { uri: vscode.Uri; position: vscode.Position } | null {
  const { file, line, column, own } = place;
  if (!own || file === null || line === null || line < 1) return null;
  const path = fileOfPlace(root, file);
  if (path === undefined) return null;
  return { uri: vscode.Uri.file(path), position: new vscode.Position(line - 1, Math.max(0, (column ?? 1) - 1)) };
}
