import { u32At } from '../../read/leb128.ts';
import { Op } from '../../read/opcodes.ts';
import type { ByteWriter } from '../byteWriter.ts';
import type { CodeReader } from './codeReader.ts';
import { type Insertion, insertionTo } from './insertion.ts';

/** Calls the interrupt function: the engine can end the run there. */
export function writeInterruptCall(out: ByteWriter, interruptFunction: number): void {
  out.u8(Op.call);
  out.u32(interruptFunction);
}

export function readInterruptCall(code: CodeReader, offset: number, interruptFunction: number): Insertion | null {
  if (code.opcode(offset) !== Op.call || u32At(code.bytes, offset + 1) !== interruptFunction) return null;
  return insertionTo(code.after(offset));
}
