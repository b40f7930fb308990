import assert from 'node:assert/strict';
import { STEP_KINDS, StepKind } from '../../../../wasm/meter/stepKind.ts';
import { mayTrap } from '../../../../wasm/read/mayTrap.ts';
import { IMMEDIATES, Immediate, Op } from '../../../../wasm/read/opcodes.ts';

describe('the kind of an instruction', () => {
  for (const [name, opcode, kind] of [
    ['unreachable', Op.unreachable, StepKind.control],
    ['return_call_indirect', Op.returnCallIndirect, StepKind.control],
    ['memory.grow', Op.memoryGrow, StepKind.control],
    ['memory.size', 0x3f, StepKind.plain],
    ['drop', 0x1a, StepKind.bare],
    ['local.get', Op.localGet, StepKind.local],
    ['local.tee', Op.localTee, StepKind.local],
    ['global.get', Op.globalGet, StepKind.plain],
    ['table.get', 0x25, StepKind.traps],
    ['i32.load', 0x28, StepKind.traps],
    ['i64.store32', 0x3e, StepKind.traps],
    ['i32.const', 0x41, StepKind.plain],
    ['i32.div_u', 0x6e, StepKind.traps],
    ['i32.add', 0x6a, StepKind.bare],
    ['i32.trunc_f32_s', 0xa8, StepKind.traps],
    ['i32.reinterpret_f32', 0xbc, StepKind.bare],
    ['ref.func', 0xd2, StepKind.plain],
    ['the prefix of bulk memory', Op.prefixFc, StepKind.prefixed],
    ['the prefix of vectors', Op.prefixFd, StepKind.prefixed],
    ['an unknown opcode', 0xff, StepKind.plain],
  ] as const)
    it(`${name}`, () => assert.equal(STEP_KINDS[opcode], kind));

  it('says of no instruction without a prefix what its own table does not', () => {
    for (let opcode = Op.returnCallIndirect + 1; opcode < Op.prefixFc; opcode++) {
      const kind = STEP_KINDS[opcode];
      if (opcode === Op.memoryGrow) continue;
      assert.equal(kind === StepKind.traps, mayTrap(Uint8Array.of(opcode), 0, opcode), `0x${opcode.toString(16)}`);
      if (kind === StepKind.bare) assert.equal(IMMEDIATES[opcode], Immediate.none, `0x${opcode.toString(16)}`);
    }
  });
});
