import { FUEL_UNIT } from './balance.ts';
import { type BodyWriter, LOCAL } from './bodyWriter.ts';
import { EMPTY_BLOCK, Op } from './opcodes.ts';
import type { SmallLoop } from './smallLoop.ts';

/** Rounds that are charged, checked and stored together. */
const ROUNDS = 4;

/**
 * Writes a small loop with the code of several iterations, one after another (docs/meter.md, "Small
 * loops").
 *
 * Where the original went back to the start, an iteration goes on to the next. Where it leaves the
 * loop, it refunds the iterations that are not done.
 *
 * @param depth number of blocks around the loop
 */
export function unrollLoop(writer: BodyWriter, bytes: Uint8Array, loop: SmallLoop, depth: number): void {
  const { out } = writer;
  const { first, back, cost, ifCost, exits, isLeftAtEnd } = loop;
  // What leaves a round at its end must get past the rounds after it.
  const around = isLeftAtEnd ? 1 : 0;
  if (isLeftAtEnd) writer.around(Op.block);
  out.u8(Op.loop);
  out.u8(EMPTY_BLOCK);
  writer.check(depth + 1 + around);
  writer.charge(ROUNDS * cost * FUEL_UNIT, LOCAL, loop.mayTrap, false);
  for (let round = 1; round <= ROUNDS; round++) {
    const isLast = round === ROUNDS;
    /** Charged at the start of the loop for this round and those after it. */
    const charged = (ROUNDS - round + 1) * cost;
    const payBack = (done: number) => writer.add((charged - done) * FUEL_UNIT);
    writer.round(round === 1, isLast);
    writer.again(first);
    let at = first;
    for (const { offset, after, label, cost: done } of exits) {
      writer.copyCode(bytes, at, offset);
      out.u8(Op.if);
      out.u8(EMPTY_BLOCK);
      payBack(done);
      out.u8(Op.br);
      out.u32(label + 1 + around + (isLast ? 0 : 1));
      out.u8(Op.end);
      at = after;
    }
    writer.copyCode(bytes, at, back);
    if (ifCost > 0) {
      out.u8(Op.else);
      payBack(ifCost);
    } else if (isLeftAtEnd && !isLast) payBack(cost);
    if (isLeftAtEnd && !isLast) {
      out.u8(Op.br);
      // Out of the round, the loop and the block around it.
      out.u32(ifCost > 0 ? 3 : 2);
    }
    if (ifCost > 0) out.u8(Op.end);
  }
  out.u8(Op.end);
  if (isLeftAtEnd) writer.around(Op.end);
}
