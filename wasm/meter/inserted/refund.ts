import { EMPTY_BLOCK, Op } from '../../read/opcodes.ts';
import type { BalanceWriter } from './balanceWriter.ts';
import { writeStore } from './charge.ts';
import type { CodeReader } from './codeReader.ts';
import { type Insertion, insertionTo } from './insertion.ts';

/** Bytes of an original `br_if` that can become an exit: its label takes one. */
const BR_IF_BYTES = 2;

/** Number of instructions of a refund. */
const REFUND_STEPS = 4;

/** Gives an amount back to the balance: `local.get  i64.const  i64.add  local.set`. */
export function writeRefund(code: BalanceWriter, amount: number): void {
  code.getLocal();
  code.constant(amount);
  code.out.u8(Op.i64Add);
  code.setLocal();
}

/** Reads a refund, and the branch out of an unrolled loop that can follow it. */
export function readRefund(code: CodeReader, offset: number): Insertion | null {
  if (!isRefund(code, offset)) return null;
  const next = code.afterAll(offset, REFUND_STEPS);
  return insertionTo(code.opcode(next) === Op.br ? code.after(next) : next);
}

function isRefund(code: CodeReader, offset: number): boolean {
  if (!code.isLocal(Op.localGet, offset)) return false;
  const constant = code.after(offset);
  return code.opcode(constant) === Op.i64Const && code.opcode(code.after(constant)) === Op.i64Add;
}

/** Refunds what an `if` that is not entered leaves out: `else  refund`. */
export function writeElseRefund(code: BalanceWriter, amount: number): void {
  code.out.u8(Op.else);
  writeRefund(code, amount);
}

export function readElseRefund(code: CodeReader, offset: number): Insertion | null {
  return code.opcode(offset) === Op.else ? readRefund(code, offset + 1) : null;
}

/**
 * Takes the place of a `br_if` that leaves its region: `if  refund  br  end`.
 *
 * @param label of the branch inside of the `if`
 * @param stores the branch leaves the function
 */
export function writeExit(code: BalanceWriter, amount: number, label: number, stores: boolean): void {
  const { out } = code;
  out.u8(Op.if);
  out.u8(EMPTY_BLOCK);
  writeRefund(code, amount);
  if (stores) writeStore(code);
  out.u8(Op.br);
  out.u32(label);
  out.u8(Op.end);
}

export function readExit(code: CodeReader, offset: number): Insertion | null {
  const refund = offset + 2;
  if (code.opcode(offset) !== Op.if || code.opcode(offset + 1) !== EMPTY_BLOCK || !isRefund(code, refund)) return null;
  let branch = code.afterAll(refund, REFUND_STEPS);
  if (code.isLocal(Op.localGet, branch)) branch = code.afterAll(branch, 2);
  const end = code.after(branch);
  return { ...insertionTo(end + 1), replaced: BR_IF_BYTES };
}
