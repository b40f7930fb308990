import type { ByteWriter } from './byteWriter.ts';
import { writeCanonicalNan } from './inserted/canonicalNan.ts';
import { writeInterruptCall } from './inserted/interruptCall.ts';
import type { NanScan } from './nanScan.ts';
import { OffsetList } from './offsetList.ts';
import type { RegionPlan } from './regionPlan.ts';

/**
 * Copies the code of the original into a metered body.
 *
 * It adds what belongs to single instructions: the code that makes a NaN canonical after them, and
 * a call of the interrupt function in front of those that may take long.
 */
export class OriginalCode {
  private readonly out: ByteWriter;
  private readonly interruptFunction: number;
  private readonly nans: NanScan;
  private bytes: Uint8Array = new Uint8Array(0);
  private longSteps = new OffsetList();
  /** The first local for canonical NaNs. */
  private canonicalLocal = 0;
  /** Places of NaNs of the body, and of long instructions of the plan, that have been written. */
  private nansDone = 0;
  private longDone = 0;
  /** The stretch has places of either kind. Most have none. */
  private hasAdditions = false;

  constructor(out: ByteWriter, interruptFunction: number, nans: NanScan) {
    this.out = out;
    this.interruptFunction = interruptFunction;
    this.nans = nans;
  }

  /**
   * Begins a body.
   *
   * @param bytes of the module. Numbers of locals that move are changed in place.
   */
  begin(bytes: Uint8Array, canonicalLocal: number): void {
    this.bytes = bytes;
    this.canonicalLocal = canonicalLocal;
    this.nansDone = 0;
  }

  /** Begins the stretch of a plan. */
  follow({ longSteps, movedLocals }: RegionPlan): void {
    this.longSteps = longSteps;
    this.longDone = 0;
    this.hasAdditions = longSteps.count > 0 || this.nans.after.length > 0;
    if (movedLocals.count > 0) renumberLocals(this.bytes, movedLocals);
  }

  /** Copies the code between two offsets. */
  copy(from: number, to: number): void {
    if (this.hasAdditions) this.copyWithAdditions(from, to);
    else this.out.copy(this.bytes, from, to);
  }

  private copyWithAdditions(from: number, to: number): void {
    const out = this.out;
    const nans = this.nans;
    const longSteps = this.longSteps;
    let at = from;
    while (this.nansDone < nans.after.length || this.longDone < longSteps.count) {
      const nan = nans.after[this.nansDone] ?? Number.POSITIVE_INFINITY;
      const long = this.longDone < longSteps.count ? longSteps.at(this.longDone) : Number.POSITIVE_INFINITY;
      // When both are at one place, the NaN was made before.
      if (nan <= long && nan <= to) {
        out.copy(this.bytes, at, nan);
        writeCanonicalNan(out, nans.shape[this.nansDone++] as number, this.canonicalLocal);
        at = nan;
      } else if (long < to) {
        out.copy(this.bytes, at, long);
        writeInterruptCall(out, this.interruptFunction);
        at = long;
        this.longDone++;
      } else break;
    }
    out.copy(this.bytes, at, to);
  }

  /** Copies one instruction to which nothing is added. */
  copyStep(from: number, to: number): void {
    this.out.copy(this.bytes, from, to);
  }

  /** Goes back to an offset, to copy its code again. No instruction in it takes long. */
  repeatFrom(offset: number): void {
    while (this.nansDone > 0 && (this.nans.after[this.nansDone - 1] as number) > offset) this.nansDone--;
  }
}

/** Adds one to the numbers of locals at these offsets. None gets longer: they are below 127. */
function renumberLocals(bytes: Uint8Array, offsets: OffsetList): void {
  for (let i = 0; i < offsets.count; i++) {
    const offset = offsets.at(i);
    bytes[offset] = (bytes[offset] as number) + 1;
  }
}
