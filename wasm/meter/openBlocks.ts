import { MODULE_LIMITS } from '../read/moduleLimits.ts';
import { WasmInvalidError } from '../read/wasmInvalid.ts';

/** Kinds of an open block. */
export const BlockKind = { block: 0, loop: 1, if: 2, else: 3 } as const;
export type BlockKind = (typeof BlockKind)[keyof typeof BlockKind];

/** The blocks around the instruction at hand. Depth 0 is the function itself. */
export class OpenBlocks {
  /** Number of blocks around the instruction; -1 when the function has ended. */
  depth = -1;
  /** Kind of each block, by its depth. */
  kinds = new Uint8Array(256);
  /** 1 where a branch goes to the end of the block, or to the head of the loop. */
  targeted = new Uint8Array(256);
  /** 1 where the block was opened in dead code. */
  openedDead = new Uint8Array(256);
  /** 1 where the end of the block takes no values. */
  empty = new Uint8Array(256);
  /** For an `if`: units of the balance to refund when its first arm is not entered. */
  owed = new Float64Array(256);
  /** Depth of the innermost loop; 0 for none. */
  loopDepth = 0;
  /** For a loop: depth of the loop around it. */
  private outerLoop = new Uint16Array(256);

  /** Begins a function. */
  begin(isEmpty: boolean, offset: number): void {
    this.depth = -1;
    this.loopDepth = 0;
    this.open(BlockKind.block, 0, isEmpty, offset);
  }

  /**
   * @param dead 1 in dead code, else 0
   * @throws {WasmInvalidError} limit
   */
  open(kind: BlockKind, dead: number, isEmpty: boolean, offset: number): void {
    const depth = ++this.depth;
    if (depth > MODULE_LIMITS.nesting) {
      throw new WasmInvalidError('limit', offset, `blocks nested deeper than ${MODULE_LIMITS.nesting}`);
    }
    if (depth >= this.kinds.length) this.grow();
    this.kinds[depth] = kind;
    this.targeted[depth] = 0;
    this.openedDead[depth] = dead;
    this.empty[depth] = isEmpty ? 1 : 0;
    this.owed[depth] = 0;
    if (kind !== BlockKind.loop) return;
    this.outerLoop[depth] = this.loopDepth;
    this.loopDepth = depth;
  }

  /** Leaves the loop that is the innermost block. */
  leaveLoop(): void {
    this.loopDepth = this.outerLoop[this.depth] as number;
  }

  /**
   * Notes a branch.
   *
   * @returns true when it leaves the function
   * @throws {WasmInvalidError} malformed
   */
  branch(label: number, offset: number): boolean {
    const { depth } = this;
    if (label > depth) throw new WasmInvalidError('malformed', offset, `a branch to label ${label} at depth ${depth}`);
    this.targeted[depth - label] = 1;
    return label === depth;
  }

  private grow(): void {
    this.kinds = twice(this.kinds);
    this.targeted = twice(this.targeted);
    this.openedDead = twice(this.openedDead);
    this.empty = twice(this.empty);
    const owed = new Float64Array(this.owed.length * 2);
    owed.set(this.owed);
    this.owed = owed;
    const outerLoop = new Uint16Array(this.outerLoop.length * 2);
    outerLoop.set(this.outerLoop);
    this.outerLoop = outerLoop;
  }
}

function twice(array: Uint8Array): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(array.length * 2);
  grown.set(array);
  return grown;
}
