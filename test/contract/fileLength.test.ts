import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFiles } from '../../scripts/repositoryFiles.ts';

const root = join(import.meta.dirname, '..', '..');
const ROOMS =
  /^(?:base|cli|daemons|extension|language-server|media|program|toolchain|typescript-plugin|wasm)\/.*\.[jt]s$/;

/** Lines of a source at most. A longer one holds more than one thing. */
const LINES_MAX = 450;

function tooLong(sources: ReadonlyMap<string, string>): string[] {
  return [...sources].flatMap(([path, text]) => {
    const count = text.split('\n').length - 1;
    return count > LINES_MAX ? [`${path}: ${count} lines`] : [];
  });
}

describe('sources', () => {
  it(`have at most ${LINES_MAX} lines`, () => {
    const sources = new Map(repositoryFiles(ROOMS).map((path) => [path, readFileSync(join(root, path), 'utf8')]));
    assert.ok(sources.size > 900, `${sources.size} sources`);
    assert.deepEqual(tooLong(sources), []);
  });

  it('are found when they are longer', () => {
    const lines = (count: number) => 'x\n'.repeat(count);
    const sources = new Map([
      ['a.ts', lines(LINES_MAX)],
      ['b.ts', lines(LINES_MAX + 1)],
    ]);
    assert.deepEqual(tooLong(sources), [`b.ts: ${LINES_MAX + 1} lines`]);
  });
});
