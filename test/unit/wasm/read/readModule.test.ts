import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  FC_IMMEDIATES,
  FD_IMMEDIATES,
  featureOfUnknown,
  IMMEDIATES,
  Immediate,
} from '../../../../wasm/read/opcodes.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { WasmInvalidError } from '../../../../wasm/read/wasmInvalid.ts';
import { functionType } from '../../../../wasm/read/wasmModule.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { HEADER, section, text, u32, VOID_TYPE, wasmModule, withBody } from '../../../helpers/wasmBytes.ts';

/**
 * The refusal of a module, or undefined when it is taken. Anything but WasmInvalidError fails the
 * test.
 */
function refusal(bytes: Uint8Array): WasmInvalidError | undefined {
  try {
    readModule(bytes);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof WasmInvalidError, String(error));
    return error;
  }
}

const IMPORTED_GLOBAL = section(2, [1], text('a'), text('g'), [3, 0x7f, 0]);
const TABLE = section(4, [1, 0x70, 0, 1]);
const MEMORY = section(5, [1, 0, 1]);
/** An immutable i32 of the module's own. */
const OWN_GLOBAL = section(6, [1, 0x7f, 0, 0x41, 0, 0x0b]);

/** Blocks inside each other. */
const nested = (blocks: number) => withBody([Array(blocks).fill([0x02, 0x40]).flat(), Array(blocks).fill(0x0b)]);

/** A type section of `count` types `() -> ()`. */
const voidTypes = (count: number) => section(1, u32(count), Array(count).fill([0x60, 0, 0]).flat());

describe('readModule', () => {
  it('reads every part of a module', () => {
    const module = readModule(
      compileWat(
        `(module $named
          (type $binary (func (param i32 i64) (result f32 f64)))
          (import "env" "f" (func $f (type $binary)))
          (import "env" "g" (global $g i64))
          (memory 2 9)
          (table 3 5 funcref) (table 1 externref)
          (global (mut i32) (i32.const 5))
          (func $own (param v128) (result i32) (i32.const 1))
          (func $main)
          (export "memory" (memory 0)) (export "own" (func $own)) (export "g" (global 1))
          (start $main)
          (elem (i32.const 0) $f $own)
          (data (i32.const 8) "abc") (data "passive"))`,
        { names: true },
      ),
    );
    assert.deepEqual(module.imports, [
      { module: 'env', name: 'f', type: { kind: 'func', type: 0 } },
      { module: 'env', name: 'g', type: { kind: 'global', type: 'i64', mutable: false } },
    ]);
    assert.equal(module.importedFunctions, 1);
    assert.deepEqual(functionType(module, 0), { params: ['i32', 'i64'], results: ['f32', 'f64'] });
    assert.deepEqual(functionType(module, 1), { params: ['v128'], results: ['i32'] });
    assert.equal(functionType(module, 3), undefined);
    assert.deepEqual(module.memories, [{ min: 2, max: 9 }]);
    assert.deepEqual(module.tables, [
      { element: 'funcref', limits: { min: 3, max: 5 } },
      { element: 'externref', limits: { min: 1, max: null } },
    ]);
    assert.deepEqual(module.globals, [
      { type: 'i64', mutable: false },
      { type: 'i32', mutable: true },
    ]);
    assert.deepEqual(module.exports, [
      { name: 'memory', kind: 'memory', index: 0 },
      { name: 'own', kind: 'func', index: 1 },
      { name: 'g', kind: 'global', index: 1 },
    ]);
    assert.equal(module.start, 2);
    assert.equal(module.elementSegments, 1);
    assert.equal(module.dataSegments, 2);
    assert.equal(module.importsEscape, true);
    assert.deepEqual(
      module.customSections.map((custom) => custom.name),
      ['name'],
    );
    assert.deepEqual(module.features, ['bulk-memory', 'multi-value', 'mutable-globals', 'reference-types', 'simd']);
  });

  const takes: Array<[string, Uint8Array]> = [
    ['an empty module', wasmModule()],
    ['custom sections anywhere', wasmModule(section(0, text('a')), VOID_TYPE, section(0, text('a'), [1, 2]))],
    ['numbers in their longest encoding', wasmModule([1, 0x84, 0x80, 0x80, 0x80, 0x00, 1, 0x60, 0, 0])],
    ['a body', withBody([0x01])],
    ['an i64 constant in ten bytes', withBody([0x42, Array(9).fill(0xff), 0x7f, 0x1a])],
    ['a block whose type index takes five bytes', withBody([0x02, 0x80, 0x80, 0x80, 0x80, 0x00, 0x0b])],
    ['48000 locals', withBody([], { locals: [1, u32(48_000), 0x7f] })],
    ['10000 blocks inside each other', nested(10_000)],
    ['a constant that reads an imported global', wasmModule(IMPORTED_GLOBAL, section(6, [1, 0x7f, 0, 0x23, 0, 0x0b]))],
    [
      'an offset that reads an imported global',
      wasmModule(IMPORTED_GLOBAL, section(5, [1, 0, 1]), section(11, [1, 0, 0x23, 0, 0x0b, 0])),
    ],
    [
      'a vector constant whose opcode takes two bytes',
      wasmModule(section(6, [1, 0x7b, 0, 0xfd, 0x8c, 0x00], Array(16).fill(0), [0x0b])),
    ],
    ['an element segment of expressions', wasmModule(TABLE, section(9, [1, 4, 0x41, 0, 0x0b, 1, 0xd0, 0x70, 0x0b]))],
    ['two tables', wasmModule(section(4, [2, 0x70, 0, 1, 0x6f, 0, 1]))],
    ['a data count without data', wasmModule(section(12, [0]))],
    ['a byte order mark as a name', wasmModule(section(0, [3, 0xef, 0xbb, 0xbf]))],
  ];
  for (const [what, bytes] of takes) it(`takes ${what}`, () => assert.equal(refusal(bytes)?.message, undefined));

  const memory = (...limits: number[]) => wasmModule(section(5, [1, ...limits]));
  const refuses: Array<[what: string, bytes: Uint8Array, reason: string, message: RegExp]> = [
    ['nothing', new Uint8Array(), 'malformed', /unexpected end/],
    ['another magic', Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 1, 0, 0, 0]), 'malformed', /not a WebAssembly module/],
    [
      'another version',
      Uint8Array.from([...HEADER.slice(0, 4), 2, 0, 0, 0]),
      'malformed',
      /unknown WebAssembly version/,
    ],
    ['a component', Uint8Array.from([...HEADER.slice(0, 4), 0x0d, 0, 1, 0]), 'unsupported', /component-model/],
    ['a section past the end', wasmModule([1, 0x7f, 0]), 'malformed', /longer than the module/],
    ['a section longer than its content', wasmModule([1, 5, 1, 0x60, 0, 0, 0]), 'malformed', /longer than its content/],
    ['a section shorter than its content', wasmModule([1, 3, 1, 0x60, 0, 0]), 'malformed', /unexpected end/],
    ['an unknown section', wasmModule([14, 0]), 'malformed', /unknown section 14/],
    ['a section twice', wasmModule(VOID_TYPE, VOID_TYPE), 'malformed', /out of order or there twice/],
    ['sections out of order', wasmModule(section(5, [0]), VOID_TYPE), 'malformed', /out of order/],
    ['a size that never ends', wasmModule([1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]), 'malformed', /number too long/],
    ['a size above 32 bits', wasmModule([1, 0x80, 0x80, 0x80, 0x80, 0x10]), 'malformed', /number too large/],
    ['more types than bytes', wasmModule(section(1, u32(0xffff_ffff))), 'malformed', /cannot fit/],
    ['more functions than bytes', wasmModule(VOID_TYPE, section(3, u32(1_000_000))), 'malformed', /cannot fit/],
    ['more imports than bytes', wasmModule(section(2, u32(500_000_000))), 'malformed', /cannot fit/],
    ['a function of no type', wasmModule(VOID_TYPE, section(3, [1, 1])), 'malformed', /there is no type 1/],
    [
      'a function without a body',
      wasmModule(VOID_TYPE, section(3, [1, 0])),
      'malformed',
      /1 functions declared, 0 bodies/,
    ],
    [
      'a body without a function',
      wasmModule(section(10, [1, 2, 0, 0x0b])),
      'malformed',
      /0 functions declared, 1 bodies/,
    ],
    ['a name that is not UTF-8', wasmModule(section(0, [2, 0xc3, 0x28])), 'malformed', /not UTF-8/],
    ['a name past its section', wasmModule(section(0, [9, 0x61])), 'malformed', /name longer/],
    [
      'two exports of one name',
      withBody([], { before: [section(7, [2], text('a'), [0, 0], text('a'), [0, 0])] }),
      'malformed',
      /two exports named "a"/,
    ],
    ['an unknown value type', wasmModule(section(1, [1, 0x60, 1, 0x41, 0])), 'malformed', /unknown value type 0x41/],
    [
      '1001 parameters',
      wasmModule(section(1, [1, 0x60], u32(1001), Array(1001).fill(0x7f), 0)),
      'limit',
      /at most 1000/,
    ],
    [
      'a hundred thousand and one parameters',
      wasmModule(
        section(
          1,
          u32(1001),
          Array(1001)
            .fill([0x60, 0xe8, 0x07, Array(1000).fill(0x7f), 0].flat())
            .flat(),
        ),
      ),
      'limit',
      /more than 100000 parameters/,
    ],
    ['48001 locals', withBody([], { locals: [1, u32(48_001), 0x7f] }), 'limit', /more than 48000 locals/],
    [
      'locals that overflow',
      withBody([], { locals: [2, u32(0xffff_ffff), 0x7f, u32(2), 0x7f] }),
      'limit',
      /more than 48000 locals/,
    ],
    [
      'more local groups than bytes',
      withBody([], { locals: [u32(0xffff_ffff)] }),
      'malformed',
      /more local declarations/,
    ],
    ['10001 blocks inside each other', nested(10_001), 'limit', /nested deeper than 10000/],
    ['a block never closed', withBody([0x02, 0x40]), 'malformed', /without its end/],
    ['code after the end', withBody([0x0b]), 'malformed', /bytes after the end/],
    ['a br_table of more labels than bytes', withBody([0x0e, u32(0xffff_fff0)]), 'malformed', /more labels than bytes/],
    [
      'an i32 constant above 32 bits',
      withBody([0x41, 0xff, 0xff, 0xff, 0xff, 0x4f, 0x1a]),
      'malformed',
      /number too large/,
    ],
    ['a cut instruction', withBody([0x43, 0, 0]), 'malformed', /unexpected end/],
    ['an unknown opcode', withBody([0x27]), 'malformed', /unknown opcode 0x27/],
    ['an unknown opcode after 0xfc', withBody([0xfc, 0x30]), 'malformed', /unknown opcode 0xfc 0x30/],
    ['a free SIMD opcode', withBody([0xfd, 0x9a, 0x01]), 'malformed', /unknown opcode 0xfd 0x9a/],
    ['a block of no type', withBody([0x02, 0x05, 0x0b]), 'malformed', /block of a type that is not there/],
    ['a shuffle out of range', withBody([0xfd, 13, Array(15).fill(0), 32]), 'malformed', /shuffle lane/],
    ['memory.init without a data count', withBody([0x00, 0xfc, 8, 0, 0]), 'malformed', /data count section required/],
    [
      'a data count that is wrong',
      wasmModule(section(12, [2]), section(11, [1, 1, 0])),
      'malformed',
      /data count says 2/,
    ],
    [
      'a table of two million entries',
      wasmModule(section(4, [1, 0x70, 0], u32(2_000_000))),
      'limit',
      /at most 1000000/,
    ],
    ['a memory of 5 GiB', memory(0, ...u32(81_920)), 'malformed', /more than 4 GiB/],
    ['a shared memory', memory(3, 1, 1), 'unsupported', /"threads"/],
    ['a 64-bit memory', memory(4, 1), 'unsupported', /"memory64"/],
    ['a memory with a page size of its own', memory(8, 1, 0), 'unsupported', /"custom-page-sizes"/],
    ['a second memory', wasmModule(section(5, [2, 0, 1, 0, 1])), 'unsupported', /"multi-memory"/],
    ['a load from another memory', withBody([0x00, 0x28, 0x42, 0x01, 0x00]), 'unsupported', /"multi-memory"/],
    ['memory.size of another memory', withBody([0x3f, 0x01]), 'unsupported', /"multi-memory"/],
    ['an atomic', withBody([0xfe, 0x03, 0x00]), 'unsupported', /"threads"/],
    ['relaxed SIMD', withBody([0x00, 0xfd, 0x80, 0x02]), 'unsupported', /"relaxed-simd"/],
    ['a GC instruction', withBody([0xfb, 0x00, 0x00]), 'unsupported', /"gc"/],
    ['a struct type', wasmModule(section(1, [1, 0x5f, 0])), 'unsupported', /"gc"/],
    ['a typed reference', wasmModule(section(1, [1, 0x60, 1, 0x64, 0x70, 0])), 'unsupported', /"gc"/],
    ['a local of a GC type', withBody([], { locals: [1, 1, 0x6e] }), 'unsupported', /"gc"/],
    ['a tag section', wasmModule(section(13, [0])), 'unsupported', /"exceptions"/],
    ['try', withBody([0x06, 0x40, 0x0b]), 'unsupported', /"exceptions"/],
    ['throw', withBody([0x08, 0x00]), 'unsupported', /"exceptions"/],
    ['call_ref', withBody([0x14, 0x00]), 'unsupported', /"function-references"/],
    [
      'a computed constant',
      wasmModule(section(6, [1, 0x7f, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b])),
      'unsupported',
      /"extended-const"/,
    ],
    [
      'a global set to one of the own globals',
      wasmModule(section(6, [2, 0x7f, 0, 0x41, 1, 0x0b, 0x7f, 0, 0x23, 0, 0x0b])),
      'unsupported',
      /own globals belongs to "gc"/,
    ],
    [
      'an own global after an imported one',
      wasmModule(IMPORTED_GLOBAL, section(6, [2, 0x7f, 0, 0x41, 1, 0x0b, 0x7f, 0, 0x23, 1, 0x0b])),
      'unsupported',
      /own globals belongs to "gc"/,
    ],
    [
      'a data offset of an own global',
      wasmModule(MEMORY, OWN_GLOBAL, section(11, [1, 0, 0x23, 0, 0x0b, 0])),
      'unsupported',
      /own globals belongs to "gc"/,
    ],
    [
      'an element offset of an own global',
      wasmModule(TABLE, OWN_GLOBAL, section(9, [1, 0, 0x23, 0, 0x0b, 0])),
      'unsupported',
      /own globals belongs to "gc"/,
    ],
    [
      'an element that is an own global',
      wasmModule(TABLE, section(6, [1, 0x70, 0, 0xd0, 0x70, 0x0b]), section(9, [1, 5, 0x70, 1, 0x23, 0, 0x0b])),
      'unsupported',
      /own globals belongs to "gc"/,
    ],
    [
      'a constant of a mutable global',
      wasmModule(section(2, [1], text('a'), text('g'), [3, 0x7f, 1]), section(6, [1, 0x7f, 0, 0x23, 0, 0x0b])),
      'malformed',
      /reads a mutable global/,
    ],
    [
      'the empty block type in two bytes',
      withBody([0x02, 0xc0, 0x7f, 0x0b], { types: voidTypes(9_000) }),
      'malformed',
      /negative number/,
    ],
    [
      'i32 as a block type in two bytes',
      withBody([0x02, 0xff, 0x7f, 0x00, 0x0b, 0x1a]),
      'malformed',
      /negative number/,
    ],
    ['i32 as a block type in five bytes', withBody([0x02, Array(4).fill(0xff), 0x7f, 0x0b]), 'malformed', /negative/],
    [
      'a negative block type that reads as a type there is',
      withBody([0x02, 0x80, 0x40, 0x0b], { types: voidTypes(9_000) }),
      'malformed',
      /negative number/,
    ],
    [
      'memory.init in a longer form without a data count',
      withBody([0x00, 0xfc, 0x88, 0x00, 0, 0]),
      'malformed',
      /data count section required/,
    ],
    ['a select of a typed reference', withBody([0x00, 0x1c, 1, 0x64, 0x70, 0x1a]), 'unsupported', /"gc"/],
    ['a table of references that are not null', wasmModule(section(4, [1, 0x64, 0x70, 0, 1])), 'unsupported', /"gc"/],
    [
      'a table with an initial value',
      wasmModule(section(4, [1, 0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b])),
      'unsupported',
      /"function-references"/,
    ],
    ['a 64-bit table', wasmModule(section(4, [1, 0x70, 4, 1])), 'unsupported', /"memory64"/],
    ['a group of recursive types', wasmModule(section(1, [1, 0x4e, 1, 0x60, 0, 0])), 'unsupported', /"gc"/],
    ['a final type', wasmModule(section(1, [1, 0x4f, 0, 0x60, 0, 0])), 'unsupported', /"gc"/],
    ['a block of an exception reference', withBody([0x00, 0x02, 0x69, 0x00, 0x0b, 0x1a]), 'unsupported', /"gc"/],
    [
      'a null of a type of its own',
      wasmModule(VOID_TYPE, section(6, [1, 0x70, 0, 0xd0, 0, 0x0b])),
      'unsupported',
      /"gc"/,
    ],
    ['elements of typed references', wasmModule(TABLE, section(9, [1, 5, 0x63, 0x70, 0])), 'unsupported', /"gc"/],
    ['return_call_ref', withBody([0x00, 0x15, 0x00]), 'unsupported', /"function-references"/],
    ['br_on_null', withBody([0x00, 0xd5, 0x00]), 'unsupported', /"function-references"/],
    ['ref.eq', withBody([0x00, 0xd3]), 'unsupported', /"gc"/],
    ['try_table', withBody([0x1f, 0x40, 0, 0x0b]), 'unsupported', /"exceptions"/],
    ['wide arithmetic', withBody([0x00, 0xfc, 0x13]), 'unsupported', /"wide-arithmetic"/],
    ['a 64-bit offset', withBody([0x00, 0x28, 2, Array(5).fill(0x80), 1, 0x1a]), 'malformed', /number too long/],
    ['an index of six bytes', withBody([0x10, Array(5).fill(0x80), 0x00]), 'malformed', /number too long/],
    ['an index with unused bits set', withBody([0x10, Array(4).fill(0x80), 0x10]), 'malformed', /number too large/],
    ['memory.size with a zero of two bytes', withBody([0x3f, 0x80, 0x00, 0x1a]), 'malformed', /zero byte expected/],
    ['an element segment of flags 8', wasmModule(TABLE, section(9, [1, 8, 0])), 'malformed', /element segment/],
    ['a data segment of flags 3', wasmModule(section(11, [1, 3, 0])), 'malformed', /data segment/],
    ['a data count after the code', wasmModule(section(10, [0]), section(12, [0])), 'malformed', /out of order/],
    ['elements after the data count', wasmModule(section(12, [0]), section(9, [0])), 'malformed', /out of order/],
    ['half of a surrogate pair as a name', wasmModule(section(0, [3, 0xed, 0xa0, 0x80])), 'malformed', /not UTF-8/],
    ['an over-long NUL as a name', wasmModule(section(0, [2, 0xc0, 0x80])), 'malformed', /not UTF-8/],
    [
      'a nop in a constant',
      wasmModule(section(6, [1, 0x7f, 0, 0x01, 0x41, 0, 0x0b])),
      'malformed',
      /constant expression/,
    ],
    [
      'a call in a constant',
      wasmModule(section(6, [1, 0x7f, 0, 0x10, 0, 0x0b])),
      'malformed',
      /in a constant expression/,
    ],
  ];
  for (const [what, bytes, reason, message] of refuses) {
    it(`refuses ${what}`, () => {
      const found = refusal(bytes);
      assert.ok(found !== undefined, 'was taken');
      assert.equal(found.reason, reason, found.message);
      assert.match(found.message, message);
      if (reason === 'unsupported') assert.ok(found.message.includes(`"${found.feature}"`), found.feature);
    });
  }

  it('refuses a module of more than 32 MiB before it reads it', () => {
    assert.equal(refusal(new Uint8Array(32 * 1024 * 1024 + 1))?.reason, 'limit');
  });

  it('refuses every proper beginning of a module, at once', () => {
    const whole = compileWat(
      '(module (import "a" "b" (func)) (memory 1) (table 2 funcref) (elem (i32.const 0) 0 1) (func (export "x") (i64.const 99) (drop)) (data (i32.const 1) "xyz"))',
    );
    assert.equal(refusal(whole), undefined);
    const boundaries = new Set([8]);
    for (let at = 8; at < whole.length; ) {
      at += 2 + (whole[at + 1] as number);
      boundaries.add(at);
    }
    for (let length = 0; length < whole.length; length++) {
      const found = refusal(whole.subarray(0, length));
      // Cut between sections a module can still be whole, unless its bodies are what is missing.
      if (!boundaries.has(length)) assert.ok(found !== undefined, `the first ${length} bytes were taken`);
    }
  });

  it('takes or refuses any altered module, and throws nothing but WasmInvalidError', () => {
    const original = compileWat(
      `(module (type $t (func (param i32) (result i32))) (memory 1) (table 2 funcref) (global (mut i32) (i32.const 1))
        (func $f (export "f") (type $t) (block (loop (br_if 1 (local.get 0)) (br_table 0 1 (i32.const 1))))
          (i32.load offset=4 (local.get 0)) (call_indirect (type $t) (i32.const 0)) (drop (v128.const i64x2 1 2)) (i32.trunc_sat_f32_s (f32.const 1)) (drop))
        (elem (i32.const 0) $f) (data (i32.const 0) "hello"))`,
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        (changes) => {
          const altered = original.slice();
          for (const [at, byte] of changes) altered[at] = byte;
          refusal(altered);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('opcode table', () => {
  /** One instance of each kind of immediate that is valid in {@link inUnreachableCode}. */
  const sample: Record<number, number[]> = {
    [Immediate.none]: [],
    [Immediate.block]: [0x40],
    [Immediate.index]: [0],
    [Immediate.twoIndexes]: [0, 0],
    [Immediate.memarg]: [0, 0],
    [Immediate.brTable]: [0, 0],
    [Immediate.i32]: [0],
    [Immediate.i64]: [0],
    [Immediate.f32]: [0, 0, 0, 0],
    [Immediate.f64]: Array(8).fill(0),
    [Immediate.selectTypes]: [1, 0x7f],
    [Immediate.memory]: [0],
    [Immediate.twoMemories]: [0, 0],
    [Immediate.indexAndMemory]: [0, 0],
    [Immediate.refType]: [0x70],
    [Immediate.memargLane]: [0, 0, 0],
    [Immediate.lane]: [0],
    [Immediate.v128]: Array(16).fill(0),
    [Immediate.shuffle]: Array(16).fill(0),
  };

  function inUnreachableCode(opcode: number[], immediate: number[]): Uint8Array {
    const opens = opcode.length === 1 && (opcode[0] as number) >= 2 && (opcode[0] as number) <= 4;
    const code = [0x00, ...opcode, ...immediate, 0x00, ...(opens ? [0x0b] : [])];
    const body = [1, 1, 0x7f, ...code, 0x0b];
    return wasmModule(
      VOID_TYPE,
      section(3, [1, 0]),
      section(4, [1, 0x70, 0, 1]),
      section(5, [1, 0, 1]),
      section(6, [1, 0x7f, 1, 0x41, 0, 0x0b]),
      section(7, [1], text('f'), [0, 0]),
      section(9, [1, 1, 0, 1, 0]),
      section(12, [1]),
      section(10, [1], u32(body.length), body),
      section(11, [1, 1, 0]),
    );
  }

  const ELSE = 0x05;
  const END = 0x0b;

  it('holds exactly what V8 knows, less the features that are refused by name', () => {
    const opcodes: Array<[bytes: number[], immediate: number, feature: string | undefined]> = [];
    for (let opcode = 0; opcode < 256; opcode++) {
      if (opcode === ELSE || opcode === END || opcode === 0xfc || opcode === 0xfd) continue;
      opcodes.push([[opcode], IMMEDIATES[opcode] as number, featureOfUnknown(opcode, 0)]);
    }
    for (let sub = 0; sub < 40; sub++) {
      opcodes.push([[0xfc, sub], FC_IMMEDIATES[sub] ?? Immediate.unknown, featureOfUnknown(0xfc, sub)]);
    }
    for (let sub = 0; sub < 0x130; sub++) {
      opcodes.push([[0xfd, ...u32(sub)], FD_IMMEDIATES[sub] ?? Immediate.unknown, featureOfUnknown(0xfd, sub)]);
    }
    let known = 0;
    for (const [bytes, immediate, feature] of opcodes) {
      const hex = bytes.map((byte) => byte.toString(16)).join(' ');
      if (immediate === Immediate.unknown) {
        if (feature === undefined)
          assert.equal(WebAssembly.validate(inUnreachableCode(bytes, [])), false, `V8 knows ${hex}`);
        assert.ok(refusal(inUnreachableCode(bytes, [])) !== undefined, hex);
        continue;
      }
      known++;
      const module = inUnreachableCode(bytes, sample[immediate] as number[]);
      assert.equal(WebAssembly.validate(module), true, `V8 refuses ${hex}`);
      assert.equal(refusal(module)?.message, undefined, hex);
    }
    // 183 of one byte (the two tail calls among them; else and end are not counted), 18 after 0xfc,
    // 236 after 0xfd.
    assert.equal(known, 183 + 18 + 236);
  });
});
