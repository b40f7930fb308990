import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFiles } from '../../scripts/repositoryFiles.ts';

const root = join(import.meta.dirname, '..', '..');
const AT_LOAD = /^(?:const|let) \w+ = AbortSignal\.timeout\(/m;

describe('deadlines of tests', () => {
  it('begin with the test, not when its file is loaded among all others', () => {
    const found = repositoryFiles(/^test\/.*\.ts$/).filter((path) =>
      AT_LOAD.test(readFileSync(join(root, path), 'utf8')),
    );
    assert.deepEqual(found, []);
  });

  it('are found where they begin at load', () => {
    assert.ok(AT_LOAD.test("import a from 'a';\nconst SIGNAL = AbortSignal.timeout(9);\n"));
    assert.ok(!AT_LOAD.test('const signal = () => AbortSignal.timeout(9);\n'));
  });
});
