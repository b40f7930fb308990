import assert from 'node:assert/strict';
import { fabricCell } from '../helpers/fabricCell.ts';
import { soak } from '../helpers/soak.ts';

describe('runs on one cell, one after another', () => {
  it('find nothing of each other and end as they must, 4 000 times (npm run soak goes on for as long as asked)', async function () {
    this.timeout(120_000);
    await using cell = await fabricCell({ transport: 'tcp', workers: 2 });
    const client = await cell.connect();
    const ends: number[] = [];
    const { wrong, took } = await soak({ client, runs: 4_000, clients: 4, onProgress: (done) => ends.push(done) });
    assert.deepEqual(wrong, []);
    assert.equal(ends.length, 100);
    assert.ok(took.every((ms) => ms > 0));
  });

  it('use the same fuel in one worker as in four', async () => {
    const fuelsOf = async (workers: number) => {
      await using cell = await fabricCell({ transport: 'tcp', workers });
      const { wrong, fuels } = await soak({ client: await cell.connect(), runs: 400, clients: 8, onProgress() {} });
      assert.deepEqual(wrong, []);
      return [...fuels].sort();
    };
    assert.deepEqual(await fuelsOf(1), await fuelsOf(4));
  });
});
