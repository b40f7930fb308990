import { readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';

/**
 * The page of the extension, which the editor shows before and after installation: docs/editor.md.
 *
 * That page is shown without a folder and follows links to the web only. So the pictures become part
 * of the text, and links to other pages become their words.
 *
 * @param root folder of the repository
 */
export async function extensionPage(root: string): Promise<string> {
  const page = join(root, 'docs', 'editor.md');
  let text = await readFile(page, 'utf8');
  for (const [whole, words = '', path = ''] of text.matchAll(/!\[([^\]]*)\]\(([^):]+)\)/g)) {
    const picture = await readFile(join(dirname(page), path), 'base64');
    text = text.replace(whole, `![${words}](data:image/${extname(path).slice(1)};base64,${picture})`);
  }
  return text.replaceAll(/(?<!!)\[([^\]]+)\]\((?!https:)[^)]+\)/g, '$1');
}
