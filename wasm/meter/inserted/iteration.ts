import { EMPTY_BLOCK, Op } from '../../read/opcodes.ts';
import type { BalanceWriter } from './balanceWriter.ts';
import type { CodeReader } from './codeReader.ts';
import { type Insertion, insertionTo } from './insertion.ts';

/** Opens the block around an unrolled loop, or closes it: `local.get  drop  block`. */
export function writeAround(code: BalanceWriter, opcode: typeof Op.block | typeof Op.end): void {
  const { out } = code;
  code.getLocal();
  out.u8(Op.drop);
  out.u8(opcode);
  if (opcode === Op.block) out.u8(EMPTY_BLOCK);
}

export function readAround(code: CodeReader, offset: number): Insertion | null {
  const drop = code.after(offset);
  return code.opcode(drop) === Op.drop ? insertionTo(code.after(drop + 1)) : null;
}

/**
 * Begins an iteration of an unrolled loop: `local.get  local.set  end  block`.
 *
 * Each iteration but the last is a block. Its end is where the original went back to the start.
 */
export function writeIteration(code: BalanceWriter, isFirst: boolean, isLast: boolean): void {
  const { out } = code;
  code.getLocal();
  code.setLocal();
  if (!isFirst) out.u8(Op.end);
  if (isLast) return;
  out.u8(Op.block);
  out.u8(EMPTY_BLOCK);
}

export function readIteration(code: CodeReader, offset: number): Insertion | null {
  const set = code.after(offset);
  if (!code.isLocal(Op.localGet, offset) || !code.isLocal(Op.localSet, set)) return null;
  const end = code.after(set);
  const isRepeated = code.opcode(end) === Op.end;
  const start = isRepeated ? end + 1 : end;
  // Such a loop has no block of the original.
  const next = code.opcode(start) === Op.block ? code.after(start) : start;
  return { ...insertionTo(next), iteration: isRepeated ? 'repeated' : 'first' };
}
