import { compileWat } from './compileWat.ts';
import { generateProgram } from './generateProgram.ts';

/** Functions that together have every kind of code that the meter puts in. */
const BODIES: Record<string, string> = {
  'straight code': '(func (export "f") (param i32) (result i32) local.get 0 i32.const 1 i32.add)',
  'straight code that is checked': `(func (export "f") ${'nop '.repeat(65)})`,
  'arms of an if': `(func (export "f") (param i32) (result i32)
    local.get 0 if (result i32) i32.const 1 nop nop nop else i32.const 2 end)`,
  'an if that may be passed by': '(func (export "f") (param i32) local.get 0 if nop nop end)',
  'a large loop with an exit': `(func (export "f") (param i32)
    block loop ${'local.get 0 drop '.repeat(12)} local.get 0 br_if 1 nop br 0 end end)`,
  'a small loop': `(func (export "f") (param i32)
    loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end)`,
  'a small loop left from within': `(func (export "f") (param i32)
    block loop local.get 0 br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 br 0 end end)`,
  'a call of a function that becomes two': `(func $g (param i32) (result i32) local.get 0 if i32.const 7 return end local.get 0)
    (func (export "f") (result i32) i32.const 1 call $g call $g)`,
  'a tail call, and one through the table': `(table 1 funcref) (func $g (param i32) local.get 0 return_call $g)
    (func (export "f") i32.const 1 i32.const 0 call_indirect (param i32))`,
  'growth of memory and a bulk instruction in a loop': `(func (export "f") (param i32)
    loop i32.const 0 i32.const 0 i32.const 9 memory.fill i32.const 1 memory.grow br_if 0 end)`,
  'scalar NaNs': `(func (export "f") (param f32 f64) (result i64)
    local.get 0 local.get 0 f32.div i32.reinterpret_f32 drop local.get 1 f64.sqrt i64.reinterpret_f64)`,
  'NaNs of vectors': `(func (export "f") (param v128) (result i32)
    local.get 0 local.get 0 f32x4.add i32x4.extract_lane 0)`,
  'locals whose number takes one byte more': `(func (export "f") ${'(local i32) (local i64) '.repeat(63)} (local i32)
    local.get 126 drop local.get 0 call $host)`,
  'a branch table': '(func (export "f") (param i32) block block local.get 0 br_table 0 1 0 end nop end)',
  'a trap': '(func (export "f") unreachable)',
};

/** Modules to meter, by what they have: one for each kind of added code, and some that are made. */
export function meteredPrograms(generated = 40): Array<[what: string, bytes: Uint8Array]> {
  const written = Object.entries(BODIES).map(([what, body]): [string, Uint8Array] => [
    what,
    compileWat(`(module (import "h" "host" (func $host (param i32))) (memory 1) ${body})`),
  ]);
  const made = Array.from({ length: generated }, (_, seed): [string, Uint8Array] => [
    `program ${seed}`,
    compileWat(generateProgram(Array.from({ length: 150 }, (_, at) => (at * at * 7919 * seed + seed) % 10_007))),
  ]);
  return [...written, ...made];
}
