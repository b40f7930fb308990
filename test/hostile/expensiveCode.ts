import { u32 } from '../helpers/wasmBytes.ts';
import { joined, ModuleBuilder, repeated } from './moduleBuilder.ts';

/**
 * Code whose cost for a compiler grows with `count` in one way. It leaves the operand stack as it
 * was.
 */
export interface ExpensiveCode {
  /** Bytes without locals and the last `end`. */
  code(count: number): Uint8Array;
  /** Locals that it needs at least; 1 unless given. */
  locals?(count: number): number;
  /** Type of its locals, as a byte; i32 unless given. */
  local?: number;
  /** Parts that the module must have besides. */
  needs?: 'manyResults' | 'table';
}

const END = 0x0b;
const EMPTY = 0x40;
const I32 = 0x7f;
const V128 = 0x7b;
const constant = [0x41, 0];
const getFirst = [0x20, 0];
const setFirst = [0x21, 0];
const onlyIf = [0x04, EMPTY];
const onlyBlock = [0x02, EMPTY];
const onlyLoop = [0x03, EMPTY];

const flat = (...part: number[]) => ({ code: (count: number) => repeated(part, count) });
const nested = (...open: number[]) => ({
  code: (count: number) => joined([repeated(open, count), repeated([END], count)]),
});
const inBlock = (block: number[], part: number[]) => ({
  code: (count: number) => joined([block, repeated(part, count), [END]]),
});

/**
 * Code by the property that grows. Each was found to cost one of V8's compilers, its validator or
 * the meter more than its bytes suggest.
 */
export const EXPENSIVE_CODE: Readonly<Record<string, ExpensiveCode>> = {
  'ifs one after another': flat(...constant, ...onlyIf, END),
  'ifs that set a local': flat(...constant, ...onlyIf, 0x41, 1, ...setFirst, END),
  'ifs inside each other': nested(...constant, ...onlyIf),
  'blocks one after another': flat(...onlyBlock, END),
  'blocks inside each other, left from each': nested(...onlyBlock, ...constant, 0x0d, 0),
  'loops one after another': flat(...onlyLoop, END),
  'loops that go round': flat(...onlyLoop, ...getFirst, 0x41, 1, 0x6a, 0x22, 0, 0x0d, 0, END),
  'loops inside each other': nested(...onlyLoop),
  'loops inside each other that set a local': nested(...onlyLoop, ...constant, ...setFirst),
  'values that change places in loops inside each other': {
    code: (count) => {
      const locals = Math.min(count, 1_600);
      const rotated = Array.from({ length: locals - 1 }, (_, at) => [0x20, ...u32(at + 1), 0x21, ...u32(at)]);
      const loops = Math.max(1, Math.floor(count / 8));
      return joined([repeated(onlyLoop, loops), ...rotated, repeated([...getFirst, 0x0d, 0, END], loops)]);
    },
    locals: (count) => Math.min(count, 1_600),
  },
  'branches to one end': inBlock(onlyBlock, [...constant, 0x0d, 0]),
  'branches to one loop': inBlock(onlyLoop, [...constant, 0x0d, 0]),
  'a table of labels': {
    code: (count) => joined([onlyBlock, constant, [0x0e, ...u32(count)], new Uint8Array(count + 1), [END]]),
  },
  'operands on the stack': { code: (count) => joined([repeated(constant, count), repeated([0x1a], count)]) },
  'operands on the stack, and branches': {
    code: (count) =>
      joined([
        onlyBlock,
        repeated(constant, count),
        repeated([...constant, 0x0d, 0], count),
        repeated([0x1a], count),
        [END],
      ]),
  },
  'floats on the stack, and branches': {
    code: (count) => {
      const float = [0x43, 0, 0, 0, 0, 0x91];
      return joined([
        onlyBlock,
        repeated(float, count),
        repeated([...constant, 0x0d, 0], count),
        repeated([0x1a], count),
        [END],
      ]);
    },
  },
  additions: flat(...getFirst, 0x41, 1, 0x6a, ...setFirst),
  'loads, each from where the one before says': flat(...getFirst, 0x28, 2, 0, ...setFirst),
  stores: flat(...getFirst, ...getFirst, 0x36, 2, 0),
  divisions: flat(...getFirst, ...getFirst, 0x6d, ...setFirst),
  'truncations of floats': flat(...getFirst, 0xb2, 0xa8, ...setFirst),
  'growth of memory': flat(...constant, 0x40, 0, 0x1a),
  'fills of memory': flat(...constant, ...constant, ...constant, 0xfc, 11, 0),
  'calls of an empty function': flat(0x10, 2),
  'many values out of a call and into another': { ...flat(0x10, 4, 0x10, 5), needs: 'manyResults' },
  'many values that calls leave': {
    code: (count) => joined([onlyBlock, repeated([0x10, 4], count), [0x0c, 0], [END]]),
    needs: 'manyResults',
  },
  'calls through a table': { ...flat(...constant, 0x11, 2, 0), needs: 'table' },
  'vector additions': { ...flat(...getFirst, ...getFirst, 0xfd, 0xae, 0x01, ...setFirst), local: V128 },
  'vector square roots': { ...flat(...getFirst, 0xfd, 0xef, 0x01, ...setFirst), local: V128 },
  'values alive over all the code': {
    locals: (count) => count,
    code: (locals) => {
      const numbered = (at: number, part: (local: number[]) => number[]) => part(u32(at));
      return joined([
        ...Array.from({ length: locals }, (_, at) =>
          numbered(at, (local) => [...constant, 0x28, 2, 0, 0x21, ...local]),
        ),
        ...Array.from({ length: locals }, (_, at) =>
          numbered(at, (local) => [...constant, 0x20, ...local, 0x36, 2, 0]),
        ),
      ]);
    },
  },
};

/** Values that the function of {@link expensiveModule} with many results gives. */
const RESULTS = 1_000;

/**
 * A tasklet whose run calls one function with this code.
 *
 * @param again the run calls it over and over, so that V8 finds it hot
 */
export function expensiveModule(name: string, count: number, locals = 1, again = false): Uint8Array {
  const { code, local = I32, needs, locals: needed = () => 1 } = EXPENSIVE_CODE[name] as ExpensiveCode;
  const module = new ModuleBuilder(again ? [0x03, EMPTY, 0x10, 3, 0x0c, 0, END, 0x41, 0] : [0x10, 3, 0x41, 0]).add(
    3,
    1,
    [2],
  );
  module.body([1, ...u32(Math.max(locals, needed(count))), local], code(count));
  if (needs === 'table') module.add(4, 1, [0x70, 0, 1]);
  if (needs === 'manyResults') {
    const many = repeated([I32], RESULTS);
    module
      .add(1, 1, joined([[0x60, 0, ...u32(RESULTS)], many]))
      .add(1, 1, joined([[0x60, ...u32(RESULTS)], many, [0]]));
    module.add(3, 1, [3]).add(3, 1, [4]);
    module.body([0], repeated(constant, RESULTS)).body([0], []);
  }
  return module.bytes();
}
