import assert from 'node:assert/strict';
import { DEPTH_MAX } from '../../../../wasm/meter/balance.ts';
import { frameWeight } from '../../../../wasm/meter/frameWeight.ts';
import { KeptValues } from '../../../../wasm/meter/keptValues.ts';
import { BinaryReader } from '../../../../wasm/read/binaryReader.ts';
import { MODULE_LIMITS } from '../../../../wasm/read/moduleLimits.ts';
import { Op } from '../../../../wasm/read/opcodes.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { SECTION } from '../../../../wasm/read/section.ts';
import { signaturesOf } from '../../../../wasm/read/signatures.ts';
import { skipLocals } from '../../../../wasm/read/skipLocals.ts';
import { type FunctionType, functionType } from '../../../../wasm/read/wasmModule.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { decodeBody } from '../../../helpers/decodeBody.ts';
import { DEEP_FRAMES } from '../../../helpers/deepFrames.ts';
import { frameValues } from '../../../helpers/frameValues.ts';
import { generateProgram } from '../../../helpers/generateProgram.ts';
import { instantiateMetered } from '../../../helpers/runMetered.ts';

/** Values of each function of a module: as the meter counts them, and as the reference does. */
function countBoth(bytes: Uint8Array): Array<[meter: number, reference: number]> {
  const module = readModule(bytes);
  const kept = new KeptValues(signaturesOf(module));
  const counts: Array<[number, number]> = [];
  const code = module.sections.find(({ id }) => id === SECTION.code);
  if (code === undefined) return counts;
  const reader = new BinaryReader(bytes, code.offset, code.offset + code.size);
  const count = reader.u32();
  for (let body = 0; body < count; body++) {
    const size = reader.u32();
    const end = reader.pos + size;
    const type = module.types[module.functions[body] as number] as FunctionType;
    const { code: tree } = decodeBody(new BinaryReader(bytes, reader.pos, end), module);
    const reference = frameValues(tree, ({ op, immediates: [index = 0] }) =>
      op === Op.call || op === Op.returnCall
        ? (functionType(module, index) as FunctionType)
        : (module.types[index] as FunctionType),
    );
    counts.push([kept.count(bytes, skipLocals(bytes, reader.pos, end), end, type.results.length), reference]);
    reader.pos = end;
  }
  return counts;
}

function assertSame(bytes: Uint8Array, what: string): void {
  for (const [meter, reference] of countBoth(bytes)) assert.equal(meter, reference, what);
}

/** Numbers for a generated program, the same for a seed each time. */
function tape(seed: number): number[] {
  let state = seed * 2_654_435_761 + 1;
  return Array.from({ length: 400 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 8;
  });
}

/** Units that each level of a recursion weighs. */
function unitsOf(wat: string): number {
  const instance = instantiateMetered(compileWat(wat));
  for (let units = 1; ; units++) if (instance.call('f', [49], 1e9, units * 50).tooDeep === false) return units;
}

describe('the values a frame keeps', () => {
  it('are counted as the reference counts them: the largest frames', () => {
    for (const [name, wat] of Object.entries(DEEP_FRAMES)) assertSame(compileWat(wat), name);
  });

  it('are counted as the reference counts them: generated programs', () => {
    for (let seed = 0; seed < 300; seed++) assertSame(compileWat(generateProgram(tape(seed))), `seed ${seed}`);
  });

  it('are few in a large function that computes little', () => {
    const large = (rest: string) => `(module (memory 1) (func $f (export "f") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))
        (else ${rest} (i32.const 0)))))`;
    // The interpreter loop of QuickJS has as many instructions.
    assert.equal(unitsOf(large('nop '.repeat(12_000))), 1);
    assert.equal(unitsOf(large('(drop (local.get 0))'.repeat(6_000))), 1);
    const arm = (at: number) => `(i32.store (i32.const 0) (i32.mul (local.get 0) (i32.const ${at})))`;
    const arms = Array.from({ length: 500 }, (_, at) => `(if (i32.const 1) (then ${arm(at).repeat(6)}))`);
    assert.equal(unitsOf(large(arms.join(' '))) <= 3, true);
  });

  it('never weigh so much that a function could not be entered', () => {
    const { locals, arity, instructions, passedValues } = MODULE_LIMITS;
    const values = passedValues + Math.ceil(instructions / 3);
    const weight = frameWeight({ locals: locals + arity, calls: instructions, values, vectors: true });
    assert.ok(weight < DEPTH_MAX / 2, `${weight} of ${DEPTH_MAX} units`);
  });
});
