import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { pickText } from '../shown/pickText.ts';
import type { CommandFactory } from './command.ts';

/** The page that comes first; the others follow by their titles. */
const FIRST = 'editor.md';

/** Shows a page of the guide that came with grafOS, as a preview in the editor. */
export const guideOpen: CommandFactory =
  ({ context }) =>
  async () => {
    const picked = await vscode.window.showQuickPick(pages(context.asAbsolutePath('docs')), {
      title: vscode.l10n.t('Open Guide'),
      placeHolder: vscode.l10n.t('Choose a page'),
      matchOnDetail: true,
    });
    if (picked !== undefined)
      await vscode.commands.executeCommand('markdown.showPreview', vscode.Uri.file(picked.file));
  };

async function pages(folder: string): Promise<Array<vscode.QuickPickItem & { file: string }>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md'));
  const items = await Promise.all(
    [...names, join('findings', 'README.md')].map(async (name) => {
      const file = join(folder, name);
      const lines = (await readFile(file, 'utf8')).split('\n');
      const heading = lines.findIndex((line) => line.startsWith('# '));
      const first = lines.slice(heading + 1).find((line) => /^(?!```)[A-Z`[]/.test(line)) ?? '';
      return { label: plain((lines[heading] ?? name).replace('# ', '')), detail: plain(first), file, name };
    }),
  );
  return items.sort(
    (left, right) =>
      Number(right.name === FIRST) - Number(left.name === FIRST) || left.label.localeCompare(right.label),
  );
}

/** A line of Markdown without its marks. */
function plain(line: string): string {
  return pickText(line.replaceAll(/[`*]|\[|\]\([^)]*\)/g, ''));
}
