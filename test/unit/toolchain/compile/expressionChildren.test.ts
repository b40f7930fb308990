import assert from 'node:assert/strict';
import binaryen from 'binaryen';
import { createExpressionChildren } from '../../../../toolchain/compile/expressionChildren.ts';

type Library = Parameters<typeof createExpressionChildren>[0];
const library = binaryen as unknown as Library;
const childrenOf = createExpressionChildren(library);

/** Names of the kinds of expressions by their number. */
const KINDS = new Map(
  Object.entries(library).flatMap(([name, value]) =>
    name.endsWith('Id') && typeof value === 'number' ? [[value, name.slice(0, -2)] as const] : [],
  ),
);
const kindOf = (expression: number) => KINDS.get(library.getExpressionId(expression)) ?? '?';

/** The body of the function of a module, and the module to dispose of. */
function bodyOf(wat: string): { body: number; module: binaryen.Module } {
  const module = binaryen.parseText(`(module (memory 1) (table 1 funcref) (global $g (mut i32) (i32.const 0))
    (func $two (param i32 i32) (result i32) (local.get 0)) (func $f (param i32) (result i32) ${wat}))`);
  return { body: binaryen.getFunctionInfo(module.getFunction('f')).body, module };
}

/** An expression as its kind and its children in order of evaluation; a constant as its value. */
function shape(expression: number): string {
  const kind = kindOf(expression);
  if (kind === 'Const') return String((binaryen.getExpressionInfo(expression) as unknown as { value: number }).value);
  const children = childrenOf(expression);
  assert.ok(children, kind);
  const inner = children.flatMap(({ get }) => (get(expression) === 0 ? [] : [shape(get(expression))]));
  return inner.length === 0 ? kind : `${kind}(${inner.join(' ')})`;
}

const n = (value: number) => `(i32.const ${value})`;

const TABLE: Array<[wat: string, shape: string]> = [
  [`(i32.add ${n(1)} ${n(2)})`, 'Binary(1 2)'],
  [`(select ${n(1)} ${n(2)} ${n(3)})`, 'Select(1 2 3)'],
  [`(if (result i32) ${n(1)} (then ${n(2)}) (else ${n(3)}))`, 'If(1 2 3)'],
  [`(call $two ${n(1)} ${n(2)})`, 'Call(1 2)'],
  [`(call_indirect (param i32) (result i32) ${n(1)} ${n(2)})`, 'CallIndirect(1 2)'],
  [`(i32.load ${n(4)})`, 'Load(4)'],
  [`(block (result i32) (i32.store ${n(1)} ${n(2)}) ${n(3)})`, 'Block(Store(1 2) 3)'],
  [`(block (result i32) (memory.fill ${n(1)} ${n(2)} ${n(3)}) ${n(4)})`, 'Block(MemoryFill(1 2 3) 4)'],
  [`(block (result i32) (memory.copy ${n(1)} ${n(2)} ${n(3)}) ${n(4)})`, 'Block(MemoryCopy(1 2 3) 4)'],
  [`(block (result i32) (global.set $g ${n(1)}) (global.get $g))`, 'Block(GlobalSet(1) GlobalGet)'],
  [`(local.tee 0 (i32.eqz ${n(1)}))`, 'LocalSet(Unary(1))'],
  [`(loop (result i32) (br_if 0 ${n(1)}) ${n(2)})`, 'Loop(Block(Break(1) 2))'],
  [`(block $b (result i32) (br $b ${n(7)}))`, 'Block(Break(7))'],
  [`(block $b (result i32) (br_table $b $b ${n(7)} ${n(8)}))`, 'Block(Switch(7 8))'],
  [`(memory.grow ${n(1)})`, 'MemoryGrow(1)'],
  ['(memory.size)', 'MemorySize'],
  [`(return ${n(1)})`, 'Return(1)'],
  [`(block (result i32) (drop ${n(1)}) (nop) (unreachable))`, 'Block(Drop(1) Nop Unreachable)'],
];

describe('expressionChildren', () => {
  for (const [wat, expected] of TABLE) {
    it(`gives the children of ${wat} in order`, () => {
      const { body, module } = bodyOf(wat);
      try {
        assert.equal(shape(body), expected);
      } finally {
        module.dispose();
      }
    });
  }

  it('puts another child into the place of each', () => {
    for (const wat of [
      `(i32.add ${n(1)} ${n(2)})`,
      `(call $two ${n(1)} ${n(2)})`,
      `(call_indirect (param i32) (result i32) ${n(1)} ${n(2)})`,
    ]) {
      const { body, module } = bodyOf(wat);
      try {
        for (const [at, place] of (childrenOf(body) ?? []).entries()) place.set(body, module.i32.const(at + 10));
        assert.match(shape(body), /\(10 11\)$/, wat);
      } finally {
        module.dispose();
      }
    }
  });

  it('says so of a kind that it does not know', () => {
    const unknown = createExpressionChildren({ ...library, getExpressionId: () => -1 });
    assert.equal(unknown(1), null);
  });

  it('fails at once on a Binaryen that lacks a part', () => {
    assert.throws(() => createExpressionChildren({ ...library, Binary: {} }), /Binaryen has no Binary\.Left/);
    assert.throws(() => createExpressionChildren({ ...library, Call: {} }), /Binaryen has no Call/);
  });
});
