import { signedAt } from '../../read/leb128.ts';
import { Op } from '../../read/opcodes.ts';
import { FUEL_UNIT } from '../balance.ts';
import { BalanceAt } from '../regionPlan.ts';
import type { BalanceWriter } from './balanceWriter.ts';
import type { CodeReader } from './codeReader.ts';
import { type Insertion, insertionTo } from './insertion.ts';

/**
 * Takes an amount off the balance: `balance  i64.const  i64.sub  local.set`.
 *
 * Where the region finds the balance elsewhere, the charge also loads it into the local. For an
 * amount of 0 the load is all.
 *
 * @param charge units of the balance
 * @param isDirect the result goes to the global and not to the local
 * @returns true when the global has the balance
 */
export function writeCharge(code: BalanceWriter, charge: number, from: BalanceAt, isDirect: boolean): boolean {
  if (charge === 0 && from === BalanceAt.local) return false;
  if (from === BalanceAt.global) code.getGlobal();
  else if (from === BalanceAt.local) code.getLocal();
  // A charge begins by naming the balance, so that it is recognised.
  else if (charge !== 0) code.teeLocal();
  if (charge !== 0) {
    code.constant(charge);
    code.out.u8(Op.i64Sub);
  }
  if (isDirect && (charge !== 0 || from !== BalanceAt.stack)) {
    code.setGlobal();
    return true;
  }
  code.setLocal();
  return false;
}

/** Reads what {@link writeCharge} wrote, except a load. */
export function readCharge(code: CodeReader, offset: number): Insertion | null {
  const constant = code.after(offset);
  if (code.opcode(constant) !== Op.i64Const) return null;
  const operation = code.after(constant);
  if (code.opcode(operation) !== Op.i64Sub) return null;
  // The weight of the frame can be part of the amount. It is less than half of an instruction's
  // cost.
  const charge = Math.round(signedAt(code.bytes, constant + 1) / FUEL_UNIT);
  return { ...insertionTo(code.after(operation + 1)), charge };
}

/** Reads a {@link writeCharge} of 0, which only loads the balance. */
export function readLoad(code: CodeReader, offset: number): Insertion | null {
  if (code.isLocal(Op.localSet, offset)) return insertionTo(code.after(offset));
  const set = code.after(offset);
  return code.isGlobal(Op.globalGet, offset) && code.isLocal(Op.localSet, set) ? insertionTo(code.after(set)) : null;
}

/** Makes the global equal to the local: `local.get  global.set`. */
export function writeStore(code: BalanceWriter): void {
  code.getLocal();
  code.setGlobal();
}

export function readStore(code: CodeReader, offset: number): Insertion | null {
  const set = code.after(offset);
  return code.isLocal(Op.localGet, offset) && code.isGlobal(Op.globalSet, set) ? insertionTo(code.after(set)) : null;
}

/** Puts the balance on the stack: the last argument of a call, or the last result. */
export function writePassed(code: BalanceWriter): void {
  code.getLocal();
}

/** Reads {@link writePassed} in front of a call or `return`. */
export function readPassed(code: CodeReader, offset: number): Insertion | null {
  const next = code.after(offset);
  const opcode = code.opcode(next);
  return opcode === Op.call || opcode === Op.return ? insertionTo(next) : null;
}
