import { DEPTH_MAX, FUEL_UNIT } from './balance.ts';
import { ByteWriter } from './byteWriter.ts';
import { CanonicalNan } from './canonicalNan.ts';
import { INLINED_BYTES } from './compileCost.ts';
import { LIGHT_FRAME } from './frameWeight.ts';
import type { NanScan } from './nanScan.ts';
import { EMPTY_BLOCK, Op } from './opcodes.ts';
import type { BodyScan } from './scanBody.ts';
import { smallIndex } from './smallIndex.ts';

/** Type of a block without values. */
export const NO_VALUES = Uint8Array.of(EMPTY_BLOCK);

/** Where a region finds the balance first. */
export const LOCAL = 0;
export const GLOBAL = 1;
/** The call before it left it there. */
export const STACK = 2;

/**
 * `i64.const` of the two bits that an entry tests at once: the sign, which means that fuel is
 * short, and the bit that means too deep.
 */
const ENTRY_MASK = maskConstant();

/**
 * Writes metered bodies, one after another: the bytes of the original and all that the meter adds.
 *
 * `OwnCode` must recognize every addition.
 */
export class BodyWriter {
  readonly out = new ByteWriter(16_384);
  /** The body at hand is wrapped into a block that leads to its one trap. */
  wrapped = false;
  /** The body at hand is made too long for V8 to inline. Such a body must be wrapped. */
  apart = false;
  /**
   * The balance is a parameter and a result, so the global need not be stored when the function is
   * left.
   */
  inner = false;
  private nans: NanScan;
  private readonly canonical = new CanonicalNan();
  /** Number of written places of those that the scan for NaNs found. */
  private nansDone = 0;
  /** Offsets of the bulk instructions met so far, and how many of them have been written. */
  private readonly bulk: number[] = [];
  private bulkDone = 0;
  private readonly callInterrupt: Uint8Array;
  /** `global.get fuel`, `global.set fuel`. */
  private readonly getGlobal: Uint8Array;
  private readonly setGlobal: Uint8Array;
  /** `local.get fuel`, `local.set fuel`, of the function at hand. */
  private readonly getLocal = new ByteWriter(8);
  private readonly setLocal = new ByteWriter(8);

  constructor(fuelGlobal: number, interruptFunction: number, nans: NanScan) {
    this.nans = nans;
    this.getGlobal = instruction(Op.globalGet, fuelGlobal);
    this.setGlobal = instruction(Op.globalSet, fuelGlobal);
    this.callInterrupt = instruction(Op.call, Math.max(0, interruptFunction));
  }

  begin(inner: boolean): void {
    this.out.length = 0;
    this.wrapped = false;
    this.inner = inner;
    this.nansDone = 0;
    this.bulk.length = 0;
    this.bulkDone = 0;
  }

  /**
   * Writes the locals of a body at `pos`, one more for the balance unless that is a parameter, and
   * the locals that canonical NaNs need.
   */
  locals(bytes: Uint8Array, pos: number, scan: BodyScan, params: number): void {
    const { out, inner } = this;
    const index = inner ? params : params + scan.locals;
    let at = pos;
    let groups = 0;
    for (let scale = 1; ; scale *= 128) {
      const part = bytes[at++] as number;
      groups += (part & 0x7f) * scale;
      if (part < 0x80) break;
    }
    // The count keeps its number of bytes unless the new number needs one more. By that, trapPoint
    // knows where the code of the original began.
    const own = this.canonical.groups(this.nans.shape);
    let rest = groups + 1 + own.length / 2;
    for (let left = at - pos; left > 1 || rest >= 0x80; left--) {
      out.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    out.u8(rest);
    out.copy(bytes, at, scan.first);
    // A balance that is a parameter declares none. The type declared last tells a reader of this
    // code which case it is.
    out.u8(inner ? 0 : 1);
    out.u8(0x7e);
    for (const byte of own) out.u8(byte);
    this.canonical.firstLocal = params + scan.locals + 1;
    for (const [writer, opcode] of [
      [this.getLocal, Op.localGet],
      [this.setLocal, Op.localSet],
    ] as const) {
      writer.length = 0;
      writer.u8(opcode);
      writer.u32(index);
    }
  }

  /** Notes an instruction that may take long: a call is put in front of it. */
  long(offset: number): void {
    this.bulk.push(offset);
  }

  /**
   * Copies bytes of the original.
   *
   * Adds the code that makes NaNs canonical after its instructions, and a call in front of
   * instructions that may take long.
   */
  copyCode(bytes: Uint8Array, from: number, to: number): void {
    const { out, nans, canonical, bulk } = this;
    let at = from;
    for (;;) {
      const nan = nans.after[this.nansDone] ?? Number.POSITIVE_INFINITY;
      const long = bulk[this.bulkDone] ?? Number.POSITIVE_INFINITY;
      // Of two at one place the NaN was made before.
      if (nan <= long && nan <= to) {
        out.copy(bytes, at, nan);
        canonical.write(out, nans.shape[this.nansDone++] as number);
        at = nan;
      } else if (long < to) {
        out.copy(bytes, at, long);
        this.put(this.callInterrupt);
        at = long;
        this.bulkDone++;
      } else break;
    }
    out.copy(bytes, at, to);
  }

  /** Code from `offset` on, without bulk instructions, is to be copied once more. */
  again(offset: number): void {
    while (this.nansDone > 0 && (this.nans.after[this.nansDone - 1] as number) > offset) this.nansDone--;
  }

  call(index: number, length: number): void {
    const { out } = this;
    out.u8(Op.call);
    let rest = index;
    for (let left = length; left > 1 || rest >= 0x80; left--) {
      out.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    out.u8(rest);
  }

  /**
   * Writes the start of a function that calls or may cost much.
   *
   * It loads the balance. The function is entered only when nothing is overdrawn and the frames
   * below it fit, with its own frame when that is large.
   */
  entry(weight: number, calls: boolean): void {
    const { out } = this;
    if (this.inner) this.balance();
    else {
      this.put(this.getGlobal);
      this.teeLocal();
    }
    if (calls) {
      this.put(ENTRY_MASK);
      out.u8(Op.i64And);
      this.constant(0);
      this.trapIf(Op.i64Ne, 0);
    } else {
      this.trapIf(null, 0);
    }
    if (weight > LIGHT_FRAME) this.trapIfTooDeep(LOCAL, weight);
  }

  /** Takes `total` off the balance, and stores it; direct: in the global only. */
  charge(total: number, from: number, store: boolean, direct: boolean): void {
    const { out, setLocal } = this;
    if (total !== 0 || from !== LOCAL) {
      if (from === GLOBAL) this.put(this.getGlobal);
      else if (from === LOCAL) this.balance();
      // What the meter puts in begins with the balance, so that it is known again.
      else if (total !== 0) this.teeLocal();
      if (total !== 0) {
        this.constant(total);
        out.u8(Op.i64Sub);
      }
      if (direct && (total !== 0 || from !== STACK)) {
        this.put(this.setGlobal);
        return;
      }
      this.put(setLocal.bytes, setLocal.length);
    }
    if (store) this.store();
  }

  /** Takes the cost of the only region of a function off the balance, which stays in the global. */
  chargeGlobal(cost: number, checked: boolean): void {
    if (checked) {
      this.put(this.getGlobal);
      this.trapIf(null, 0);
    }
    this.charge(cost * FUEL_UNIT, GLOBAL, true, true);
  }

  /** Pays back. */
  add(amount: number): void {
    this.balance();
    this.constant(amount);
    this.out.u8(Op.i64Add);
    this.put(this.setLocal.bytes, this.setLocal.length);
  }

  /** Puts the balance on the stack. */
  balance(): void {
    this.put(this.getLocal.bytes, this.getLocal.length);
  }

  store(): void {
    this.balance();
    this.put(this.setGlobal);
  }

  /** Traps when the balance is below zero. @param depth of blocks the place is in */
  check(depth: number): void {
    this.balance();
    this.trapIf(null, depth);
  }

  /** Traps when the frames that wait and this one are too much together. */
  trapIfTooDeep(from: typeof LOCAL | typeof GLOBAL, weight: number): void {
    if (from === LOCAL) this.balance();
    else this.put(this.getGlobal);
    this.constant(FUEL_UNIT - 1);
    this.out.u8(Op.i64And);
    this.constant(DEPTH_MAX - weight);
    this.trapIf(Op.i64GeS, 0);
  }

  /** Opens or closes the block around a loop that is unrolled. */
  around(opcode: typeof Op.block | typeof Op.end): void {
    const { out } = this;
    this.balance();
    out.u8(Op.drop);
    if (opcode === Op.block) this.block();
    else out.u8(Op.end);
  }

  /**
   * Writes the code between two iterations of an unrolled loop.
   *
   * Each iteration but the last is a block. Its end is where the original went back to the start.
   */
  round(isFirst: boolean, isLast: boolean): void {
    const { out } = this;
    this.balance();
    this.put(this.setLocal.bytes, this.setLocal.length);
    if (!isFirst) out.u8(Op.end);
    if (!isLast) this.block();
  }

  /** Writes the ends of the blocks that were put around a body. */
  close(): void {
    const { out } = this;
    if (this.inner) this.balance();
    if (this.wrapped) {
      out.u8(Op.return);
      // Nops after a return are never reached, so compilers make no code of them.
      if (this.apart) for (let length = out.length; length < INLINED_BYTES; length++) out.u8(Op.nop);
      out.u8(Op.end);
      this.store();
      out.u8(Op.unreachable);
    }
    if (this.wrapped || this.inner) out.u8(Op.end);
  }

  /** `block` of this type. */
  block(type: Uint8Array = NO_VALUES): void {
    this.out.u8(Op.block);
    this.put(type);
  }

  /**
   * Writes a trap that happens when the comparison of the values on the stack holds.
   *
   * Without a comparison it happens when the balance on the stack is below zero.
   *
   * @param depth number of blocks around the place
   */
  private trapIf(comparison: number | null, depth: number): void {
    const { out } = this;
    if (comparison === null) this.constant(0);
    out.u8(comparison ?? Op.i64LtS);
    if (this.wrapped) {
      // V8 lays out the way to the trap after everything else. An `if` around it here would cost a
      // jump each time.
      out.u8(Op.brIf);
      out.u32(depth + 1);
      return;
    }
    out.u8(Op.if);
    out.u8(EMPTY_BLOCK);
    out.u8(Op.unreachable);
    out.u8(Op.end);
  }

  private teeLocal(): void {
    this.out.u8(Op.localTee);
    this.out.u32(smallIndex(this.getLocal.bytes, 1));
  }

  private constant(value: number): void {
    this.out.u8(Op.i64Const);
    this.out.signed(value);
  }

  private put(bytes: Uint8Array, length = bytes.length): void {
    this.out.copy(bytes, 0, length);
  }
}

function instruction(opcode: number, index: number): Uint8Array {
  const writer = new ByteWriter(8);
  writer.u8(opcode);
  writer.u32(index);
  return writer.written();
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
