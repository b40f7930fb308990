import * as vscode from 'vscode';
import type { Place } from '../../toolchain/places/place.ts';
import { placeUri } from './placeUri.ts';

/** Shows a place of the program in its source, beside what is open. */
export async function openPlace(root: string, place: Place | undefined): Promise<void> {
  const at = place === undefined ? null : placeUri(root, place);
  if (at === null) return;
  const selection = new vscode.Range(at.position, at.position);
  await vscode.window.showTextDocument(at.uri, { selection, viewColumn: vscode.ViewColumn.One });
}
