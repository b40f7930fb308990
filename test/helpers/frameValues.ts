/**
 * The values that docs/internals/meter.md ("Depth") counts for a frame, found on the tree of its
 * instructions, in the most obvious way.
 */
import { Op } from '../../wasm/read/opcodes.ts';
import { EFFECTS, FC_EFFECTS, FD_EFFECTS } from '../../wasm/read/stackEffect.ts';
import type { FunctionType } from '../../wasm/read/wasmModule.ts';
import type { Instruction } from './decodeBody.ts';

interface Label {
  isLoop: boolean;
  /**
   * The instructions that compute and are in front of a branch on every way, for each branch here.
   */
  arrivals: number[];
}

/** Neither control, nop, drop, a local nor a constant. */
function computes(op: number): boolean {
  const isLocal = op >= 0x20 && op <= 0x22;
  const isConstant = op >= 0x41 && op <= 0x44;
  return op >= 0x1b && !isLocal && !isConstant;
}

function effectsOf(op: number): { pops: number; pushes: number } {
  const table = op >= 0xfd00 ? FD_EFFECTS : op >= 0xfc00 ? FC_EFFECTS : EFFECTS;
  const index = op >= 0xfc00 ? op & 0xff : op;
  return { pops: table.pops[index] as number, pushes: table.pushes[index] as number };
}

/**
 * Values that a frame keeps beside its locals.
 *
 * @param code of the function
 * @param calledType gives the type that a call calls
 */
export function frameValues(code: Instruction[], calledType: (call: Instruction) => FunctionType): number {
  const labels: Label[] = [];
  let operands = 0;
  let most = 0;
  let passed = 0;

  /**
   * Follows a block. The result is the number of values computed on every way to its end; infinite
   * where no way leads there.
   */
  function follow(block: Instruction[], isLoop: boolean, base: number, params: number, before: number): number {
    const own: Label = { isLoop, arrivals: [] };
    labels.push(own);
    let height = base + params;
    let computed = before;
    const take = (count: number) => {
      height = Math.max(base, height - count);
    };
    const give = (count: number) => {
      height += count;
      operands = Math.max(operands, height);
    };
    const leave = () => {
      height = base;
      computed = Number.POSITIVE_INFINITY;
    };
    for (const one of block) {
      const { op, immediates } = one;
      if (op === Op.block || op === Op.loop || op === Op.if) {
        const type = one.type as FunctionType;
        if (op === Op.if) take(1);
        const below = Math.max(base, height - type.params.length);
        const inner = (arm: Instruction[]) => follow(arm, op === Op.loop, below, type.params.length, computed);
        const ends = [inner(one.body ?? [])];
        if (op === Op.if) ends.push(one.otherwise === undefined ? computed : inner(one.otherwise), computed);
        computed = Math.min(...ends);
        height = below;
        give(type.results.length);
      } else if (op >= Op.call && op <= Op.returnCallIndirect) {
        const type = calledType(one);
        take(type.params.length + (op === Op.callIndirect || op === Op.returnCallIndirect ? 1 : 0));
        if (op === Op.returnCall || op === Op.returnCallIndirect) leave();
        else {
          give(type.results.length);
          passed = Math.max(passed, type.params.length + type.results.length);
        }
      } else if (op === Op.br || op === Op.brIf || op === Op.brTable) {
        if (op !== Op.br) take(1);
        for (const label of immediates) labels.at(-1 - label)?.arrivals.push(computed);
        if (op !== Op.brIf) leave();
      } else if (op === Op.return || op === 0x00) leave();
      else if (op > Op.returnCallIndirect) {
        const { pops, pushes } = effectsOf(op);
        take(pops);
        give(pushes);
        if (computes(op)) computed += 1;
        if (computed !== Number.POSITIVE_INFINITY) most = Math.max(most, computed);
      }
    }
    labels.pop();
    return isLoop ? computed : Math.min(computed, ...own.arrivals);
  }

  follow(code, false, 0, 0, 0);
  return operands + most + passed;
}
