/**
 * Endless recursions whose frames are as large as possible for their weight: operands and locals
 * that live across the call, arguments and results on the stack, values that the engine computes
 * once and keeps, also those of functions it inlines.
 *
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
  'values of one path, used in many arms': f(
    `${times(1000, (at) => `(i32.store (i32.const 0) ${product(at)})`)} (drop ${less})
     ${arms(50, (arm) => times(20, (at) => `(i32.store (i32.const 4) ${product(arm * 20 + at)})`))} i32.const 1`,
  ),
  'operands of many arms': f(
    `${arms(60, (arm) => `${times(30, (at) => product(arm * 30 + at))} ${less} ${'i32.xor '.repeat(30)} drop`)} i32.const 1`,
  ),
  'values used before and after the calls of many arms': f(
    `${arms(
      60,
      (arm) => `${times(30, (at) => `(i32.store (i32.const 0) ${product(arm * 30 + at)})`)} (drop ${less})
        ${times(30, (at) => `(i32.store (i32.const 4) ${product(arm * 30 + at)})`)}`,
    )} i32.const 1`,
  ),
  'values of nested arms, each used after all calls inside': f(`${nested(60)} i32.const 1`),
  'values between ways out': f(
    `(block ${times(500, (at) => `(i32.store (i32.const 0) ${product(at)}) (br_if 0 (i32.const 0))`)} (drop ${less})
     ${times(500, (at) => `(i32.store (i32.const 4) ${product(at)})`)}) i32.const 1`,
  ),
  'values used in a loop after the call': f(
    `${times(500, (at) => `(i32.store (i32.const 0) ${product(at)})`)} (loop (drop ${less})
     ${times(500, (at) => `(i32.store (i32.const 4) ${product(at)})`)} (br_if 0 (i32.load (i32.const 8)))) i32.const 1`,
  ),
  'addresses in many locals': f(
    `${times(400, (at) => `(local.set ${at + 1} (i32.load offset=${at * 4} (i32.const 0)))`)}
     ${times(400, (at) => `(i32.store (local.get ${at + 1}) (i32.const 0))`)} (drop ${less})
     ${times(400, (at) => `(i32.store (local.get ${at + 1}) (i32.const 0))`)} i32.const 1`,
  ).replace('(result i32)', `(result i32) (local ${'i32 '.repeat(400)})`),
  // A function that is also called directly is two: its frame, and that of the one in the table,
  // which hands over to it.
  'handed over': handedOver(1, 1),
  'handed over, the most arguments': handedOver(16, 1),
  'handed over, the most results': handedOver(0, 4),
  'handed over, the most of both': handedOver(16, 4),
};

/** A switch over the word at address 16, which is zero, whose arms all are compiled. */
function arms(count: number, arm: (at: number) => string): string {
  const labels = times(count + 1, (at) => String(at));
  const opened = `${'(block '.repeat(count + 1)} (br_table ${labels} (i32.load (i32.const 16)))`;
  return `${opened} ${times(count, (at) => `) ${arm(at)} (br ${count - 1 - at})`)})`;
}

/**
 * Branches that part and join again. Each has values that are computed in front of it and used
 * after it.
 */
function nested(levels: number): string {
  if (levels === 0) return `(drop ${less})`;
  const values = (address: number) =>
    times(10, (at) => `(i32.store (i32.const ${address}) ${product(levels * 10 + at)})`);
  return `${values(0)} (if (i32.eqz (i32.load (i32.const 16))) (then ${nested(levels - 1)}) (else ${values(8)})) ${values(4)}`;
}

function handedOver(params: number, results: number): string {
  const pass = times(params, (at) => `local.get ${at}`);
  return `(module (type $t (func (param ${i64s(params)}) (result ${i64s(results)}))) (table 1 funcref) (elem (i32.const 0) $g)
    (func $g (type $t) ${pass} (call_indirect (type $t) (i32.const 0)) ${'i64.add '.repeat(results - 1)} ${'local.get 0 '.repeat(results - 1)})
    (func (export "f") (param ${i64s(params)}) ${pass} call $g ${'drop '.repeat(results)}))`;
}
