import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const read = (path: string) => readFileSync(join(docs, path), 'utf8');
const pagesOf = (folder: string) => readdirSync(join(docs, folder)).filter((name) => name.endsWith('.md'));

describe('the index of the docs', () => {
  it('has every page, once', () => {
    const linked = [...read('README.md').matchAll(/\]\(((?:guide|reference|internals)\/[\w-]+\.md)\)/g)].map(
      ([, page]) => page,
    );
    const pages = ['guide', 'reference', 'internals'].flatMap((folder) =>
      pagesOf(folder).map((name) => `${folder}/${name}`),
    );
    assert.deepEqual(linked.sort(), pages.sort());
    assert.deepEqual(pagesOf('.'), ['README.md']);
  });
});

describe('decisions', () => {
  const decisions = pagesOf('adr').filter((name) => /^\d/.test(name));
  const index = read('adr/README.md');

  for (const name of decisions) {
    it(`${name} has a number, a status and a date, and a row of the index with the same`, () => {
      const [, number, title, status, date] =
        /^# (\d+)\. (.+)\n\nStatus: (accepted|proposed|superseded by \[\d+\]\([\w-]+\.md\))\. Date: (\d{4}-\d\d-\d\d)\./.exec(
          read(`adr/${name}`),
        ) ?? [];
      assert.equal(Number(name.slice(0, 4)), Number(number));
      const plain = status?.replace(/\[(\d+)\].*/, '$1');
      assert.ok(index.includes(`\n| [${number}](${name}) | ${title} | ${plain} | ${date} |\n`), 'the index');
    });
  }

  it('are superseded on both pages', () => {
    for (const name of decisions) {
      const [, newer] = /^Status: superseded by \[\d+\]\(([\w-]+\.md)\)/m.exec(read(`adr/${name}`)) ?? [];
      if (newer !== undefined) assert.match(read(`adr/${newer}`), new RegExp(`Supersedes \\[\\d+\\]\\(${name}\\)`));
    }
  });

  it('have a number each', () => {
    const numbers = decisions.map((name) => name.slice(0, 4));
    assert.equal(new Set(numbers).size, numbers.length);
  });
});
