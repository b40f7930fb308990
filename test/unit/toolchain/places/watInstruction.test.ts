import assert from 'node:assert/strict';
import { watFunctions } from '../../../../toolchain/places/watFunctions.ts';
import { watInstruction } from '../../../../toolchain/places/watInstruction.ts';
import { createCodePlaces } from '../../../../toolchain/profile/codePlaces.ts';
import { watTokens } from '../../../../toolchain/validate/watTokens.ts';
import { skipImmediates } from '../../../../wasm/read/skipImmediates.ts';
import { skipLocals } from '../../../../wasm/read/skipLocals.ts';
import { compileWat } from '../../../helpers/compileWat.ts';

/** The words of the text at each instruction of a function's body, in order. */
function wordsOf(text: string, index: number, { built = text, isLoop = false } = {}): Array<string | null> {
  const bytes = compileWat(built);
  const body = createCodePlaces(bytes, null, () => undefined).bodyOf(index);
  const tokens = watTokens(text);
  const head = watFunctions(text, tokens)[index];
  assert.ok(body !== undefined && head !== undefined);
  const words: Array<string | null> = [];
  for (let at = skipLocals(body, 0, body.length, 0); at < body.length; ) {
    const token = watInstruction(tokens, head.token, body, at, isLoop);
    words.push(token === null ? null : text.slice(token.start, token.end));
    at = skipImmediates(body, body[at] as number, at + 1, body.length);
  }
  return words.slice(0, -1);
}

describe('the instructions of WebAssembly text', () => {
  const rows: Array<[what: string, text: string, index: number, words: string[]]> = [
    [
      'plain',
      '(module (func (param i32) (local i64 i32) local.get 0 drop unreachable))',
      0,
      ['local.get', 'drop', 'unreachable'],
    ],
    [
      'folded',
      '(module (func (drop (i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3))))))',
      0,
      ['i32.const', 'i32.const', 'i32.const', 'i32.mul', 'i32.add', 'drop'],
    ],
    [
      'blocks',
      '(module (func $f (block $b (loop $l (br_if $b (i32.const 0)) (br $l)))))',
      0,
      ['block', 'loop', 'i32.const', 'br_if', 'br', ')', ')'],
    ],
    [
      'an if with both arms',
      '(module (func (result i32) (if (result i32) (i32.const 1) (then (i32.const 2)) (else (i32.const 3)))))',
      0,
      ['i32.const', 'if', 'i32.const', 'else', 'i32.const', ')'],
    ],
    [
      'an if whose else is empty',
      '(module (func (if (i32.const 1) (then nop) (else))))',
      0,
      ['i32.const', 'if', 'nop', ')'],
    ],
    [
      'an if that is not folded',
      '(module (func i32.const 1 if $x (result i32) i32.const 2 else $x i32.const 3 end $x drop))',
      0,
      ['i32.const', 'if', 'i32.const', 'else', 'i32.const', 'end', 'drop'],
    ],
    [
      'immediates',
      '(module (memory 1) (func (f64.const nan) drop (f32.const inf) drop (i32.load offset=4 align=2 (i32.const 0)) drop (ref.null func) drop (v128.const i32x4 1 2 3 4) drop))',
      0,
      [
        'f64.const',
        'drop',
        'f32.const',
        'drop',
        'i32.const',
        'i32.load',
        'drop',
        'ref.null',
        'drop',
        'v128.const',
        'drop',
      ],
    ],
    [
      'an indirect call and a typed select',
      '(module (type $t (func)) (table 1 funcref) (func (call_indirect (type $t) (i32.const 0)) (drop (select (result i32) (i32.const 1) (i32.const 2) (i32.const 3)))))',
      0,
      ['i32.const', 'call_indirect', 'i32.const', 'i32.const', 'i32.const', 'select', 'drop'],
    ],
    [
      'comments, names and exports',
      '(module (import "a" "b" (func)) (func $one nop) (func $two (export "f") ;; unreachable\n (; nop ;) call $one))',
      2,
      ['call'],
    ],
  ];
  for (const [what, text, index, words] of rows)
    it(`are found: ${what}`, () => assert.deepEqual(wordsOf(text, index), words));

  it('have the loop around them', () => {
    const text = '(module (func nop (loop nop (block nop (loop (drop (i32.const 1)))) nop) nop))';
    const loops = wordsOf(text, 0, { isLoop: true });
    assert.deepEqual(loops.slice(0, 3), ['nop', 'loop', 'loop']);
    assert.equal(loops.at(-1), 'nop');
  });

  it('are not found in the text of another module, nor in one that is nested too deep', () => {
    const built = '(module (func nop nop unreachable))';
    assert.deepEqual(wordsOf('(module (func nop unreachable nop))', 0, { built }), [null, null, null]);
    assert.deepEqual(wordsOf('(module (func nop))', 0, { built }), [null, null, null]);
    const deep = `(module (func ${'(block '.repeat(100_000)}${')'.repeat(100_000)}))`;
    assert.ok(wordsOf(deep, 0, { built }).every((word) => word === null));
  });
});
