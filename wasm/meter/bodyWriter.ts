import { Op } from '../read/opcodes.ts';
import { FUEL_UNIT } from './balance.ts';
import type { BodyFacts } from './bodyFacts.ts';
import type { ByteWriter } from './byteWriter.ts';
import { LIGHT_FRAME } from './frameWeight.ts';
import type { FunctionRole } from './functionRole.ts';
import { BalanceWriter } from './inserted/balanceWriter.ts';
import { canonicalGroups } from './inserted/canonicalNan.ts';
import { writeCharge, writePassed, writeStore } from './inserted/charge.ts';
import { writeCheck, writeDepthCheck, writeEntryCheck, writeGlobalCheck } from './inserted/check.ts';
import { writeClosing, writeLocals, writeOpening } from './inserted/envelope.ts';
import { writeElseRefund, writeExit } from './inserted/refund.ts';
import type { NanScan } from './nanScan.ts';
import { OriginalCode } from './originalCode.ts';
import { BalanceAt, type Exit, LastStep, type Region, type RegionPlan } from './regionPlan.ts';
import { unrollLoop } from './unrollLoop.ts';

/** Writes metered bodies from their plans, one after another. */
export class BodyWriter {
  private readonly code: BalanceWriter;
  private readonly nans: NanScan;
  private readonly original: OriginalCode;

  /** Offset of the body at hand in the output. */
  private start = 0;

  /**
   * @param out gets the bodies without their sizes
   * @param nans places of the body that is written next
   */
  constructor(out: ByteWriter, fuelGlobal: number, interruptFunction: number, nans: NanScan) {
    this.code = new BalanceWriter(out, fuelGlobal);
    this.nans = nans;
    this.original = new OriginalCode(this.code.out, Math.max(0, interruptFunction), nans);
  }

  /**
   * Writes a body of one region without calls, which needs no local for the balance.
   *
   * @param isChecked a negative balance traps at the entry
   */
  writeStraight(bytes: Uint8Array, facts: BodyFacts, weight: number, isChecked: boolean): void {
    const code = this.code;
    const { out } = code;
    code.begin(false, false);
    out.copy(bytes, facts.start, facts.first);
    if (weight > LIGHT_FRAME) writeDepthCheck(code, BalanceAt.global, weight);
    if (isChecked) writeGlobalCheck(code);
    if (facts.cost > 0) writeCharge(code, facts.cost * FUEL_UNIT, BalanceAt.global, true);
    out.copy(bytes, facts.first, facts.end);
  }

  /**
   * Begins a body with a local for the balance. Its plans are to follow, in order.
   *
   * @param bytes of the module. Numbers of locals that move are changed in place.
   */
  begin(bytes: Uint8Array, facts: BodyFacts, role: FunctionRole): void {
    const code = this.code;
    const { isInner, params } = role;
    this.start = code.out.length;
    code.begin(isInner, role.isCheckedEntry || facts.checks);
    code.keepIn(isInner ? params : params + facts.locals);
    this.original.begin(bytes, params + facts.locals + 1);
    writeLocals(code, bytes, facts, canonicalGroups(this.nans.shape));
    writeOpening(code, role.blockType);
    if (role.isCheckedEntry) {
      writeEntryCheck(code, facts.calls);
      if (role.weight > LIGHT_FRAME) writeDepthCheck(code, BalanceAt.local, role.weight);
    }
  }

  /** Writes the next stretch of regions of the body. */
  write(plan: RegionPlan): void {
    this.original.follow(plan);
    for (let i = 0; i < plan.count; i++) this.region(plan, plan.regions[i] as Region);
  }

  private region(plan: RegionPlan, region: Region): void {
    const code = this.code;
    if (!region.isDead) {
      if (region.isChecked) writeCheck(code, region.depth);
      const isStored = writeCharge(code, region.charge, region.from, region.isDirect);
      if (region.stores && !isStored) writeStore(code);
    }
    this.codeOf(plan, region);
    this.lastStep(region);
  }

  /** Ends the body after its last plan. */
  end(role: FunctionRole): void {
    writeClosing(this.code, this.start, role.isLong);
  }

  /** Copies the code of a region, without its last instruction where that is written apart. */
  private codeOf({ exits }: RegionPlan, region: Region): void {
    const original = this.original;
    let at = region.start;
    for (let i = region.firstExit; i < region.exitsEnd; i++) {
      const exit = exits[i] as Exit;
      original.copy(at, exit.start);
      // The `if` of the exit is one block more.
      writeExit(this.code, exit.refund, exit.label + 1, exit.stores);
      at = exit.after;
    }
    original.copy(at, region.step === LastStep.copied ? region.next : region.last);
  }

  private lastStep(region: Region): void {
    const code = this.code;
    const { last, next } = region;
    switch (region.step) {
      case LastStep.copied:
        return;
      case LastStep.checked:
        writeCheck(code, region.lastDepth);
        break;
      case LastStep.callsInner:
        writePassed(code);
        code.out.u8(Op.call);
        code.out.u32Wide(region.callee, next - last - 1);
        return;
      case LastStep.returnsInner:
        writePassed(code);
        break;
      case LastStep.endsIf:
        if (region.refund > 0) writeElseRefund(code, region.refund);
        break;
      case LastStep.unrolled:
        if (region.loop !== null) unrollLoop(code, this.original, region.loop, region.lastDepth);
        return;
    }
    this.original.copyStep(last, next);
  }
}
