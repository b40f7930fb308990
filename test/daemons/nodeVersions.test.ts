import assert from 'node:assert/strict';
import { compareNodeVersions, missingForNodeVersions } from '../helpers/nodeVersions.ts';

const missing = missingForNodeVersions();
const title = 'give the same response.json, output and log, byte for byte but for run id, time and cell';

describe('the same deploys on Node 22, 24 and 26', () => {
  if (missing !== undefined) {
    it.skip(`${title} (skipped: ${missing})`);
    return;
  }
  it(title, async function () {
    this.timeout(300_000);
    const { versions, differences } = await compareNodeVersions();
    assert.deepEqual(differences, []);
    assert.deepEqual(
      versions.map(({ name }) => /^Node v(\d+)/.exec(name)?.[1]),
      ['22', '24', '26'],
    );
    for (const { name, runs } of versions) assert.ok(runs > 500, `${name}: ${runs} runs`);
  });
});
