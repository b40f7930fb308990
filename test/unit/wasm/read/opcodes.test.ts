import assert from 'node:assert/strict';
import {
  FC_IMMEDIATES,
  FD_IMMEDIATES,
  featureOfUnknown,
  IMMEDIATES,
  Immediate,
  ONE_NUMBER,
  Op,
} from '../../../../wasm/read/opcodes.ts';
import { u32, withBody } from '../../../helpers/wasmBytes.ts';

/** The engine takes the opcode in code that is never reached, with zeros after it. */
function engineKnows(opcode: number[]): boolean {
  return Array.from({ length: 5 }, (_, zeros) => [0x00, ...opcode, ...Array(zeros).fill(0)]).some((code) =>
    WebAssembly.validate(Uint8Array.from(withBody([code]))),
  );
}

describe('the table of opcodes', () => {
  it('has a feature for every opcode that the engine takes and the table has not', () => {
    const unnamed: string[] = [];
    const look = (table: Uint8Array, prefix: number | undefined, count: number) => {
      for (let opcode = 0; opcode < count; opcode++) {
        if ((table[opcode] ?? Immediate.unknown) !== Immediate.unknown) continue;
        const bytes = prefix === undefined ? [opcode] : [prefix, ...u32(opcode)];
        const feature = prefix === undefined ? featureOfUnknown(opcode, 0) : featureOfUnknown(prefix, opcode);
        if (feature === undefined && engineKnows(bytes)) unnamed.push(bytes.map((byte) => byte.toString(16)).join(' '));
      }
    };
    look(IMMEDIATES, undefined, 256);
    look(FC_IMMEDIATES, 0xfc, 64);
    look(FD_IMMEDIATES, 0xfd, 512);
    assert.deepEqual(unnamed, []);
  });

  it('names the feature of an opcode that it has not, and none of one that nobody has', () => {
    const rows: Array<[opcode: number, sub: number, feature: string | undefined]> = [
      [0xfe, 0, 'threads'],
      [0xfb, 7, 'gc'],
      [0xfd, 0x100, 'relaxed-simd'],
      [0xfd, 0x12f, 'relaxed-simd'],
      [0xfd, 0x130, undefined],
      [0xfd, 0x9a, undefined],
      [0xfc, 19, 'wide-arithmetic'],
      [0xfc, 23, undefined],
      [0x06, 0, 'exceptions'],
      [0x1f, 0, 'exceptions'],
      [0x14, 0, 'function-references'],
      [0x27, 0, undefined],
      [0xff, 0, undefined],
    ];
    for (const [opcode, sub, feature] of rows) assert.equal(featureOfUnknown(opcode, sub), feature, `${opcode} ${sub}`);
  });

  it('has every opcode that has a name, with a kind of immediate', () => {
    for (const [name, opcode] of Object.entries(Op)) assert.notEqual(IMMEDIATES[opcode], Immediate.unknown, name);
  });

  it('has one number after the kinds up to a bound, and after no other', () => {
    const kinds = Object.entries(Immediate).filter(([, kind]) => kind > 0 && kind <= ONE_NUMBER);
    assert.deepEqual(
      kinds.map(([name]) => name),
      ['block', 'index', 'i32', 'i64'],
    );
  });
});
