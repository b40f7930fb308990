import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

describe('the types of the dashboard', () => {
  it('are checked: no script opts out, and the check has its own step', () => {
    const scripts = globSync('media/dashboard/*.js', { cwd: root });
    assert.ok(scripts.length > 6);
    for (const script of scripts)
      assert.doesNotMatch(
        readFileSync(join(root, script), 'utf8'),
        /@ts-(?:nocheck|ignore|expect-error)|@type \{any\}/,
        script,
      );
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'media/tsconfig.json'), 'utf8'));
    assert.deepEqual(
      [compilerOptions.checkJs, compilerOptions.strict, compilerOptions.noImplicitAny],
      [true, undefined, undefined],
    );
    const { scripts: npm } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.ok(npm.check.split(' && ').includes('tsc -p media'), npm.check);
  });
});
