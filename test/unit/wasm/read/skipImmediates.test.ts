import assert from 'node:assert/strict';
import { MODULE_LIMITS } from '../../../../wasm/read/moduleLimits.ts';
import { skipImmediates } from '../../../../wasm/read/skipImmediates.ts';
import { WasmInvalidError } from '../../../../wasm/read/wasmInvalid.ts';
import { u32 } from '../../../helpers/wasmBytes.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** Bytes of the instruction, opcode and all, as they are skipped; others follow. */
function lengthOf(code: Uint8Array): number {
  return skipImmediates(Buffer.concat([code, hex('0b 0b 0b')]), code[0] as number, 1, code.length + 3);
}

const WHOLE: Array<[name: string, code: string]> = [
  ['nop', '01'],
  ['block', '02 40'],
  ['block of a type above 127', '02 80 01'],
  ['br', '0c 03'],
  ['br in five bytes', '0c 83 80 80 80 00'],
  ['br_table', '0e 02 00 01 02'],
  ['br_table of no labels', '0e 00 00'],
  ['call', '10 ff 01'],
  ['call_indirect', '11 05 00'],
  ['select of types', '1c 01 7f'],
  ['local.get', '20 00'],
  ['table.get', '25 00'],
  ['i32.load', '28 02 10'],
  ['i32.load of a long offset', '28 02 ff ff ff ff 0f'],
  ['memory.size', '3f 00'],
  ['i32.const', '41 80 80 80 80 78'],
  ['i64.const', '42 80 80 80 80 80 80 80 80 80 7f'],
  ['f32.const', '43 00 00 80 7f'],
  ['f64.const', '44 00 00 00 00 00 00 f0 7f'],
  ['ref.null', 'd0 70'],
  ['ref.func', 'd2 81 01'],
  ['i32.trunc_sat_f32_s', 'fc 00'],
  ['memory.init', 'fc 08 02 00'],
  ['memory.copy', 'fc 0a 00 00'],
  ['memory.fill', 'fc 0b 00'],
  ['table.copy', 'fc 0e 00 01'],
  ['a prefixed opcode in two bytes', 'fc 8b 00 00'],
  ['v128.load', 'fd 00 04 00'],
  ['v128.const', 'fd 0c 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f'],
  ['i8x16.shuffle', 'fd 0d 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 1f'],
  ['i8x16.extract_lane_s', 'fd 15 0f'],
  ['v128.load8_lane', 'fd 54 00 00 0f'],
];

describe('the immediates of an instruction', () => {
  for (const [name, code] of WHOLE) {
    it(`${name}: are skipped to their end, and refused cut off at every byte`, () => {
      const bytes = hex(code);
      assert.equal(lengthOf(bytes), bytes.length);
      for (let end = 1; end < bytes.length; end++) {
        assert.throws(
          () => skipImmediates(bytes, bytes[0] as number, 1, end),
          (error) => error instanceof WasmInvalidError && error.reason === 'malformed',
          `cut off after ${end} bytes`,
        );
      }
    });
  }

  const rows: Array<[what: string, code: string, reason: string, feature?: string]> = [
    ['an opcode that there is not', '27', 'malformed'],
    ['the opcode of throw', '08 00', 'unsupported', 'exceptions'],
    ['an atomic instruction', 'fe 00 02 00', 'unsupported', 'threads'],
    ['a saturating conversion that there is not', 'fc 7f', 'malformed'],
    ['a memory access that names a memory', '28 42 01 00', 'unsupported', 'multi-memory'],
    ['an alignment of 2^32', '28 20 00', 'malformed'],
    ['memory.size of another memory', '3f 01', 'unsupported', 'multi-memory'],
    ['memory.size with a zero in two bytes', '3f 80 00', 'malformed'],
    ['memory.copy between memories', 'fc 0a 00 01', 'unsupported', 'multi-memory'],
    ['a shuffle of lane 32', `fd 0d ${'00 '.repeat(15)} 20`, 'malformed'],
    ['ref.null of a type of GC', 'd0 6e', 'unsupported', 'gc'],
    ['select of an unknown type', '1c 01 40', 'malformed'],
    ['select of more types than there are bytes', '1c ff 7f 7f', 'malformed'],
    ['br_table of more labels than there are bytes', '0e ff ff ff ff 0f 00', 'malformed'],
  ];
  for (const [what, code, reason, feature] of rows) {
    it(`are refused: ${what}`, () => {
      assert.throws(
        () => lengthOf(hex(code)),
        (error) =>
          error instanceof WasmInvalidError &&
          error.reason === reason &&
          (feature === undefined || error.feature === feature),
      );
    });
  }

  it('a br_table has as many labels as a module may, and no more', () => {
    const table = (labels: number) => Buffer.concat([Buffer.of(0x0e, ...u32(labels)), Buffer.alloc(labels + 1)]);
    assert.equal(lengthOf(table(MODULE_LIMITS.brTable)), table(MODULE_LIMITS.brTable).length);
    assert.throws(() => lengthOf(table(MODULE_LIMITS.brTable + 1)), { reason: 'limit' });
  });
});
