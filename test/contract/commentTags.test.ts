import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFiles } from '../../scripts/repositoryFiles.ts';

const root = join(import.meta.dirname, '..', '..');

/** A tag after other words of its line. A code span may name a tag. */
const INSIDE = /^\s*(?:\/\*\*|\*)?\s*[^\s*/@][^`]*\s@(?:throws|returns|param)\s/;
/** A type of an error without its braces. */
const BARE_TYPE = /@throws [A-Z]/;

/** Lines of doc comments with a tag in another form than the house's. */
function badTags(text: string): string[] {
  let isDoc = false;
  return text.split('\n').filter((line) => {
    const begins = /^\s*\/\*\*/.test(line);
    const found = (isDoc || begins) && (INSIDE.test(line) || BARE_TYPE.test(line));
    isDoc = (isDoc || begins) && !line.includes('*/');
    return found;
  });
}

describe('tags of doc comments', () => {
  it('are on lines of their own, and name the type of an error in braces', () => {
    const files = repositoryFiles(/\.ts$/).filter((file) => !/\.d\.ts$|^(?:cookbook|sdk|test\/fixtures)\//.test(file));
    assert.ok(files.length > 1_000, `${files.length} sources`);
    const found = files.flatMap((file) =>
      badTags(readFileSync(join(root, file), 'utf8')).map((line) => `${file}: ${line.trim()}`),
    );
    assert.deepEqual(found, []);
  });

  const rows: Array<[line: string, isBad: boolean]> = [
    ['/** Ends it. @throws {GrafosError} interrupted */', true],
    ['/** @throws GrafosError interrupted */', true],
    ['/** @throws {GrafosError} interrupted */', false],
    ['/** @throws the errors of `work` */', false],
    ['/** @returns true once it ended */', false],
    ['/** The tag `@param name` has a unit. */', false],
    ['const text = "a @param b";', false],
  ];
  for (const [line, isBad] of rows) {
    it(`${isBad ? 'finds' : 'leaves'} ${line}`, () => assert.equal(badTags(line).length, isBad ? 1 : 0));
  }

  it('are looked at in each line of a comment, and in no code', () => {
    assert.equal(badTags('/**\n * Ends it. @returns true\n */\nconst a = " x @returns y";').length, 1);
  });
});
