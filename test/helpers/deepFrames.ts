/**
 * Recursions with no end whose frames are as large as we know to make them for what they weigh: operands and locals that live across the
 * call, arguments and results on the stack, values that the engine computes once and keeps, also those of functions it inlines.
 * Each exports `f`.
 */
const times = (count: number, text: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at)).join(' ');
const product = (at: number) => `(i32.mul (local.get 0) (i32.const ${at * 7 + 3}))`;
const less = '(call $f (i32.sub (local.get 0) (i32.const 1)))';
const f = (body: string, more = '') =>
  `(module (memory 1) ${more} (func $f (export "f") (param i32) (result i32) ${body}))`;
const i64s = (count: number) => 'i64 '.repeat(count);

export const DEEP_FRAMES: Record<string, string> = {
  'hardly any frame': f('(call $f (local.get 0))'),
  'two calls': f('(i32.add (call $f (local.get 0)) (call $f (local.get 0)))'),
  'an indirect call': f(
    '(i32.add (i32.const 1) (call_indirect (type $t) (local.get 0) (i32.const 0)))',
    '(type $t (func (param i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $f)',
  ),
  'a thousand operands': f(`${'local.get 0 '.repeat(1000)} local.get 0 call $f ${'i32.add '.repeat(1000)}`),
  'a thousand computed operands': f(`${times(1000, product)} local.get 0 call $f ${'i32.xor '.repeat(1000)}`),
  'three thousand constants': f(
    `${times(3000, (at) => `i32.const ${at}`)} local.get 0 call $f ${'i32.xor '.repeat(3000)}`,
  ),
  'a thousand locals': f(
    `${times(1000, (at) => `(local.set ${at + 1} ${product(at)})`)} ${less}
     ${times(1000, (at) => `local.get ${at + 1} i32.xor`)}`,
  ).replace('(result i32)', `(result i32) (local ${'i32 '.repeat(1000)})`),
  'values used before and after the call': f(
    `${times(1000, (at) => `(i32.store (i32.const 0) ${product(at)})`)} (drop ${less})
     ${times(1000, (at) => `(i32.store (i32.const 4) ${product(at)})`)} i32.const 1`,
  ),
  'values of inlined functions': f(
    `${times(30, (at) => `(call $g (i32.add (i32.const ${at * 1000}) (local.get 0)))`)} (drop ${less})
     ${times(30, (at) => `(call $g (i32.add (i32.const ${at * 1000}) (local.get 0)))`)} i32.const 1`,
    `(func $g (param i32) ${times(20, (at) => `(i32.store (i32.const 0) ${product(at)})`)})`,
  ),
  'a large inlined function, twice': f(
    `(call $g (local.get 0)) (drop ${less}) (call $g (local.get 0)) i32.const 1`,
    `(func $g (param i32) ${times(60, (at) => `(i32.store (i32.const 0) ${product(at)})`)})`,
  ),
  vectors: f(
    `${times(300, (at) => `(i32x4.splat ${product(at)})`)} local.get 0 call $f drop ${'i32x4.add '.repeat(299)}
     i32x4.extract_lane 0`,
  ),
  'nine hundred arguments': `(module (func $f (export "f") (param ${i64s(900)}) (result i64)
    ${times(900, (at) => `local.get ${at}`)} call $f))`,
  'a thousand results': `(module (func $g (param i64) (result ${i64s(500)}) ${'local.get 0 '.repeat(500)})
    (func $f (export "f") (param i64) (result i64) ${'local.get 0 call $g '.repeat(2)} local.get 0 call $f ${'i64.add '.repeat(1000)}))`,
  // A function that is called directly too is two: its frame and that of the one in the table, which hands over to it.
  'handed over': handedOver(1, 1),
  'handed over, the most arguments': handedOver(16, 1),
  'handed over, the most results': handedOver(0, 4),
  'handed over, the most of both': handedOver(16, 4),
};

function handedOver(params: number, results: number): string {
  const pass = times(params, (at) => `local.get ${at}`);
  return `(module (type $t (func (param ${i64s(params)}) (result ${i64s(results)}))) (table 1 funcref) (elem (i32.const 0) $g)
    (func $g (type $t) ${pass} (call_indirect (type $t) (i32.const 0)) ${'i64.add '.repeat(results - 1)} ${'local.get 0 '.repeat(results - 1)})
    (func (export "f") (param ${i64s(params)}) ${pass} call $g ${'drop '.repeat(results)}))`;
}
