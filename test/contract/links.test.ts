import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dirname, normalize } from 'node:path/posix';
import { listFiles, PackageManager } from '@vscode/vsce';
import { extensionPage } from '../../scripts/extensionPage.ts';

const root = join(import.meta.dirname, '..', '..');

/** Links and pictures of a page, code left out. */
function linksOf(page: string): string[] {
  const prose = page.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '`');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** The anchors that headings of a page have, as VS Code and GitHub make them. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('links in the VSIX', () => {
  let files: Set<string>;
  before(async () => {
    files = new Set(await listFiles({ cwd: root, packageManager: PackageManager.Npm }));
  });

  it('of its pages lead to files and headings that it has', () => {
    // The README of the repository is not the one of the VSIX.
    const pages = [...files].filter((file) => file.endsWith('.md') && file !== 'README.md');
    assert.ok(pages.length > 100, `${pages.length} pages`);
    const dead: string[] = [];
    for (const page of pages) {
      const text = readFileSync(join(root, page), 'utf8');
      for (const link of linksOf(text).filter((one) => !/^https?:/.test(one))) {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : normalize(join(dirname(page), path));
        if (!files.has(target)) dead.push(`${page}: ${link}`);
        else if (anchor !== undefined && !anchorsOf(readFileSync(join(root, target), 'utf8')).includes(anchor))
          dead.push(`${page}: ${link} has no such heading`);
      }
    }
    assert.deepEqual(dead, []);
  });

  // VS Code's preview loads files below the page's own folder alone, where the page is in no
  // workspace.
  it('to pictures lead below the folder of the page, from where a preview loads them', () => {
    const pages = [...files].filter((file) => /^docs\/.*\.md$/.test(file));
    const pictures = pages.flatMap((page) =>
      linksOf(readFileSync(join(root, page), 'utf8')).filter((link) => link.endsWith('.png')),
    );
    assert.ok(pictures.length >= 3, pictures.join(', '));
    assert.deepEqual(
      pictures.filter((link) => normalize(link).startsWith('..')),
      [],
    );
  });

  it('of the page of the extension lead to the web, as do its pictures', async () => {
    const page = await extensionPage(root);
    assert.ok(page.startsWith('# grafOS in the editor\n') && page.includes('\n## Start\n'));
    assert.deepEqual(
      linksOf(page).filter((link) => !link.startsWith('https:')),
      [],
    );
    // It is for users: nothing in it builds the extension.
    assert.doesNotMatch(page, /npm (?:ci|install|run|start|test)/);
  });

  it('of the README of the repository lead to what is there', () => {
    const dead = linksOf(readFileSync(join(root, 'README.md'), 'utf8')).filter(
      (link) => !/^https?:/.test(link) && statSync(join(root, link), { throwIfNoEntry: false }) === undefined,
    );
    assert.deepEqual(dead, []);
  });
});
