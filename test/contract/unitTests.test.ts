import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFiles } from '../../scripts/repositoryFiles.ts';

const root = join(import.meta.dirname, '..', '..');
const LIST = 'test/contract/withoutUnitTest.txt';

/** Lines above which a source must have a unit test of its own name. */
const LINES = 80;
const ROOMS = /^(?:base|cli|daemons|extension|language-server|program|toolchain|typescript-plugin|wasm)\//;

/** `base/limits.ts` is tested in `test/unit/base/limits.test.ts`. */
const testOf = (source: string) => `test/unit/${source.replace(/\.ts$/, '.test.ts')}`;

/**
 * The faults of a list of exceptions, each as `path: fault`.
 *
 * @param lines number of lines of each source
 */
function listFaults(
  excepted: readonly string[],
  lines: ReadonlyMap<string, number>,
  hasTest: (source: string) => boolean,
) {
  const missing = [...lines]
    .filter(([source, count]) => count > LINES && !hasTest(source) && !excepted.includes(source))
    .map(([source]) => `${source}: has no ${testOf(source)}, and is not in ${LIST}`);
  const needless = excepted.flatMap((source) => {
    const count = lines.get(source);
    if (count === undefined) return [`${source}: is gone`];
    if (count <= LINES) return [`${source}: is short`];
    return hasTest(source) ? [`${source}: has a test of its own`] : [];
  });
  return [...missing, ...needless];
}

describe('unit tests beside their names', () => {
  const sources = repositoryFiles(/\.ts$/).filter((file) => ROOMS.test(file) && !file.endsWith('.d.ts'));
  const excepted = readFileSync(join(root, LIST), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

  it('there is one for each long source, or a line in the list, which only shrinks', () => {
    const lines = new Map(sources.map((file) => [file, readFileSync(join(root, file), 'utf8').split('\n').length - 1]));
    assert.ok(lines.size > 700, `${lines.size} sources`);
    assert.deepEqual(
      listFaults(excepted, lines, (source) => existsSync(join(root, testOf(source)))),
      [],
    );
    assert.deepEqual(excepted, [...new Set(excepted)].sort(), 'the list has an order, and each file once');
  });

  it('there is a room for each in the sources', () => {
    const rooms = new Set(
      repositoryFiles(/\//).flatMap((file) => file.split('/').map((_, at, parts) => parts.slice(0, at).join('/'))),
    );
    const folders = repositoryFiles(/^test\/unit\/.*\.test\.ts$/).map((file) => file.split('/').slice(2, -1).join('/'));
    assert.ok(folders.length > 90, `${folders.length} tests`);
    assert.deepEqual(
      [...new Set(folders)].filter((folder) => !rooms.has(folder)),
      [],
    );
  });

  const faults: Array<[string, string[], Record<string, number>, string[], string[]]> = [
    ['a long source without a test', [], { 'base/a.ts': 81 }, [], ['base/a.ts']],
    ['nothing, for a short one', [], { 'base/a.ts': 80 }, [], []],
    ['nothing, for one with a test', [], { 'base/a.ts': 81 }, ['base/a.ts'], []],
    ['nothing, for one in the list', ['base/a.ts'], { 'base/a.ts': 81 }, [], []],
    ['one in the list that has a test', ['base/a.ts'], { 'base/a.ts': 81 }, ['base/a.ts'], ['base/a.ts']],
    ['one in the list that became short', ['base/a.ts'], { 'base/a.ts': 80 }, [], ['base/a.ts']],
    ['one in the list that is gone', ['base/a.ts'], {}, [], ['base/a.ts']],
  ];
  for (const [what, list, lines, tested, found] of faults) {
    it(`${what} is found`, () => {
      const got = listFaults(list, new Map(Object.entries(lines)), (source) => tested.includes(source));
      assert.deepEqual(
        got.map((fault) => fault.split(':')[0]),
        found,
      );
    });
  }
});
