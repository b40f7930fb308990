import { ByteWriter } from '../meter/byteWriter.ts';
import type { MeteredModule } from '../meter/meteredModule.ts';
import { u32At } from '../read/leb128.ts';
import { Op } from '../read/opcodes.ts';
import { bodyOffsets, MeteredBody, originalFunction } from '../settle/meteredBody.ts';
import type { CountedFunction } from './countedFunction.ts';
import { type CountingCode, HOOKS } from './countingCode.ts';

/**
 * Puts counters into one metered body.
 *
 * The code of a stretch is held back until its end is reached, because its counter comes first and
 * says what it costs.
 */
export class BodyCounter {
  /** The body without its size. */
  readonly out: ByteWriter;
  /** Index of the original's function. */
  readonly original: number;
  private readonly metered: MeteredModule;
  private readonly bytes: Uint8Array;
  private readonly walk: MeteredBody;
  private readonly code: CountingCode;
  /** Number of the next stretch. */
  private stretch: number;
  /** Place of the first instruction of the open stretch; -1 between stretches. */
  private begun = -1;
  /** Offset of the code that is held back. */
  private held: number;
  private readonly at: number[] = [];
  private readonly length: number[] = [];
  private readonly bodyOffset: number[] = [];
  private readonly stretches: number[] = [];

  /**
   * @param index of the function
   * @param stretch number of the body's first stretch
   */
  constructor(
    metered: MeteredModule,
    index: number,
    code: CountingCode,
    body: { start: number; end: number },
    stretch: number,
  ) {
    this.metered = metered;
    this.bytes = metered.bytes;
    this.original = originalFunction(metered, index);
    const offsets = bodyOffsets(metered.bytes, body.start, body.end);
    this.walk = new MeteredBody(metered, index, offsets);
    this.code = code;
    this.stretch = stretch;
    this.held = offsets.first;
    this.out = new ByteWriter((body.end - body.start) * 4);
  }

  /**
   * Writes the body.
   *
   * @returns the number of the next body's first stretch
   */
  count(): number {
    const walk = this.walk;
    const { start, first, end } = walk.body;
    this.out.copy(this.bytes, start, first);
    this.code.hook(this.out, HOOKS.entered, this.original);
    while (walk.step()) {
      if (walk.insertion === null) this.instruction(walk.opcode);
      else this.insertion(walk.insertion.replaced > 0);
    }
    this.flush(end);
    return this.stretch;
  }

  /**
   * The instructions of the body.
   *
   * @param base offset of the body in the counting module's code
   */
  counted(base: number): CountedFunction {
    return {
      at: Uint32Array.from(this.at, (offset) => offset + base),
      length: Uint32Array.from(this.length),
      bodyOffset: Uint32Array.from(this.bodyOffset),
      stretch: Uint32Array.from(this.stretches),
    };
  }

  private insertion(replacesBranch: boolean): void {
    if (replacesBranch) this.note();
    // Code in front of a stretch may keep the stretch from being executed.
    if (replacesBranch || this.begun === -1) this.flush(this.walk.next);
  }

  private instruction(opcode: number): void {
    switch (opcode) {
      case Op.block:
        return;
      case Op.loop:
      case Op.else:
      case Op.end:
        this.flush(this.walk.next);
        return;
      case Op.call:
      case Op.callIndirect:
        this.call(opcode);
        return;
      case Op.returnCall:
      case Op.returnCallIndirect:
        this.note();
        this.flushWithHook(HOOKS.leaving);
        return;
      case Op.unreachable:
      case Op.if:
      case Op.br:
      case Op.brIf:
      case Op.brTable:
      case Op.return:
      case Op.memoryGrow:
        this.note();
        this.flush(this.walk.next);
        return;
      default:
        this.note();
    }
  }

  private call(opcode: number): void {
    const { at, next, bodyOffset } = this.walk;
    this.note();
    const isHost = opcode === Op.call && u32At(this.bytes, at + 1) < this.metered.importedFunctions;
    if (isHost) {
      this.flush(next);
      return;
    }
    this.flushWithHook(HOOKS.calling, bodyOffset);
    this.code.hook(this.out, HOOKS.called);
  }

  /** Ends the stretch at the call at hand, with a hook in front of the call. */
  private flushWithHook(hook: number, argument?: number): void {
    const { at, next } = this.walk;
    this.flush(at);
    this.code.hook(this.out, hook, argument);
    this.at[this.at.length - 1] = this.out.length;
    this.flush(next);
  }

  /** Notes the instruction at hand, which costs fuel. */
  private note(): void {
    const { at, next, bodyOffset } = this.walk;
    if (this.begun === -1) this.begun = this.at.length;
    this.at.push(this.out.length + at - this.held);
    this.length.push(next - at);
    this.bodyOffset.push(bodyOffset);
    this.stretches.push(this.stretch);
  }

  /** Ends the stretch: writes its counter, then the code that was held back. */
  private flush(to: number): void {
    const { out } = this;
    if (this.begun !== -1) {
      const before = out.length;
      this.code.counter(out, this.stretch++, this.at.length - this.begun);
      const shift = out.length - before;
      for (let i = this.begun; i < this.at.length; i++) this.at[i] = (this.at[i] as number) + shift;
      this.begun = -1;
    }
    out.copy(this.bytes, this.held, to);
    this.held = to;
  }
}
