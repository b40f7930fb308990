import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../daemons/protocol/packageRoot.ts';
import { grafosJson } from '../helpers/grafosCommand.ts';
import { cookbookCopy } from '../helpers/programCopy.ts';

const recipes = readdirSync(join(packageRoot, 'cookbook'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe('the cookbook', () => {
  it('has the published recipes', () => {
    const published = [
      'local-dev',
      'multi-cloud-deploy',
      'distributed-counter',
      'shared-list',
      'object-storage',
      'stream-pipeline',
      'rpc-service',
    ];
    for (const name of [...published, 'local-dev-rust']) assert.ok(recipes.includes(name), name);
  });

  for (const recipe of recipes) {
    it(`${recipe} builds, validates without findings and passes its fixtures on a real cell`, async () => {
      await using program = await cookbookCopy(recipe);
      const cwd = program.path;
      await grafosJson(['tasklet', 'build'], { cwd });
      const { findings } = await grafosJson<{ findings: unknown[] }>(['validate'], { cwd });
      assert.deepEqual(findings, []);
      const { passed, failed } = await grafosJson<{ passed: number; failed: number }>(['test', '--no-build'], { cwd });
      assert.equal(failed, 0);
      assert.ok(passed >= 3, `${passed} cases`);
    });
  }
});
