import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repositoryFiles } from '../../scripts/repositoryFiles.ts';

const root = join(import.meta.dirname, '..', '..');
const pages = repositoryFiles(/\.md$/);

/** The prose of a page: code blocks and code spans become empty. */
function proseOf(text: string): string {
  return text.replace(/^( *)(```|~~~)[\s\S]*?^\1\2/gm, '').replace(/`[^`\n]*`/g, '``');
}

/** The targets of a page's links and images that lead to a file of the repository. */
function targetsOf(text: string): string[] {
  const inline = proseOf(text).matchAll(/\]\(([^()\s]+)(?: "[^"]*")?\)/g);
  const defined = proseOf(text).matchAll(/^\[[^\]]+\]: +(\S+)/gm);
  return [...inline, ...defined].map(([, target]) => target ?? '').filter((target) => !/^[a-z]+:/i.test(target));
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of text.replace(/^( *)(```|~~~)[\s\S]*?^\1\2/gm, '').matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const words = (heading ?? '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words.replace(/[^\p{L}\p{N}\p{M} _-]/gu, '').replaceAll(' ', '-');
    let free = anchor;
    for (let copy = 1; anchors.has(free); copy += 1) free = `${anchor}-${copy}`;
    anchors.add(free);
  }
  return anchors;
}

/** The links of a page that lead nowhere. */
function brokenLinks(page: string, text: string): string[] {
  return targetsOf(text).filter((target) => {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : join(dirname(page), decodeURIComponent(path));
    if (path !== '' && !existsSync(join(root, file))) return true;
    if (anchor === undefined || !file.endsWith('.md')) return false;
    return !anchorsOf(path === '' ? text : readFileSync(join(root, file), 'utf8')).has(anchor);
  });
}

describe('links of the Markdown pages', () => {
  it('lead to files and headings that exist', () => {
    assert.ok(pages.includes('README.md') && pages.length > 100);
    const broken = pages.flatMap((page) =>
      brokenLinks(page, readFileSync(join(root, page), 'utf8')).map((target) => `${page}: ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  const rows: Array<[string, string, string[]]> = [
    ['a file that is gone', '[a](gone.md)', ['gone.md']],
    ['a picture that is gone', '![a](media/gone.png "title")', ['media/gone.png']],
    ['a heading that is gone', '# One\n[a](#two)', ['#two']],
    ['a heading of another page that is gone', '[a](README.md#nowhere)', ['README.md#nowhere']],
    ['a definition that is gone', '[a]: gone.md', ['gone.md']],
    ['nothing, for a heading with marks', '## The `a` & b\n[a](#the-a--b)', []],
    ['nothing, for the second of two headings', '# A\n# A\n[a](#a-1)', []],
    ['nothing, for the web', '[a](https://example.com/gone.md)', []],
    ['nothing, in code', '`[a](gone.md)`\n\n```\n[a](gone.md)\n```\n', []],
  ];
  for (const [name, text, broken] of rows) {
    it(`${name} is found`, () => assert.deepEqual(brokenLinks('page.md', text), broken));
  }
});

describe('paths in docs/internals/architecture.md', () => {
  /** Paths that the page's tables name from another folder than the repository's. */
  const BELOW: Record<string, string[]> = {
    'daemons/fabricbiosd/': ['pool/', 'boundary/', 'worker/', 'trial/'],
    '.grafos/': [
      ...['dev/dev.json', 'dev/trust/', 'dev/logs/', 'dev/lock', 'dev/cell.db', 'dev/runs/', 'dev/modules/'],
      ...['test/cell.db', 'test/runs/', 'dev/audit.jsonl', 'artifacts/', 'profiles/', 'types/', 'build/'],
      ...['programs/', 'confirmed/', 'builds/', 'used-cells/', 'cell-keys/', 'metered/', 'cell-bundles/'],
    ],
  };

  it('exist', () => {
    const page = readFileSync(join(root, 'docs/internals/architecture.md'), 'utf8');
    const paths = [...page.matchAll(/`([\w-]+\/[\w./-]*)`/g)]
      .map(([, path]) => path ?? '')
      .filter((path) => !BELOW['.grafos/']?.includes(path))
      .map((path) => (BELOW['daemons/fabricbiosd/']?.includes(path) ? `daemons/fabricbiosd/${path}` : path));
    assert.ok(paths.length > 60, `${paths.length} paths`);
    assert.deepEqual(
      paths.filter((path) => !existsSync(join(root, path))),
      [],
    );
  });
});

describe('pages named in sources', () => {
  it('exist', () => {
    const sources = repositoryFiles(/\.(?:ts|js|cjs|rs|json)$/);
    assert.ok(sources.length > 800);
    const gone = sources.flatMap((source) =>
      [...readFileSync(join(root, source), 'utf8').matchAll(/(?<![\w/.-])docs\/[\w./-]+\.md/g)]
        .filter(([page]) => !existsSync(join(root, page)))
        .map(([page]) => `${source}: ${page}`),
    );
    assert.deepEqual(gone, []);
  });
});
