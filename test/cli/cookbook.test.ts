import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
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

  it('multi-cloud-deploy says where it ran, whatever its input asks for', async () => {
    await using program = await cookbookCopy('multi-cloud-deploy');
    const cwd = program.path;
    await grafosJson(['dev', 'up'], { cwd });
    try {
      await grafosJson(['tasklet', 'build'], { cwd });
      for (const [input, echoLength] of [
        ['inputs/local.json', 5],
        ['inputs/aws.json', 11],
      ] as const) {
        const { output, cell_id } = await grafosJson<RunResponse>(['deploy', 'run', '--input', input], { cwd });
        assert.match(cell_id ?? '', /^local-/);
        assert.deepEqual(output, {
          ran_on: { provider: 'local', cell_id, region: 'local' },
          echo_len: echoLength,
          module_version: '0.1.0',
        });
      }
    } finally {
      await grafosJson(['dev', 'down'], { cwd });
    }
  });
});
