import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import * as vscode from 'vscode';
import { afterWalkthrough } from '../dialogs/afterWalkthrough.ts';
import { pickText } from '../shown/pickText.ts';
import type { CommandFactory } from './command.ts';

/** The page that comes first; the others follow by their titles. */
const FIRST = join('guide', 'editor.md');

/** The folders of pages, in the order of the list. */
const FOLDERS = ['guide', 'reference', 'internals'];

/** Shows a page of the guide that came with grafOS, as a preview in the editor. */
export const guideOpen: CommandFactory =
  ({ context }) =>
  async () => {
    await afterWalkthrough();
    const picked = await vscode.window.showQuickPick(pages(context.asAbsolutePath('docs')), {
      title: vscode.l10n.t('Open Guide'),
      placeHolder: vscode.l10n.t('Choose a page'),
      matchOnDetail: true,
    });
    if (picked !== undefined)
      await vscode.commands.executeCommand('markdown.showPreview', vscode.Uri.file(picked.file));
  };

async function pages(folder: string): Promise<Array<vscode.QuickPickItem & { file: string }>> {
  const names = await Promise.all(
    FOLDERS.map(async (one) =>
      (await readdir(join(folder, one))).filter((name) => name.endsWith('.md')).map((name) => join(one, name)),
    ),
  );
  const items = await Promise.all(
    [...names.flat(), join('reference', 'findings', 'README.md')].map(async (name) => {
      const file = join(folder, name);
      const lines = (await readFile(file, 'utf8')).split('\n');
      const heading = lines.findIndex((line) => line.startsWith('# '));
      const first = lines.slice(heading + 1).find((line) => /^(?!```)[A-Z`[]/.test(line)) ?? '';
      return { label: plain((lines[heading] ?? name).replace('# ', '')), detail: plain(first), file, name };
    }),
  );
  return items.sort(
    (left, right) =>
      Number(right.name === FIRST) - Number(left.name === FIRST) ||
      rankOf(left.name) - rankOf(right.name) ||
      left.label.localeCompare(right.label),
  );
}

/** The place of a page's folder in the list. */
function rankOf(name: string): number {
  return FOLDERS.indexOf(name.split(sep)[0] ?? '');
}

/** A line of Markdown without its marks. */
function plain(line: string): string {
  return pickText(line.replaceAll(/[`*]|\[|\]\([^)]*\)/g, ''));
}
