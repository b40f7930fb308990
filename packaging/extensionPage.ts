import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The page of the extension, which the editor shows before and after installation:
 * docs/guide/editor.md.
 *
 * That page follows links to the web only and loads pictures from the web only. So links to other
 * pages become their words, and pictures are left out; *Open Guide…* shows the page with them.
 *
 * @param root folder of the repository
 */
export async function extensionPage(root: string): Promise<string> {
  const page = await readFile(join(root, 'docs', 'guide', 'editor.md'), 'utf8');
  return page.replaceAll(/!\[[^\]]*\]\((?!https:)[^)]+\)\n+/g, '').replaceAll(/\[([^\]]+)\]\((?!https:)[^)]+\)/g, '$1');
}
