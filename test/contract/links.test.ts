import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { packageRoot } from '../../daemons/protocol/packageRoot.ts';

const PAGES = ['*.md', 'docs/**/*.md', 'cookbook/*/*.md', 'media/walkthrough/*.md'].flatMap((pattern) =>
  globSync(pattern, { cwd: packageRoot }).map((page) => page.split(sep).join('/')),
);

const textOf = (page: string) => readFileSync(join(packageRoot, page), 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');

/** Names of the headings of a page, as links give them. */
function anchorsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

/** Links of a page inside the repository that lead nowhere. */
function deadLinks(page: string, text = textOf(page)): string[] {
  return [...text.replaceAll(/`[^`]*`/g, '').matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
    .filter(([, path = '', anchor]) => {
      const target = path === '' ? page : relative(packageRoot, join(packageRoot, dirname(page), path));
      if (!existsSync(join(packageRoot, target))) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor);
    })
    .map(([link]) => link);
}

describe('links of the pages', () => {
  it('finds the pages', () => assert.ok(PAGES.length > 100, `${PAGES.length} pages`));

  it('lead to files and headings that are there', () => {
    const dead = PAGES.flatMap((page) => deadLinks(page).map((link) => `${page}: ${link}`));
    assert.deepEqual(dead, []);
  });

  it('are seen when they lead nowhere', () => {
    const text =
      '[a](docs/cli.md#exit-codes) [b](docs/none.md) [c](docs/cli.md#none) [d](https://x.example/none) `[e](x)`';
    assert.deepEqual(deadLinks('README.md', text), ['](docs/none.md)', '](docs/cli.md#none)']);
  });

  it('reach every guide and reference from README', () => {
    const readme = textOf('README.md');
    for (const page of PAGES.filter((one) => /^docs\/[^/]+$/.test(one))) assert.ok(readme.includes(`](${page})`), page);
  });
});
