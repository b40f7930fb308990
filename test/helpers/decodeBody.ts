/** Function bodies as trees, for the reference interpreter. */
import type { BinaryReader } from '../../wasm/read/binaryReader.ts';
import { FC_IMMEDIATES, FD_IMMEDIATES, IMMEDIATES, Immediate, Op } from '../../wasm/read/opcodes.ts';
import type { FunctionType, ValueType, WasmModule } from '../../wasm/read/wasmModule.ts';

export interface Instruction {
  /** The opcode; after the prefixes 0xfc and 0xfd, 0xfc00 or 0xfd00 + the second number. */
  op: number;
  /** Indices, label, memory offset, labels of a br_table, in their order. */
  immediates: number[];
  /**
   * The value of a constant: an i32 or the bits of an f32 as number, an i64 or the bits of an f64
   * as bigint, a v128 as its bytes.
   */
  constant?: number | bigint | Uint8Array;
  type?: FunctionType;
  body?: Instruction[];
  otherwise?: Instruction[];
}

export interface Body {
  locals: ValueType[];
  code: Instruction[];
}

const VALUE_TYPES: Record<number, ValueType> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
  112: 'funcref',
  111: 'externref',
};

export class NotInterpretedError extends Error {}

function signed(reader: BinaryReader): bigint {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = reader.u8();
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return byte & 0x40 ? value - (1n << (shift + 7n)) : value;
  }
}

export function valueType(code: number): ValueType {
  const type = VALUE_TYPES[code];
  if (type === undefined) throw new NotInterpretedError(`value type 0x${code.toString(16)}`);
  return type;
}

export function decodeBody(reader: BinaryReader, module: WasmModule): Body {
  const locals: ValueType[] = [];
  for (let groups = reader.u32(); groups > 0; groups--) {
    const count = reader.u32();
    const type = valueType(reader.u8());
    for (let i = 0; i < count; i++) locals.push(type);
  }
  return { locals, code: decodeUntil(reader, module).code };
}

/** Instructions up to `end` or `else`, which is read too. */
export function decodeUntil(reader: BinaryReader, module: WasmModule): { code: Instruction[]; stop: number } {
  const code: Instruction[] = [];
  for (;;) {
    const op = reader.u8();
    if (op === Op.end || op === Op.else) return { code, stop: op };
    code.push(decode(op, reader, module));
  }
}

function decode(first: number, reader: BinaryReader, module: WasmModule): Instruction {
  const prefixed = first === Op.prefixFc ? FC_IMMEDIATES : first === Op.prefixFd ? FD_IMMEDIATES : undefined;
  const sub = prefixed === undefined ? 0 : reader.u32();
  const op = prefixed === undefined ? first : first * 0x100 + sub;
  const immediate = (prefixed ?? IMMEDIATES)[prefixed === undefined ? first : sub];
  const instruction: Instruction = { op, immediates: [] };
  switch (immediate) {
    case Immediate.none:
      return instruction;
    case Immediate.block:
      return decodeBlock(instruction, reader, module);
    case Immediate.index:
      return { op, immediates: [reader.u32()] };
    case Immediate.twoIndexes:
    case Immediate.memarg:
    case Immediate.indexAndMemory:
    case Immediate.twoMemories:
      return { op, immediates: [reader.u32(), reader.u32()] };
    case Immediate.memory:
    case Immediate.refType:
      return { op, immediates: [reader.u8()] };
    case Immediate.brTable: {
      const count = reader.u32();
      return { op, immediates: Array.from({ length: count + 1 }, () => reader.u32()) };
    }
    case Immediate.selectTypes: {
      for (let count = reader.u32(); count > 0; count--) valueType(reader.u8());
      return instruction;
    }
    case Immediate.i32:
      return { ...instruction, constant: Number(signed(reader)) };
    case Immediate.i64:
      return { ...instruction, constant: signed(reader) };
    case Immediate.f32: {
      reader.skip(4);
      return {
        ...instruction,
        constant: new DataView(reader.bytes.buffer, reader.bytes.byteOffset).getInt32(reader.pos - 4, true),
      };
    }
    case Immediate.f64: {
      reader.skip(8);
      return {
        ...instruction,
        constant: new DataView(reader.bytes.buffer, reader.bytes.byteOffset).getBigInt64(reader.pos - 8, true),
      };
    }
    case Immediate.v128:
      return { ...instruction, constant: Uint8Array.from({ length: 16 }, () => reader.u8()) };
    case Immediate.shuffle:
      return { op, immediates: Array.from({ length: 16 }, () => reader.u8()) };
    case Immediate.lane:
      return { op, immediates: [reader.u8()] };
    case Immediate.memargLane:
      return { op, immediates: [reader.u32(), reader.u32(), reader.u8()] };
    default:
      throw new NotInterpretedError(`opcode 0x${op.toString(16)}`);
  }
}

function decodeBlock(instruction: Instruction, reader: BinaryReader, module: WasmModule): Instruction {
  const code = Number(signed(reader));
  // Negative numbers are the one-byte types, 0x40 for none.
  const type: FunctionType | undefined =
    code === -64
      ? { params: [], results: [] }
      : code < 0
        ? { params: [], results: [valueType(code + 128)] }
        : module.types[code];
  if (type === undefined) throw new NotInterpretedError('a block of an unknown type');
  const { code: body, stop } = decodeUntil(reader, module);
  const otherwise = stop === Op.else ? decodeUntil(reader, module).code : [];
  return { ...instruction, type, body, otherwise };
}
