import { EMPTY_BLOCK, Op } from '../read/opcodes.ts';
import { FUEL_UNIT } from './balance.ts';
import type { BalanceWriter } from './inserted/balanceWriter.ts';
import { writeCharge, writeStore } from './inserted/charge.ts';
import { writeCheck } from './inserted/check.ts';
import { writeAround, writeIteration } from './inserted/iteration.ts';
import { writeExit, writeRefund } from './inserted/refund.ts';
import type { OriginalCode } from './originalCode.ts';
import { BalanceAt } from './regionPlan.ts';
import type { SmallLoop } from './smallLoop.ts';

/** Iterations that are charged, checked and stored together. */
const ITERATIONS = 4;

/**
 * Writes a small loop with the code of several iterations, one after another
 * (docs/internals/meter.md, "Small loops").
 *
 * Where the original went back to the start, an iteration goes on to the next. Where it leaves the
 * loop, it refunds the iterations that are not done.
 *
 * @param depth number of blocks around the loop
 */
export function unrollLoop(code: BalanceWriter, original: OriginalCode, loop: SmallLoop, depth: number): void {
  const { out } = code;
  const { cost, isLeftAtEnd } = loop;
  // An iteration that leaves the loop at its end must get past the iterations after it.
  const blocksAround = isLeftAtEnd ? 1 : 0;
  if (isLeftAtEnd) writeAround(code, Op.block);
  out.u8(Op.loop);
  out.u8(EMPTY_BLOCK);
  writeCheck(code, depth + 1 + blocksAround);
  writeCharge(code, ITERATIONS * cost * FUEL_UNIT, BalanceAt.local, false);
  if (loop.mayTrap) writeStore(code);
  for (let iteration = 1; iteration <= ITERATIONS; iteration++) {
    const isLast = iteration === ITERATIONS;
    /** Instructions charged at the start of the loop for this iteration and those after it. */
    const charged = (ITERATIONS - iteration + 1) * cost;
    writeIteration(code, iteration === 1, isLast);
    // Out of the `if` of the exit, the block of the iteration and the block around the loop.
    copyWithExits(code, original, loop, charged, 1 + blocksAround + (isLast ? 0 : 1));
    leaveIteration(code, loop, charged, isLast);
  }
  out.u8(Op.end);
  if (isLeftAtEnd) writeAround(code, Op.end);
}

/**
 * Copies the code of one iteration.
 *
 * @param blocks number that are put around an exit's branch
 */
function copyWithExits(
  code: BalanceWriter,
  original: OriginalCode,
  { first, back, exits }: SmallLoop,
  charged: number,
  blocks: number,
): void {
  original.repeatFrom(first);
  let at = first;
  for (const { start, after, label, cost } of exits) {
    original.copy(at, start);
    writeExit(code, (charged - cost) * FUEL_UNIT, label + blocks, false);
    at = after;
  }
  original.copy(at, back);
}

/** Writes the way out at the end of an iteration, with its refund. */
function leaveIteration(
  code: BalanceWriter,
  { cost, ifCost, isLeftAtEnd }: SmallLoop,
  charged: number,
  isLast: boolean,
): void {
  const { out } = code;
  if (ifCost > 0) {
    out.u8(Op.else);
    writeRefund(code, (charged - ifCost) * FUEL_UNIT);
  } else if (isLeftAtEnd && !isLast) {
    writeRefund(code, (charged - cost) * FUEL_UNIT);
  }
  if (isLeftAtEnd && !isLast) {
    out.u8(Op.br);
    // Out of the iteration, the loop and the block around it.
    out.u32(ifCost > 0 ? 3 : 2);
  }
  if (ifCost > 0) out.u8(Op.end);
}
