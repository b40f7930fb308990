import assert from 'node:assert/strict';
import type { LiveLease } from '../../../../../daemons/fabricbiosd/leases/leaseTable.ts';
import { type Change, changesBetween, LeaseWatchers } from '../../../../../daemons/fabricbiosd/leases/leaseWatchers.ts';

function lease(id: string, bytes: number): LiveLease {
  const window = new Uint8Array(new SharedArrayBuffer(bytes));
  return { id, tenant: 't', runId: null, offset: 0, bytes, generation: 1, expiresAt: 0, window, holder: null };
}

describe('ranges that changed', () => {
  for (const [what, positions, expected] of [
    ['nothing', [], []],
    ['one byte', [5], [[5, 1]]],
    ['bytes side by side', [5, 6, 7], [[5, 3]]],
    ['bytes close together', [5, 40], [[5, 36]]],
    [
      'bytes far apart',
      [0, 100, 255],
      [
        [0, 1],
        [100, 1],
        [255, 1],
      ],
    ],
  ] as const) {
    it(`are found: ${what}`, () => {
      const before = new Uint8Array(256);
      const after = Uint8Array.from(before);
      for (const at of positions) after[at] = 1;
      assert.deepEqual(
        changesBetween(before, after),
        expected.map(([offset, length]) => ({ offset, length })),
      );
    });
  }
});

describe('lease watchers', () => {
  it('are told of writes over the data plane in their range, cut to it, until they end', () => {
    const watchers = new LeaseWatchers();
    const watched = lease('a', 256);
    const seen: Change[] = [];
    const stop = watchers.watch(watched, { offset: 10, length: 10 }, (change) => seen.push(change));
    watchers.wrote(watched, { offset: 0, length: 10 });
    watchers.wrote(watched, { offset: 5, length: 6 });
    watchers.wrote(watched, { offset: 19, length: 100 });
    watchers.wrote(lease('b', 256), { offset: 10, length: 1 });
    stop();
    watchers.wrote(watched, { offset: 10, length: 1 });
    assert.deepEqual(seen, [
      { offset: 10, length: 1 },
      { offset: 19, length: 1 },
    ]);
  });

  it('are told at the end of a run what it changed, and of a write over the data plane only once', () => {
    const watchers = new LeaseWatchers();
    const watched = lease('a', 256);
    const seen: Change[] = [];
    watchers.watch(watched, { offset: 0, length: 256 }, (change) => seen.push(change));
    watchers.runStarted(watched);
    watched.window[100] = 1;
    watched.window[200] = 2;
    watchers.wrote(watched, { offset: 200, length: 1 });
    watchers.runEnded(watched);
    watchers.runEnded(watched);
    assert.deepEqual(seen, [
      { offset: 200, length: 1 },
      { offset: 100, length: 1 },
    ]);
  });

  it('are told of what a run changes while it goes on', async () => {
    const watchers = new LeaseWatchers();
    const watched = lease('a', 256);
    watchers.runStarted(watched);
    const change = new Promise<Change>((resolve) => watchers.watch(watched, { offset: 0, length: 256 }, resolve));
    watched.window[3] = 1;
    assert.deepEqual(await change, { offset: 3, length: 1 });
    watchers.forget(watched);
  });

  it('cost nothing when nobody watches or no run is in the lease', () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const watchers = new LeaseWatchers();
    const watched = lease('a', 256);
    watchers.runStarted(watched);
    assert.equal(timers(), before, 'a run alone');
    const stop = watchers.watch(watched, { offset: 0, length: 1 }, () => {});
    assert.equal(timers(), before + 1, 'watched while it runs');
    stop();
    assert.equal(timers(), before, 'not watched any more');
    watchers.watch(watched, { offset: 0, length: 1 }, () => {});
    watchers.runEnded(watched);
    assert.equal(timers(), before, 'the run is over');
  });
});
