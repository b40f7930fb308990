import { skipSigned, skipU32, u32At } from './leb128.ts';
import { MODULE_LIMITS } from './moduleLimits.ts';
import { FC_IMMEDIATES, FD_IMMEDIATES, featureOfUnknown, IMMEDIATES, Immediate, ONE_NUMBER } from './opcodes.ts';
import { unsupported, WasmInvalidError } from './wasmInvalid.ts';

/**
 * Finds the position after the immediates of `opcode`, which is at `pos - 1`.
 *
 * @throws {WasmInvalidError} for an instruction that is cut off, wrongly encoded or not in the
 *   opcode table
 */
export function skipImmediates(bytes: Uint8Array, opcode: number, pos: number, end: number): number {
  const immediate = IMMEDIATES[opcode] as number;
  if (immediate === Immediate.none) return pos;
  // Nearly every number is one byte; the reader's speed is made here.
  if (pos + 1 < end && (bytes[pos] as number) < 0x80) {
    if (immediate <= ONE_NUMBER) return pos + 1;
    if (immediate === Immediate.memarg && (bytes[pos] as number) < 32 && (bytes[pos + 1] as number) < 0x80)
      return pos + 2;
  }
  return skip(bytes, immediate, pos, end, opcode);
}

function skip(bytes: Uint8Array, immediate: number, pos: number, end: number, opcode: number): number {
  switch (immediate) {
    case Immediate.none:
      return pos;
    case Immediate.index:
      return skipU32(bytes, pos, end);
    case Immediate.i32:
      return skipSigned(bytes, pos, end, 32);
    case Immediate.memarg:
      return skipMemarg(bytes, pos, end);
    case Immediate.block:
      return skipSigned(bytes, pos, end, 33);
    case Immediate.twoIndexes:
      return skipU32(bytes, skipU32(bytes, pos, end), end);
    case Immediate.i64:
      return skipSigned(bytes, pos, end, 64);
    case Immediate.f32:
      return within(pos + 4, end);
    case Immediate.f64:
      return within(pos + 8, end);
    case Immediate.v128:
      return within(pos + 16, end);
    case Immediate.brTable:
      return skipBrTable(bytes, pos, end);
    case Immediate.selectTypes:
      return skipSelectTypes(bytes, pos, end);
    case Immediate.memory:
      return skipMemoryIndex(bytes, pos, end);
    case Immediate.twoMemories:
      return skipMemoryIndex(bytes, skipMemoryIndex(bytes, pos, end), end);
    case Immediate.indexAndMemory:
      return skipMemoryIndex(bytes, skipU32(bytes, pos, end), end);
    case Immediate.refType:
      return skipRefType(bytes, pos, end);
    case Immediate.memargLane:
      return within(skipMemarg(bytes, pos, end) + 1, end);
    case Immediate.lane:
      return within(pos + 1, end);
    case Immediate.shuffle:
      return skipShuffle(bytes, pos, end);
    case Immediate.prefixFc:
    case Immediate.prefixFd: {
      const next = skipU32(bytes, pos, end);
      const sub = u32At(bytes, pos);
      const table = immediate === Immediate.prefixFc ? FC_IMMEDIATES : FD_IMMEDIATES;
      const inner = sub < table.length ? (table[sub] as number) : Immediate.unknown;
      if (inner === Immediate.unknown) throw unknownOpcode(opcode, sub, pos - 1);
      return skip(bytes, inner, next, end, opcode);
    }
    default:
      throw unknownOpcode(opcode, 0, pos - 1);
  }
}

function unknownOpcode(opcode: number, sub: number, offset: number): WasmInvalidError {
  const feature = featureOfUnknown(opcode, sub);
  const code = `0x${opcode.toString(16)}${opcode >= 0xfb && opcode <= 0xfe ? ` 0x${sub.toString(16)}` : ''}`;
  return feature === undefined
    ? new WasmInvalidError('malformed', offset, `unknown opcode ${code}`)
    : unsupported(feature, offset, `opcode ${code}`);
}

function within(pos: number, end: number): number {
  if (pos > end) throw new WasmInvalidError('malformed', end, 'unexpected end');
  return pos;
}

function skipMemarg(bytes: Uint8Array, pos: number, end: number): number {
  const afterAlign = skipU32(bytes, pos, end);
  const align = u32At(bytes, pos);
  if (align >= 64 && align < 128) {
    throw unsupported('multi-memory', pos, 'a memory access that names a memory');
  }
  if (align >= 32) throw new WasmInvalidError('malformed', pos, 'malformed alignment');
  return skipU32(bytes, afterAlign, end);
}

function skipBrTable(bytes: Uint8Array, pos: number, end: number): number {
  let at = skipU32(bytes, pos, end);
  const labels = u32At(bytes, pos);
  if (labels > end - at) throw new WasmInvalidError('malformed', pos, 'br_table has more labels than bytes left');
  if (labels > MODULE_LIMITS.brTable) throw new WasmInvalidError('limit', pos, `br_table of ${labels} labels`);
  for (let i = 0; i <= labels; i++) at = skipU32(bytes, at, end);
  return at;
}

function skipSelectTypes(bytes: Uint8Array, pos: number, end: number): number {
  const at = skipU32(bytes, pos, end);
  const count = u32At(bytes, pos);
  if (count > end - at) throw new WasmInvalidError('malformed', pos, 'select has more types than bytes left');
  for (let i = 0; i < count; i++) {
    const type = bytes[at + i] as number;
    if (!((type >= 0x7b && type <= 0x7f) || type === 0x70 || type === 0x6f)) {
      if (type >= 0x63 && type <= 0x74) throw unsupported('gc', at + i, `value type 0x${type.toString(16)}`);
      throw new WasmInvalidError('malformed', at + i, `unknown value type 0x${type.toString(16)}`);
    }
  }
  return at + count;
}

function skipMemoryIndex(bytes: Uint8Array, pos: number, end: number): number {
  within(pos + 1, end);
  if (bytes[pos] === 0) return pos + 1;
  skipU32(bytes, pos, end);
  throw u32At(bytes, pos) === 0
    ? new WasmInvalidError('malformed', pos, 'zero byte expected')
    : unsupported('multi-memory', pos, 'an instruction that names a memory');
}

function skipRefType(bytes: Uint8Array, pos: number, end: number): number {
  within(pos + 1, end);
  const type = bytes[pos] as number;
  if (type === 0x70 || type === 0x6f) return pos + 1;
  throw unsupported('gc', pos, `reference type 0x${type.toString(16)}`);
}

function skipShuffle(bytes: Uint8Array, pos: number, end: number): number {
  within(pos + 16, end);
  for (let i = pos; i < pos + 16; i++) {
    if ((bytes[i] as number) > 31) throw new WasmInvalidError('malformed', i, 'shuffle lane out of range');
  }
  return pos + 16;
}
