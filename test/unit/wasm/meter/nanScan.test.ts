import assert from 'node:assert/strict';
import { NanScan } from '../../../../wasm/meter/nanScan.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { signaturesOf } from '../../../../wasm/read/signatures.ts';
import { Shape } from '../../../../wasm/read/stackEffect.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { functionBodies } from '../../../helpers/functionBodies.ts';

const LOCALS = { f32: 0x7d, f64: 0x7c, v128: 0x7b, i32: 0x7f } as const;
type LocalType = keyof typeof LOCALS;

/**
 * Scans a function of one f32, one f64 and one v128, which are locals 0 to 2.
 *
 * @param locals types of the locals from 3 on
 * @returns for each place the number of the instruction before it, and the shape
 */
function scan(body: string, locals: readonly LocalType[] = []): string[] {
  const bytes = compileWat(`(module (memory 1) (global $g (mut f32) (f32.const 0))
    (func $take (param f32)) (func $give (result f32) f32.const 0)
    (func (param f32 f64 v128) ${locals.map((type) => `(local ${type})`).join(' ')} ${body}))`);
  const nans = new NanScan(signaturesOf(readModule(bytes)));
  const { first, end, instructions } = functionBodies(bytes)[2] as ReturnType<typeof functionBodies>[number];
  nans.scan(
    bytes,
    first,
    end,
    3,
    Uint8Array.from(locals, (type) => LOCALS[type]),
  );
  const names = Object.keys(Shape);
  return nans.after.map((after, at) => `${instructions.indexOf(after) - 1} ${names[nans.shape[at] as number]}`);
}

const SUM = 'local.get 0 local.get 0 f32.add';
const SUM64 = 'local.get 1 local.get 1 f64.add';
const SUMS = 'local.get 2 local.get 2 f32x4.add';

const TABLE: ReadonlyArray<readonly [what: string, body: string, found: readonly string[], locals?: LocalType[]]> = [
  ['a sum whose bits are read', `${SUM} i32.reinterpret_f32 drop`, ['2 f32']],
  ['a double sum whose bits are read', `${SUM64} i64.reinterpret_f64 drop`, ['2 f64']],
  ['a sum that is stored', `i32.const 0 ${SUM} f32.store`, ['3 f32']],
  ['a sum whose sign is read', `${SUM} local.get 0 f32.copysign drop`, ['2 f32']],
  ['a sum that a global keeps', `${SUM} global.set $g`, ['2 f32']],
  ['a sum that a call takes', `${SUM} call $take`, ['2 f32']],
  ['a sum that is dropped', `${SUM} drop`, []],
  ['a sum that is compared', `${SUM} f32.const 1 f32.lt drop`, []],
  ['a sum that becomes an integer', `${SUM} i32.trunc_sat_f32_s drop`, []],
  ['the last of several sums', `${SUM} local.get 0 f32.mul i32.reinterpret_f32 drop`, ['4 f32']],
  ['a sum of another width', `${SUM} f64.promote_f32 i64.reinterpret_f64 drop`, ['3 f64']],
  ['bits that are no sum', 'local.get 0 i32.reinterpret_f32 drop', []],
  ['an integer made a float', 'i32.const 1 f32.convert_i32_s i32.reinterpret_f32 drop', []],
  ['what a call gives', 'call $give i32.reinterpret_f32 drop', []],
  ['lanes of floats read as integers', `${SUMS} i32x4.extract_lane 0 drop`, ['2 f32x4']],
  ['lanes of another shape', `${SUMS} local.get 2 f64x2.add drop`, ['2 f32x4']],
  ['lanes of the same shape', `${SUMS} local.get 2 f32x4.mul drop`, []],
  ['a splat of a sum', `${SUM} f32x4.splat i32x4.extract_lane 0 drop`, ['2 f32']],
  ['a parameter that is set', `${SUM} local.set 0`, ['2 f32']],
  ['a local at its use', `${SUM} local.set 3 local.get 3 i32.reinterpret_f32 drop`, ['4 f32'], ['f32']],
  ['a local that is never read', `${SUM} local.set 3`, [], ['f32']],
  ['a local that is compared', `${SUM} local.set 3 local.get 3 f32.const 1 f32.lt drop`, [], ['f32']],
  ['a local of constants', 'f32.const 1 local.set 3 local.get 3 i32.reinterpret_f32 drop', [], ['f32']],
  ['a local read before it is set', `local.get 3 i32.reinterpret_f32 drop ${SUM} local.set 3`, ['0 f32'], ['f32']],
  ['a local that also has given bits', `${SUM} local.set 3 local.get 0 local.set 3`, ['2 f32'], ['f32']],
  [
    'a local of two shapes',
    `${SUMS} local.set 3 local.get 2 local.get 2 f64x2.add local.set 3`,
    ['2 f32x4', '6 f64x2'],
    ['v128'],
  ],
  ['a local set from another', `${SUM} local.set 3 local.get 3 local.set 4`, ['4 f32'], ['f32', 'f32']],
  ['a tee', `${SUM} local.tee 3 i32.reinterpret_f32 drop`, ['3 f32'], ['f32']],
  [
    'a local that also has a NaN of given bits',
    `${SUM} local.set 3 f32.const nan:0x200001 local.set 3`,
    ['2 f32'],
    ['f32'],
  ],
  ['a result of a block', `block (result f32) ${SUM} end drop`, ['3 f32']],
  ['a value that is there at a branch', `block ${SUM} i32.const 1 br_if 0 drop end`, ['3 f32']],
  ['values of a loop', `${SUM} loop (param f32) drop end`, ['2 f32']],
  ['a value under a block without parameters', `${SUM} block nop end drop`, ['2 f32']],
  ['dead code', `unreachable ${SUM} i32.reinterpret_f32 drop block end`, []],
  ['code after dead code', `block br 0 nop end ${SUM} i32.reinterpret_f32 drop`, ['6 f32']],
  ['the other arm after a dead one', `i32.const 0 if br 0 else ${SUM} i32.reinterpret_f32 drop end`, ['6 f32']],
];

describe('NanScan', () => {
  for (const [what, body, found, locals] of TABLE) {
    it(what, () => assert.deepEqual(scan(body, locals), found));
  }

  it('scans one body after another, without what it knew of the first', () => {
    const bytes = compileWat(
      `(module (func (param f32) (result f32) ${SUM}) (func (param f32) (result f32) local.get 0))`,
    );
    const nans = new NanScan(signaturesOf(readModule(bytes)));
    const counts = functionBodies(bytes).map(({ first, end }) => {
      nans.scan(bytes, first, end, 1, new Uint8Array(0));
      return nans.after.length;
    });
    assert.deepEqual(counts, [1, 0]);
  });
});
