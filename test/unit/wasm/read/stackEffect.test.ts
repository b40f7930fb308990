import assert from 'node:assert/strict';
import { FC_IMMEDIATES, FD_IMMEDIATES, IMMEDIATES, Immediate, Op } from '../../../../wasm/read/opcodes.ts';
import { EFFECTS, FC_EFFECTS, FD_EFFECTS } from '../../../../wasm/read/stackEffect.ts';
import { section, u32, VOID_TYPE, wasmModule } from '../../../helpers/wasmBytes.ts';

/** Code that leaves one operand of each type: i32, i64, f32, f64, v128, funcref. */
const OPERANDS = [
  [0x41, 0],
  [0x42, 0],
  [0x43, 0, 0, 0, 0],
  [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
  [0xfd, 12, ...Array(16).fill(0)],
  [0xd0, 0x70],
];

/** Zeros, as far as the kind of immediate has them: index 0, no alignment, lane 0. */
const IMMEDIATE_BYTES: Record<number, number[]> = {
  [Immediate.none]: [],
  [Immediate.index]: [0],
  [Immediate.i32]: [0],
  [Immediate.i64]: [0],
  [Immediate.twoIndexes]: [0, 0],
  [Immediate.memarg]: [0, 0],
  [Immediate.f32]: [0, 0, 0, 0],
  [Immediate.f64]: Array(8).fill(0),
  [Immediate.selectTypes]: [1, 0x7f],
  [Immediate.memory]: [0],
  [Immediate.twoMemories]: [0, 0],
  [Immediate.indexAndMemory]: [0, 0],
  [Immediate.refType]: [0x70],
  [Immediate.memargLane]: [0, 0, 0],
  [Immediate.lane]: [0],
  [Immediate.v128]: Array(16).fill(0),
  [Immediate.shuffle]: Array(16).fill(0),
};

/** The engine's judgement on a function of this code, with a memory, a table and all else at 0. */
function isValid(code: number[]): boolean {
  const body = [1, 1, 0x7f, ...code, Op.end];
  return WebAssembly.validate(
    Uint8Array.from(
      wasmModule(
        VOID_TYPE,
        section(3, [1, 0]),
        section(4, [1, 0x70, 0, 1]),
        section(5, [1, 0, 1]),
        section(6, [1, 0x7f, 1, 0x41, 0, 0x0b]),
        // A passive segment, which also declares the function for ref.func.
        section(9, [1, 1, 0, 1, 0]),
        section(12, [1]),
        section(10, [1], u32(body.length), body),
        section(11, [1, 1, 0]),
      ),
    ),
  );
}

/** Says whether the instruction is valid with this number of operands, and leaves these values. */
function fits(instruction: number[], pops: number, pushes: number): boolean {
  if (pops < 0 || pushes < 0) return false;
  const drops = Array(pushes).fill(0x1a);
  const tried = (operands: number[], left: number): boolean =>
    left === 0
      ? isValid([...operands, ...instruction, ...drops])
      : OPERANDS.some((operand) => tried([...operands, ...operand], left - 1));
  return tried([], pops);
}

describe('the effects of instructions on the stack', () => {
  const tables = [
    { what: 'one byte', prefix: [], effects: EFFECTS, immediates: IMMEDIATES, from: 0x1a },
    { what: 'the prefix fc', prefix: [0xfc], effects: FC_EFFECTS, immediates: FC_IMMEDIATES, from: 0 },
    { what: 'the prefix fd', prefix: [0xfd], effects: FD_EFFECTS, immediates: FD_IMMEDIATES, from: 0 },
  ];
  for (const { what, prefix, effects, immediates, from } of tables) {
    it(`are those of the engine: opcodes of ${what}`, () => {
      let looked = 0;
      for (let opcode = from; opcode < immediates.length; opcode++) {
        const bytes = IMMEDIATE_BYTES[immediates[opcode] as number];
        if (bytes === undefined) continue;
        looked++;
        const instruction = [...prefix, ...(prefix.length === 0 ? [opcode] : u32(opcode)), ...bytes];
        const [pops, pushes] = [effects.pops[opcode] as number, effects.pushes[opcode] as number];
        const name = `${instruction.map((byte) => byte.toString(16)).join(' ')}: ${pops} to ${pushes}`;
        assert.equal(fits(instruction, pops, pushes), true, name);
        // One operand less, and one value less, has the same effect on the height.
        assert.equal(fits(instruction, pops - 1, pushes - 1), false, `${name}, and with less`);
      }
      assert.ok(looked > (prefix.length === 0 ? 150 : 15), `${looked} opcodes`);
    });
  }

  it('leave a NaN of the shape that the instruction has, and only where there is a result', () => {
    for (const { effects, immediates } of tables) {
      for (let opcode = 0; opcode < immediates.length; opcode++) {
        if (effects.makes[opcode] !== 0 || effects.sure[opcode] !== 0) {
          assert.equal(effects.pushes[opcode], 1);
          assert.ok(effects.makes[opcode] === 0 || effects.sure[opcode] === 0);
        }
        if (effects.blind[opcode] !== 0) assert.ok((effects.pops[opcode] as number) > 0);
      }
    }
  });
});
