import assert from 'node:assert/strict';
import { betweenTurns, createYield, hasOthers, noteStep, STEPS_MS, TURN_BYTES } from '../../../base/bulkTurns.ts';

describe('turns of bulk', () => {
  afterEach(() => noteStep(Number.NEGATIVE_INFINITY));

  for (const [what, noted, now, others] of [
    ['no step was ever done', Number.NEGATIVE_INFINITY, 0, false],
    ['a step is done now', 1000, 1000, true],
    ['a step was done a moment ago', 1000, 1000 + STEPS_MS - 0.1, true],
    ['the last step is long ago', 1000, 1000 + STEPS_MS, false],
  ] as const)
    it(`leave others ${others ? 'a time' : 'one turn'} where ${what}`, () => {
      noteStep(noted);
      assert.equal(hasOthers(now), others);
    });

  it('end after as many bytes as a turn has, and then begin anew', () => {
    const yieldAfter = createYield();
    const ends = [TURN_BYTES - 1, 1, TURN_BYTES - 1, 1, 2 * TURN_BYTES, 1].map(
      (size) => yieldAfter(size) !== undefined,
    );
    assert.deepEqual(ends, [false, true, false, true, true, false]);
  });

  /** The place of the wait between two callbacks of one turn: a timer never fires between them. */
  async function placeOfWait(): Promise<number> {
    const order: string[] = [];
    const before = new Promise<void>((resolve) => setImmediate(() => resolve(void order.push('before'))));
    const wait = betweenTurns().then(() => order.push('wait'));
    const after = new Promise<void>((resolve) => setImmediate(() => resolve(void order.push('after'))));
    await Promise.all([before, wait, after]);
    return order.indexOf('wait');
  }

  it('wait for one turn while nobody else is at work', async () => {
    for (let count = 0; count < 20; count++) assert.equal(await placeOfWait(), 1);
  });

  it('wait for a timer while somebody is', async () => {
    for (let count = 0; count < 20; count++) {
      noteStep();
      assert.notEqual(await placeOfWait(), 1);
    }
  });
});
