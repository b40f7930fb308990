import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFiles } from '../../scripts/repositoryFiles.ts';

const root = join(import.meta.dirname, '..', '..');
const CRATE = 'sdk/rust/';
const COPY = 'cookbook/local-dev-rust/vendor/grafos/';

/** The crate's tests and its lock are no part of a copy: a program has a lock of its own. */
const isCopied = (path: string) => !/(?:^|\/)tests\/|^Cargo\.lock$/.test(path);

/** Paths of the files below a folder, relative to it. */
function filesBelow(folder: string): string[] {
  return repositoryFiles(/./)
    .filter((file) => file.startsWith(folder))
    .map((file) => file.slice(folder.length));
}

describe('the copy of the Rust crate in the cookbook', () => {
  const wanted = filesBelow(CRATE).filter(isCopied).sort();

  it('has the files of the crate, and no other', () => {
    assert.ok(wanted.length > 10, wanted.join(', '));
    assert.deepEqual(filesBelow(COPY).sort(), wanted);
  });

  for (const path of wanted) {
    it(`has ${path} as the crate has it`, () => {
      assert.equal(readFileSync(join(root, COPY, path), 'utf8'), readFileSync(join(root, CRATE, path), 'utf8'));
    });
  }
});
