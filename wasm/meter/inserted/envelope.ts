import { INLINED_BYTES } from '../../read/compileCost.ts';
import { afterNumber, byteLength, u32At } from '../../read/leb128.ts';
import { EMPTY_BLOCK, Op } from '../../read/opcodes.ts';
import type { BodyFacts } from '../bodyFacts.ts';
import type { BalanceWriter } from './balanceWriter.ts';
import { canonicalGroupBytes } from './canonicalNan.ts';
import { writePassed, writeStore } from './charge.ts';
import { CodeReader } from './codeReader.ts';

/** The declaration of a group of locals that ends those of the original: count and type, i64. */
const BALANCE_TYPE = 0x7e;

/**
 * Writes the locals of a body with one more for the balance.
 *
 * A balance that is a parameter declares a group of no locals. So the type declared last tells a
 * reader whether groups for canonical NaNs follow.
 *
 * @param bytes of the original
 * @param canonical groups of locals for canonical NaNs, two bytes each
 */
export function writeLocals(
  code: BalanceWriter,
  bytes: Uint8Array,
  facts: BodyFacts,
  canonical: readonly number[],
): void {
  const { out } = code;
  const groups = u32At(bytes, facts.start);
  const afterCount = afterNumber(bytes, facts.start);
  // The count keeps its number of bytes unless the new number needs one more, so that a reader
  // finds where the code of the original began.
  out.u32Wide(groups + 1 + canonical.length / 2, afterCount - facts.start);
  out.copy(bytes, afterCount, facts.first);
  out.u8(code.isInner ? 0 : 1);
  out.u8(BALANCE_TYPE);
  out.append(canonical);
}

/** Opens the blocks around a body: one for the way to the trap, one for the way out. */
export function writeOpening(code: BalanceWriter, blockType: Uint8Array): void {
  const { out } = code;
  if (code.isWrapped) out.append([Op.block, EMPTY_BLOCK]);
  if (!code.isWrapped && !code.isInner) return;
  out.u8(Op.block);
  out.append(blockType);
}

/**
 * Closes the blocks around a body, with its one trap.
 *
 * @param start offset of the body
 * @param isLong the body is made too long for V8 to inline. Such a body must be wrapped.
 */
export function writeClosing(code: BalanceWriter, start: number, isLong: boolean): void {
  const { out } = code;
  if (code.isInner) writePassed(code);
  if (code.isWrapped) {
    out.u8(Op.return);
    // Nops after a return are never reached, so compilers make no code of them.
    if (isLong) for (let length = out.length - start; length < INLINED_BYTES; length++) out.u8(Op.nop);
    out.u8(Op.end);
    writeStore(code);
    out.u8(Op.unreachable);
  }
  if (code.isWrapped || code.isInner) out.u8(Op.end);
}

/** The code that lies around the original's in a metered body. */
export interface Envelope {
  /** The local that has the balance; -1 when the body has none. */
  fuelLocal: number;
  /** Offsets between which the original's code and the insertions lie. */
  from: number;
  to: number;
  /** Bytes by which the declaration of the locals grew. */
  addedLocals: number;
  /** The first local for canonical NaNs; infinite without any. */
  canonicalLocal: number;
}

/** Offsets of a metered body. */
export interface BodyOffsets {
  /** Offset after the body's size. */
  start: number;
  /** Offset of the first instruction. */
  first: number;
  end: number;
}

/**
 * Reads what {@link writeLocals}, {@link writeOpening} and {@link writeClosing} wrote.
 *
 * @param isInner the function is an inner one
 */
export function readEnvelope(bytes: Uint8Array, fuelGlobal: number, isInner: boolean, body: BodyOffsets): Envelope {
  const code = new CodeReader(bytes, body.end, fuelGlobal, -1);
  const outline = isInner ? readInnerOutline(code, body) : readOutline(code, body);
  return { ...outline, ...readLocals(bytes, body, isInner, outline.fuelLocal) };
}

type Outline = Pick<Envelope, 'fuelLocal' | 'from' | 'to'>;

/** Reads the outline of an inner function. It ends by naming the balance, a local of one byte. */
function readInnerOutline(code: CodeReader, { first, end }: BodyOffsets): Outline {
  const { bytes } = code;
  const global = byteLength(code.fuelGlobal);
  const isWrapped = bytes[end - 4] !== Op.end;
  if (!isWrapped) {
    // local.get, end
    return { fuelLocal: bytes[end - 2] as number, from: code.after(first), to: end - 3 };
  }
  // end, local.get, return, nops, end, local.get, global.set, unreachable, end
  return {
    fuelLocal: bytes[end - 4 - global] as number,
    from: code.afterAll(first, 2),
    to: beforeNops(bytes, end - 6 - global) - 3,
  };
}

/**
 * Reads the outline of a function that takes its balance from the global.
 *
 * A body with a local for the balance begins by loading it, and checks it first or charges it at
 * once. Any other body uses the global alone.
 */
function readOutline(code: CodeReader, { first, end }: BodyOffsets): Outline {
  const { bytes, fuelGlobal } = code;
  const inside = code.opcode(first) === Op.block ? code.after(first) : first;
  const isWrapped = code.opcode(inside) === Op.block && code.isGlobal(Op.globalGet, code.after(inside));
  const from = isWrapped ? code.after(inside) : first;
  let at = from;
  if (code.isGlobal(Op.globalGet, at)) {
    at = code.after(at);
    const operation = code.opcode(at) === Op.i64Const ? code.after(at) : at;
    if (code.opcode(operation) === Op.i64Sub) at = code.after(operation);
  }
  const sets = code.opcode(at) === Op.localSet || code.opcode(at) === Op.localTee;
  const fuelLocal = at > from && sets ? u32At(bytes, at + 1) : -1;
  // return, nops, end, local.get, global.set, unreachable, end
  const closing = end - 5 - byteLength(fuelLocal) - byteLength(fuelGlobal);
  return { fuelLocal, from, to: isWrapped ? beforeNops(bytes, closing) - 1 : end };
}

/** Offset of the first of the nops that end at an offset. */
function beforeNops(bytes: Uint8Array, offset: number): number {
  let at = offset;
  while (bytes[at - 1] === Op.nop) at--;
  return at;
}

function readLocals(
  bytes: Uint8Array,
  { start, first }: BodyOffsets,
  isInner: boolean,
  fuelLocal: number,
): Pick<Envelope, 'addedLocals' | 'canonicalLocal'> {
  if (fuelLocal === -1) return { addedLocals: 0, canonicalLocal: Number.POSITIVE_INFINITY };
  const canonical = canonicalGroupBytes(bytes[first - 1] as number);
  const groups = 1 + canonical / 2;
  const count = u32At(bytes, start);
  const countBytes = afterNumber(bytes, start) - start;
  const least = 128 ** (countBytes - 1);
  const isWidened = countBytes > 1 && count >= least && count - groups < least;
  const addedLocals = 2 * groups + (isWidened ? 1 : 0);
  if (canonical === 0) return { addedLocals, canonicalLocal: Number.POSITIVE_INFINITY };
  const declared = isInner ? declaredLocals(bytes, start + countBytes, count - canonical / 2) : 0;
  return { addedLocals, canonicalLocal: fuelLocal + 1 + declared };
}

/** Number of locals in the first groups of a declaration. */
function declaredLocals(bytes: Uint8Array, offset: number, groups: number): number {
  let at = offset;
  let locals = 0;
  for (let i = 0; i < groups; i++) {
    locals += u32At(bytes, at);
    at = afterNumber(bytes, at) + 1;
  }
  return locals;
}
