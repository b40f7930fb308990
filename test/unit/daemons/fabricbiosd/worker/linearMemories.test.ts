import assert from 'node:assert/strict';
import { LinearMemories } from '../../../../../daemons/fabricbiosd/worker/linearMemories.ts';

const PAGE = 65_536;

describe('the linear memories of a run worker', () => {
  it('lends the same memory again, wiped', () => {
    const memories = new LinearMemories();
    const limits = { min: 2, max: 4 };
    const memory = memories.lend(limits);
    new Uint8Array(memory.buffer).fill(0xa5);
    assert.equal(memories.takeBack(memory, limits), 0);
    assert.equal(memories.lend(limits), memory);
    assert.ok(new Uint8Array(memory.buffer).every((byte) => byte === 0));
  });

  it('lends no memory to two at a time', () => {
    const memories = new LinearMemories();
    const limits = { min: 1, max: 1 };
    memories.takeBack(memories.lend(limits), limits);
    assert.notEqual(memories.lend(limits), memories.lend(limits));
  });

  it('gives up one that grew: it would be longer than the next module says', () => {
    const memories = new LinearMemories();
    const limits = { min: 1, max: 4 };
    const memory = memories.lend(limits);
    memory.grow(1);
    assert.equal(memories.takeBack(memory, limits), 2 * PAGE);
    const next = memories.lend(limits);
    assert.notEqual(next, memory);
    assert.equal(next.buffer.byteLength, PAGE);
  });

  it('keeps few of them, whatever their size', () => {
    const memories = new LinearMemories();
    const first = memories.lend({ min: 0, max: 1 });
    memories.takeBack(first, { min: 0, max: 1 });
    for (let max = 2; max <= 64; max++) memories.takeBack(memories.lend({ min: 0, max }), { min: 0, max });
    assert.equal(memories.lend({ min: 0, max: 1 }), first);
    memories.takeBack(first, { min: 0, max: 1 });
    for (let max = 101; max <= 164; max++) memories.takeBack(memories.lend({ min: 0, max }), { min: 0, max });
    assert.notEqual(memories.lend({ min: 0, max: 1 }), first);
  });

  it('lends one only where both limits are the same', () => {
    const memories = new LinearMemories();
    const memory = memories.lend({ min: 1, max: 4 });
    memories.takeBack(memory, { min: 1, max: 4 });
    const other = memories.lend({ min: 1, max: 3 });
    assert.notEqual(other, memory);
    assert.equal(other.grow(2), 1);
    assert.throws(() => other.grow(1), RangeError);
    assert.equal(memories.lend({ min: 2, max: 4 }).buffer.byteLength, 2 * PAGE);
  });

  it('keeps no large memory, and few of the others', () => {
    const memories = new LinearMemories();
    const large = { min: 65, max: 65 };
    assert.equal(memories.takeBack(memories.lend(large), large), 65 * PAGE);
    const kinds = Array.from({ length: 5 }, (_, at) => ({ min: 32, max: 100 + at }));
    const left = kinds.map((limits) => memories.takeBack(memories.lend(limits), limits));
    assert.deepEqual(left, [0, 0, 0, 0, 32 * PAGE]);
  });
});
