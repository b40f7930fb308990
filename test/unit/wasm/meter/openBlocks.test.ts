import assert from 'node:assert/strict';
import { BlockKind, OpenBlocks } from '../../../../wasm/meter/openBlocks.ts';
import { MODULE_LIMITS } from '../../../../wasm/read/moduleLimits.ts';
import { WasmInvalidError } from '../../../../wasm/read/wasmInvalid.ts';

function inFunction(): OpenBlocks {
  const blocks = new OpenBlocks();
  blocks.begin(true, 0);
  return blocks;
}

describe('open blocks', () => {
  it('begin with the function itself, also after another function', () => {
    const blocks = inFunction();
    blocks.open(BlockKind.loop, 0, false, 1);
    blocks.branch(0, 2);
    blocks.begin(false, 3);
    assert.deepEqual([blocks.depth, blocks.loopDepth, blocks.targeted[0], blocks.empty[0]], [0, 0, 0, 0]);
  });

  it('forget what an earlier block at their depth left', () => {
    const blocks = inFunction();
    blocks.open(BlockKind.if, 1, true, 1);
    blocks.branch(0, 2);
    blocks.owed[1] = 5;
    blocks.depth--;
    blocks.open(BlockKind.block, 0, false, 3);
    const { kinds, targeted, openedDead, empty, owed } = blocks;
    assert.deepEqual([kinds[1], targeted[1], openedDead[1], empty[1], owed[1]], [BlockKind.block, 0, 0, 0, 0]);
  });

  it('take branches by their label, and tell the one that leaves the function', () => {
    const blocks = inFunction();
    blocks.open(BlockKind.block, 0, true, 1);
    blocks.open(BlockKind.loop, 0, true, 2);
    assert.equal(blocks.branch(0, 3), false);
    assert.deepEqual([...blocks.targeted.subarray(0, 3)], [0, 0, 1]);
    assert.equal(blocks.branch(2, 4), true);
    assert.deepEqual([...blocks.targeted.subarray(0, 3)], [1, 0, 1]);
    assert.throws(
      () => blocks.branch(3, 77),
      (error) => error instanceof WasmInvalidError && error.reason === 'malformed' && error.offset === 77,
    );
  });

  it('know the innermost loop, also with other blocks between', () => {
    const blocks = inFunction();
    blocks.open(BlockKind.loop, 0, true, 1);
    blocks.open(BlockKind.block, 0, true, 2);
    blocks.open(BlockKind.loop, 0, true, 3);
    assert.equal(blocks.loopDepth, 3);
    blocks.leaveLoop();
    blocks.depth -= 2;
    assert.equal(blocks.loopDepth, 1);
    blocks.leaveLoop();
    assert.equal(blocks.loopDepth, 0);
  });

  it('nest as deep as a module may, keep what they know as they grow, and no deeper', () => {
    const blocks = inFunction();
    for (let depth = 1; depth <= MODULE_LIMITS.nesting; depth++) {
      blocks.open(depth % 2 === 0 ? BlockKind.loop : BlockKind.if, 0, depth % 3 === 0, depth);
      blocks.owed[depth] = depth;
    }
    blocks.branch(MODULE_LIMITS.nesting - 5, 0);
    for (const depth of [1, 5, 255, 256, 257, 5000, MODULE_LIMITS.nesting]) {
      assert.deepEqual(
        [blocks.kinds[depth], blocks.empty[depth], blocks.owed[depth], blocks.targeted[depth]],
        [depth % 2 === 0 ? BlockKind.loop : BlockKind.if, depth % 3 === 0 ? 1 : 0, depth, depth === 5 ? 1 : 0],
        `depth ${depth}`,
      );
    }
    assert.equal(blocks.loopDepth, MODULE_LIMITS.nesting);
    assert.throws(
      () => blocks.open(BlockKind.block, 0, true, 99),
      (error) => error instanceof WasmInvalidError && error.reason === 'limit' && error.offset === 99,
    );
  });
});
