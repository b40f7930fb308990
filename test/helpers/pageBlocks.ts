import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';

export interface PageBlock {
  language: string;
  /** The word after the language: the path of a file, or `fails`. */
  info: string;
  text: string;
}

/** Reads the fenced blocks of a page of docs/, in order. */
export async function pageBlocks(page: string): Promise<PageBlock[]> {
  const text = await readFile(join(packageRoot, 'docs', page), 'utf8');
  return [...text.matchAll(/^```(\w+)(?: (.+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', info = '', body = '']) => ({
      language,
      info,
      text: body,
    }),
  );
}
