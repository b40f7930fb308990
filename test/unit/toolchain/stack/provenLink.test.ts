/** The events of the link between scheduler and cell that `dev up` gets. */
import assert from 'node:assert/strict';
import { GrafosError } from '../../../../base/grafosError.ts';
import { provenLink } from '../../../../toolchain/stack/provenLink.ts';

const CELL = { control: '127.0.0.1:1', transport: 'auto' } as const;
const never = new Promise<string>(() => {});

describe('the link of a scheduler to its cell', () => {
  for (const transport of ['quic', 'tcp'] as const) {
    it(`is proven when the scheduler says ${transport}`, async () => {
      const later = Promise.withResolvers<string>();
      const proven = provenLink(later.promise, CELL, new AbortController().signal);
      later.resolve(transport);
      assert.equal(await proven, transport);
    });
  }

  it('is not waited for once the scheduler has ended', async () => {
    const ended = new GrafosError('daemon_exited', 'scheduler ended');
    await assert.rejects(provenLink(Promise.reject(ended), CELL, new AbortController().signal), ended);
  });

  it('is not waited for once the start is interrupted, before or meanwhile', async () => {
    const why = new Error('enough');
    await assert.rejects(provenLink(never, CELL, AbortSignal.abort(why)), why);
    const abort = new AbortController();
    const proven = provenLink(never, CELL, abort.signal);
    abort.abort(why);
    await assert.rejects(proven, why);
  });
});
