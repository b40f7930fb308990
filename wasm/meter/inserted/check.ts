import { EMPTY_BLOCK, Op } from '../../read/opcodes.ts';
import { DEPTH_MAX, FUEL_UNIT } from '../balance.ts';
import { ByteWriter } from '../byteWriter.ts';
import { BalanceAt } from '../regionPlan.ts';
import type { BalanceWriter } from './balanceWriter.ts';
import type { CodeReader } from './codeReader.ts';
import { type Insertion, insertionTo } from './insertion.ts';

/**
 * `i64.const` of the two bits that an entry tests at once: the sign, which means that fuel is
 * short, and the bit that means too deep.
 */
const ENTRY_MASK = maskConstant();

/** Instructions of a trap without a block around the body: `if  unreachable  end`, four bytes. */
const TRAP = [Op.if, EMPTY_BLOCK, Op.unreachable, Op.end];

/**
 * Traps when the balance in the local is below zero.
 *
 * @param depth number of blocks around the place
 */
export function writeCheck(code: BalanceWriter, depth: number): void {
  code.getLocal();
  writeTrapBelowZero(code, depth);
}

/**
 * Loads the balance at the entry of a function and checks it.
 *
 * A function that calls is entered only when nothing is overdrawn and the frames below it fit.
 * Another one only needs the first.
 */
export function writeEntryCheck(code: BalanceWriter, calls: boolean): void {
  const { out } = code;
  if (code.isInner) code.getLocal();
  else {
    code.getGlobal();
    code.teeLocal();
  }
  if (!calls) {
    writeTrapBelowZero(code, 0);
    return;
  }
  out.append(ENTRY_MASK);
  out.u8(Op.i64And);
  code.constant(0);
  writeTrapIf(code, Op.i64Ne, 0);
}

/** Traps when the waiting frames and this one are too much together. */
export function writeDepthCheck(code: BalanceWriter, from: BalanceAt, weight: number): void {
  if (from === BalanceAt.local) code.getLocal();
  else code.getGlobal();
  code.constant(FUEL_UNIT - 1);
  code.out.u8(Op.i64And);
  code.constant(DEPTH_MAX - weight);
  writeTrapIf(code, Op.i64GeS, 0);
}

/** Traps when the balance in the global is below zero, in a function without a local for it. */
export function writeGlobalCheck(code: BalanceWriter): void {
  code.getGlobal();
  writeTrapBelowZero(code, 0);
}

function writeTrapBelowZero(code: BalanceWriter, depth: number): void {
  code.constant(0);
  writeTrapIf(code, Op.i64LtS, depth);
}

/** Traps when a comparison of the two values on the stack holds. */
function writeTrapIf(code: BalanceWriter, comparison: number, depth: number): void {
  const { out } = code;
  out.u8(comparison);
  if (!code.isWrapped) {
    out.append(TRAP);
    return;
  }
  // V8 lays out the way to the trap after everything else. An `if` around it here would cost a jump
  // each time.
  out.u8(Op.brIf);
  out.u32(depth + 1);
}

/**
 * Reads any of these checks.
 *
 * Charges and refunds begin alike and are read before. The test of the interrupt function is read
 * as a check, too.
 */
export function readCheck(code: CodeReader, offset: number): Insertion | null {
  let at = code.after(offset);
  if (code.opcode(at) === Op.localTee) at = code.after(at);
  if (code.opcode(at) !== Op.i64Const) return null;
  at = code.after(at);
  // The bits to test are taken out of the balance first.
  if (code.opcode(at) === Op.i64And) at = code.after(at + 1);
  // The comparison comes before the trap.
  const trap = at + 1;
  return insertionTo(code.opcode(trap) === Op.brIf ? code.after(trap) : trap + TRAP.length);
}

function maskConstant(): Uint8Array {
  const writer = new ByteWriter(16);
  writer.u8(Op.i64Const);
  // Bits 0 to 62 in groups of seven, then the sign.
  for (let bit = 0; bit < 63; bit += 7) {
    let group = 0x80;
    if (DEPTH_MAX >= 2 ** bit && DEPTH_MAX < 2 ** (bit + 7)) group |= DEPTH_MAX / 2 ** bit;
    writer.u8(group);
  }
  writer.u8(0x7f);
  return writer.written();
}
