import assert from 'node:assert/strict';
import { BodyChecker } from '../../../../wasm/read/checkBody.ts';
import type { FunctionCost } from '../../../../wasm/read/compileCost.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { signaturesOf } from '../../../../wasm/read/signatures.ts';
import { WasmInvalidError } from '../../../../wasm/read/wasmInvalid.ts';
import { functionType } from '../../../../wasm/read/wasmModule.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { functionBodies } from '../../../helpers/functionBodies.ts';

/** Checks a function of one parameter that can call another, with two parameters and a result. */
function check(body: string): { cost: FunctionCost; features: string[] } {
  const bytes = compileWat(`(module (memory 1) (table 1 funcref) (data "x")
    (func $two (param i32 i32) (result i32) i32.const 0) (func (param i32) ${body}))`);
  const module = readModule(bytes);
  const features = new Set<string>();
  const checker = new BodyChecker(bytes, signaturesOf(module), true, features);
  const place = functionBodies(bytes)[1];
  assert.ok(place);
  assert.ok(functionType(module, 1));
  checker.check(place.start, place.end, module.functions[1] as number);
  return { cost: checker.cost, features: [...features].sort() };
}

const ONE = 'local.get 0';

describe('BodyChecker', () => {
  const rows: Array<[what: string, body: string, cost: Partial<FunctionCost>]> = [
    ['counts instructions, the end among them', `${ONE} drop`, { instructions: 3, operands: 1, nesting: 0 }],
    ['counts parameters among the locals', '(local i32 i32) (local f64) nop', { locals: 4, localWork: 8 }],
    ['finds the highest stack', `${ONE} ${ONE} ${ONE} drop drop drop ${ONE} drop`, { operands: 3 }],
    ['finds the deepest block', 'block block end end block end', { nesting: 2, loops: 0 }],
    ['measures a loop from its start to after its end', 'loop nop nop end', { loops: 1, loopBytes: 5 }],
    ['counts an inner loop for the outer one, too', 'loop loop end end', { loops: 2, loopBytes: 3 + 6 }],
    ['sums what is alive where loops begin', `${ONE} loop loop end end drop`, { loopValues: 2 * (1 + 1) }],
    ['counts what a call takes and gives', `${ONE} ${ONE} call $two drop`, { passedValues: 1 + 3 }],
    [
      'weighs a call through the table like one into the engine',
      `${ONE} ${ONE} ${ONE} call_indirect (param i32 i32) (result i32) drop`,
      { passedValues: 4 + 3 },
    ],
    ['counts what a block gives', `block (result i32) ${ONE} end drop`, { passedValues: 1 }],
    ['counts what a branch takes along', `block (result i32) ${ONE} br 0 end drop`, { passedValues: 2 }],
    [
      'counts each label of a table',
      `block (result i32) ${ONE} ${ONE} br_table 0 0 0 end drop`,
      { passedValues: 1 + 3 },
    ],
    ['counts a branch to a loop by its parameters', `loop (result i32) ${ONE} br 0 end drop`, { passedValues: 1 }],
    // The end of the function is where control joins: its one local and one for the place itself.
    ['merges the locals at the end', 'nop', { mergeValues: 2 }],
    // if, else, its end, the function's end.
    ['merges at each part of an if', `${ONE} if else nop end`, { mergeValues: 4 * 2 }],
    ['forgets what lay on the stack when code ends', `${ONE} ${ONE} unreachable drop`, { operands: 2, mergeValues: 2 }],
    ['takes bulk instructions for calls of the engine', `${ONE} ${ONE} ${ONE} memory.fill`, { passedValues: 4 }],
    ['takes growth of memory for one', `${ONE} memory.grow drop`, { passedValues: 4, localWork: 4 + 7 }],
  ];
  for (const [what, body, expected] of rows) {
    it(what, () => {
      const { cost } = check(body);
      for (const [name, value] of Object.entries(expected)) assert.equal(cost[name as keyof FunctionCost], value, name);
    });
  }

  const features: Array<[feature: string[], body: string]> = [
    [[], `${ONE} drop`],
    [['bulk-memory'], `${ONE} ${ONE} ${ONE} memory.copy`],
    [['bulk-memory'], `data.drop 0`],
    [['reference-types'], 'ref.null func drop'],
    [['reference-types'], 'table.size drop'],
    [['saturating-conversions'], 'f32.const 1 i32.trunc_sat_f32_s drop'],
    [['sign-extension'], `${ONE} i32.extend8_s drop`],
    [['simd'], 'v128.const i32x4 0 0 0 0 drop'],
  ];
  for (const [found, body] of features) {
    it(`finds ${found.join() || 'no feature'} in ${body}`, () => assert.deepEqual(check(body).features, found));
  }
  it('finds blocks with several values', () =>
    assert.deepEqual(check(`${ONE} ${ONE} block (param i32 i32) drop drop end`).features, ['multi-value']));

  const signatures = {
    params: Uint16Array.of(0, 2),
    results: Uint16Array.of(0, 1),
    typeOf: Uint32Array.of(0, 1),
  };
  const broken: Array<[what: string, reason: string, bytes: number[], hasDataCount?: boolean]> = [
    ['a body without its end', 'malformed', [0, 1]],
    ['bytes after the end', 'malformed', [0, 0x0b, 1]],
    ['a branch further out than there are blocks', 'malformed', [0, 0x0c, 1, 0x0b]],
    ['a label of a table that is further out', 'malformed', [0, 0x0e, 1, 0, 1, 0x0b]],
    ['a call of a function that is not there', 'malformed', [0, 0x10, 2, 0x0b]],
    ['a call of a type that is not there', 'malformed', [0, 0x11, 2, 0, 0x0b]],
    ['a block of a type that is not there', 'malformed', [0, 0x02, 2, 0x0b, 0x0b]],
    ['a block type that is negative', 'malformed', [0, 0x02, 0xc0, 0x7f, 0x0b, 0x0b]],
    ['a block of a reference to a type', 'unsupported', [0, 0x02, 0x64, 0x0b, 0x0b]],
    ['a block type that nothing has', 'malformed', [0, 0x02, 0x50, 0x0b, 0x0b]],
    ['data that is dropped without the count of data', 'malformed', [0, 0xfc, 9, 0, 0x0b], false],
  ];
  for (const [what, reason, bytes, hasDataCount = true] of broken) {
    it(`refuses ${what}`, () => {
      const checker = new BodyChecker(Uint8Array.from(bytes), signatures, hasDataCount, new Set());
      assert.throws(
        () => checker.check(0, bytes.length, 0),
        (error) => error instanceof WasmInvalidError && error.reason === reason,
      );
    });
  }

  it('refuses blocks that are nested too deep, and no others', () => {
    const nested = (depth: number) => [
      0,
      ...new Array(depth).fill([0x02, 0x40]).flat(),
      ...new Array(depth + 1).fill(0x0b),
    ];
    for (const [depth, isRefused] of [
      [10_000, false],
      [10_001, true],
    ] as const) {
      const bytes = Uint8Array.from(nested(depth));
      const run = () => new BodyChecker(bytes, signatures, true, new Set()).check(0, bytes.length, 0);
      if (isRefused) assert.throws(run, (error) => error instanceof WasmInvalidError && error.reason === 'limit');
      else run();
    }
  });

  it('begins each body anew', () => {
    const bytes = Uint8Array.of(0, 0x03, 0x40, 0x0b, 0x41, 0, 0x1a, 0x0b, 0, 0x0b);
    const checker = new BodyChecker(bytes, signatures, true, new Set());
    checker.check(0, 8, 0);
    assert.deepEqual([checker.cost.loops, checker.cost.operands], [1, 1]);
    checker.check(8, 10, 0);
    const { loops, loopBytes, operands, nesting, bytes: size } = checker.cost;
    assert.deepEqual(
      { loops, loopBytes, operands, nesting, size },
      { loops: 0, loopBytes: 0, operands: 0, nesting: 0, size: 2 },
    );
  });
});
