import assert from 'node:assert/strict';
import { WaitingRoom } from '../../../../daemons/doors/waitingRoom.ts';

describe('a waiting room', () => {
  it('ends what waited longest when it is full', () => {
    const ended: number[] = [];
    const room = new WaitingRoom(2);
    const leave = [0, 1, 2, 3].map((guest) => room.enter(() => ended.push(guest)));
    assert.deepEqual(ended, [0, 1]);
    assert.equal(room.size, 2);
    leave[2]?.();
    room.enter(() => ended.push(4));
    assert.deepEqual(ended, [0, 1], 'one that left makes room');
    assert.equal(room.endOldest(), true);
    assert.deepEqual(ended, [0, 1, 3]);
  });

  it('ends each once, and none that left', async () => {
    const ended: number[] = [];
    const room = new WaitingRoom(8, 20);
    const leave = room.enter(() => ended.push(0));
    await new Promise<void>((resolve) => {
      room.enter(() => {
        ended.push(1);
        resolve();
      });
      leave();
      leave();
      setTimeout(resolve, 10_000).unref();
    });
    assert.deepEqual(ended, [1]);
    assert.equal(room.size, 0);
    assert.equal(room.endOldest(), false);
  });
});
