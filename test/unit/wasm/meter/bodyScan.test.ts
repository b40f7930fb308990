import assert from 'node:assert/strict';
import { BodyScan } from '../../../../wasm/meter/bodyScan.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { signaturesOf } from '../../../../wasm/read/signatures.ts';
import { WasmInvalidError } from '../../../../wasm/read/wasmInvalid.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { functionBodies } from '../../../helpers/functionBodies.ts';

const START = `(module (import "h" "host" (func (param i32 i32) (result i32))) (memory 1) (table 1 funcref)
  (func $leaf) (func (param i32) `;

/** Scans functions 1, 2 and so on of a module, and shows the facts of the second. */
function scan(body: string): BodyScan {
  const bytes = compileWat(`${START} ${body}))`);
  const module = readModule(bytes);
  const scanner = new BodyScan(signaturesOf(module), module.functions.length);
  for (const { start, end } of functionBodies(bytes)) scanner.scan(bytes, start, end);
  scanner.facts.recall(0);
  assert.equal(scanner.facts.cost, 0, 'the first body is empty');
  scanner.facts.recall(1);
  return scanner;
}

type Facts = Partial<Pick<BodyScan['facts'], 'cost' | 'locals' | 'waiting' | 'callValues'>>;
type Flag = 'calls' | 'tailCalls' | 'vectors' | 'floats' | 'checks' | 'straight';
const FLAGS: Flag[] = ['calls', 'tailCalls', 'vectors', 'floats', 'checks', 'straight'];

describe('BodyScan', () => {
  const rows: Array<[what: string, body: string, flags: Flag[], facts: Facts]> = [
    ['straight code', 'local.get 0 drop', ['straight'], { cost: 2, locals: 0 }],
    ['blocks and ends cost nothing', 'block nop block end end', ['straight'], { cost: 1 }],
    ['an if costs, its else does not', 'local.get 0 if nop else nop end', [], { cost: 4 }],
    ['locals of several groups', '(local i32 i32) (local f64) nop', ['straight'], { locals: 3 }],
    ['a vector', '(local v128)', ['vectors', 'straight'], { cost: 0, locals: 1 }],
    ['an instruction of vectors', 'v128.const i32x4 0 0 0 0 drop', ['vectors', 'straight'], { cost: 2 }],
    ['a sum of floats', 'f32.const 1 f32.const 1 f32.add drop', ['floats', 'straight'], { cost: 4 }],
    ['a comparison of floats makes no NaN', 'f32.const 1 f32.const 1 f32.lt drop', ['straight'], { cost: 4 }],
    ['a call', 'i32.const 1 i32.const 1 call 0 drop', ['calls'], { waiting: 1, callValues: 3 }],
    [
      'a call through the table',
      'local.get 0 i32.const 0 call_indirect (param i32)',
      ['calls'],
      { waiting: 1, callValues: 1 },
    ],
    ['a tail call waits for nobody', 'return_call $leaf', ['calls', 'tailCalls'], { waiting: 0, callValues: 0 }],
    ['a loop', 'loop end', ['checks'], { cost: 0 }],
    ['growth of memory', 'i32.const 1 memory.grow drop', ['checks'], { cost: 3 }],
    ['a trap', 'unreachable', [], { cost: 1 }],
  ];
  for (const [what, body, flags, facts] of rows) {
    it(what, () => {
      const { facts: found } = scan(body);
      assert.deepEqual(
        FLAGS.filter((flag) => found[flag]),
        flags,
      );
      for (const [name, value] of Object.entries(facts)) assert.equal(found[name as keyof Facts], value, name);
    });
  }

  it('marks functions that a call names, and no other', () => {
    const { called } = scan('i32.const 0 i32.const 0 call 0 drop return_call $leaf');
    assert.deepEqual([...called], [1, 0, 0], 'a tail call hands no balance back');
  });

  const likely: Array<[what: string, body: string, likely: boolean[]]> = [
    ['an if without an else', 'local.get 0 if nop end', [false]],
    ['an if with an else', 'local.get 0 if nop else nop end', [true]],
    ['an if that ends by going back', 'loop local.get 0 if nop br 1 end end', [true]],
    ['an if in which a branch leaves', 'block local.get 0 if nop br 1 end end', [false]],
    ['an if around one with an else', 'local.get 0 if local.get 0 if nop else nop end end', [false, true]],
  ];
  for (const [what, body, expected] of likely) {
    it(`${what} is charged ${expected.at(-1) ? 'with' : 'apart from'} the code before it`, () => {
      const { facts } = scan(body);
      assert.deepEqual(
        expected.map((_, at) => facts.isLikely(at)),
        expected,
      );
    });
  }

  it('keeps its facts of 100 blocks inside each other', () => {
    const { facts } = scan(`${'local.get 0 if '.repeat(100)} nop else nop ${'end '.repeat(100)}`);
    assert.deepEqual([facts.isLikely(98), facts.isLikely(99)], [false, true]);
    assert.equal(facts.cost, 202);
  });

  const broken: Array<[what: string, bytes: number[]]> = [
    ['a body without its end', [0, 1]],
    ['bytes after its end', [0, 0x0b, 1]],
    ['an instruction that is cut off', [0, 0x20]],
    ['an opcode that is not known', [0, 0xff, 0x0b]],
  ];
  for (const [what, bytes] of broken) {
    it(`refuses ${what}`, () => {
      const signatures = { params: Uint16Array.of(0), results: Uint16Array.of(0), typeOf: Uint32Array.of(0) };
      assert.throws(
        () => new BodyScan(signatures, 1).scan(Uint8Array.from(bytes), 0, bytes.length),
        (error) => error instanceof WasmInvalidError,
      );
    });
  }
});
