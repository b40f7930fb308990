import { Op } from './opcodes.ts';
import { smallIndex } from './smallIndex.ts';

/**
 * Renumbers a local: an instruction at an offset that names a local from `moved` on names the next
 * one.
 *
 * No index is above 126, so the instruction keeps its length.
 */
export function moveLocal(bytes: Uint8Array, offset: number, opcode: number, moved: number): void {
  if (opcode <= Op.localTee && opcode >= Op.localGet && smallIndex(bytes, offset + 1) >= moved) {
    bytes[offset + 1] = (bytes[offset + 1] as number) + 1;
  }
}
