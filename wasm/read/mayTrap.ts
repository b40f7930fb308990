import { u32At } from './leb128.ts';
import { Op } from './opcodes.ts';

/**
 * Says whether an instruction can trap, control instructions aside.
 *
 * Source: WebAssembly Core Specification 2.0, chapter 4.
 */
export function mayTrap(bytes: Uint8Array, at: number, opcode: number): boolean {
  if (opcode < 0x6d) return (opcode >= 0x28 && opcode <= 0x3e) || opcode === 0x25 || opcode === 0x26;
  if (opcode <= 0x82) return opcode <= 0x70 || opcode >= 0x7f;
  if (opcode < 0xa8) return false;
  if (opcode <= 0xb1) return opcode !== 0xac && opcode !== 0xad;
  if (opcode === Op.prefixFc) return isBulk(bytes, at);
  return opcode === Op.prefixFd && simdMayTrap(bytes, at + 1);
}

/**
 * Says whether an instruction with the prefix 0xfc works on a stretch of memory or of a table.
 *
 * The others are conversions.
 */
export function isBulk(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 1] as number) > 7;
}

function simdMayTrap(bytes: Uint8Array, at: number): boolean {
  const sub = u32At(bytes, at);
  return sub <= 11 || (sub >= 84 && sub <= 93);
}
