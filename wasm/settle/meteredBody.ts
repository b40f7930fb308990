import { outerOf } from '../meter/innerFunctions.ts';
import type { BodyOffsets } from '../meter/inserted/envelope.ts';
import type { Insertion } from '../meter/inserted/insertion.ts';
import type { MeteredModule } from '../meter/meteredModule.ts';
import { skipImmediates } from '../read/skipImmediates.ts';
import { skipLocals } from '../read/skipLocals.ts';
import { InsertedCode } from './insertedCode.ts';

/** Locals that the meter adds: the balance, and an f32, an f64, a v128 for canonical NaNs. */
const LOCALS_ADDED = 4;

/**
 * Walks through a metered body.
 *
 * One step is an instruction of the original or an insertion of the meter. The walk knows where
 * each instruction is in the original body.
 */
export class MeteredBody {
  readonly body: BodyOffsets;
  /** Offset of the step at hand, and after it. */
  at: number;
  next: number;
  /** The insertion at hand; null when the step is an instruction of the original. */
  insertion: Insertion | null = null;
  /**
   * Offset of the instruction in the original body, from the locals' count. For an insertion, that
   * of the original code that follows or is replaced.
   */
  bodyOffset = 0;
  private readonly bytes: Uint8Array;
  private readonly inserted: InsertedCode;
  /** Bytes that were added up to the step at hand, and after it. */
  private added: number;
  /** Offset in the original, plus the body's start, of the code that an unrolled loop repeats. */
  private repeatFrom = 0;

  /** @param index of the function */
  constructor(metered: MeteredModule, index: number, body: BodyOffsets) {
    this.body = body;
    this.bytes = metered.bytes;
    this.inserted = new InsertedCode(metered, index, body);
    this.added = this.inserted.addedLocals;
    this.at = body.first;
    this.next = body.first;
  }

  /** Opcode of the instruction at hand. */
  get opcode(): number {
    return this.bytes[this.at] as number;
  }

  /** Goes one step on; false at the end of the body. */
  step(): boolean {
    this.finishStep();
    if (this.next >= this.body.end) return false;
    this.at = this.next;
    this.bodyOffset = this.at - this.body.start - this.added;
    this.insertion = this.inserted.at(this.at);
    this.next = this.insertion?.next ?? skipImmediates(this.bytes, this.opcode, this.at + 1, this.body.end);
    return true;
  }

  /** Counts the bytes that the step at hand added. */
  private finishStep(): void {
    const { insertion, at, next } = this;
    if (next === at) return;
    if (insertion === null) {
      this.added += this.inserted.grown(at);
      return;
    }
    this.added += next - at - insertion.replaced;
    if (insertion.iteration === 'first') this.repeatFrom = next - this.added;
    else if (insertion.iteration === 'repeated') this.added = next - this.repeatFrom;
  }
}

/**
 * Offsets of a body in a metered module.
 *
 * @param start offset after the body's size
 */
export function bodyOffsets(bytes: Uint8Array, start: number, end: number): BodyOffsets {
  return { start, first: skipLocals(bytes, start, end, LOCALS_ADDED), end };
}

/** Index of the function of the original that a function's code belongs to. */
export function originalFunction(metered: MeteredModule, index: number): number {
  return outerOf(metered, index) ?? index;
}
