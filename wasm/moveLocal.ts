import { Op } from './opcodes.ts';
import { smallIndex } from './smallIndex.ts';

/** The instruction at an offset, if it names a local from `moved` on, names the next one. None is above 126, so that it gets no longer. */
export function moveLocal(bytes: Uint8Array, offset: number, opcode: number, moved: number): void {
  if (opcode <= Op.localTee && opcode >= Op.localGet && smallIndex(bytes, offset + 1) >= moved) {
    bytes[offset + 1] = (bytes[offset + 1] as number) + 1;
  }
}
