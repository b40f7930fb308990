import { afterNumber, u32At } from '../read/leb128.ts';
import { MODULE_LIMITS } from '../read/moduleLimits.ts';
import { EMPTY_BLOCK } from '../read/opcodes.ts';
import type { Signatures } from '../read/signatures.ts';
import { WasmInvalidError } from '../read/wasmInvalid.ts';
import type { BodyFacts } from './bodyFacts.ts';
import { BodyWriter } from './bodyWriter.ts';
import type { ByteWriter } from './byteWriter.ts';
import { frameWeight, LIGHT_FRAME, valuesAtMost } from './frameWeight.ts';
import type { FunctionRole } from './functionRole.ts';
import { KeptValues } from './keptValues.ts';
import { NanScan } from './nanScan.ts';
import { type CallContext, RegionPlanner } from './regionPlanner.ts';

/**
 * A function without calls that costs no more than this may run unchecked: what it can overdraw is
 * small.
 */
const UNCHECKED_COST = 64;

/** Bytes of a metered body for each of the original: an estimate. */
const GROWTH = 2;

/** Facts of the module that its bodies need. */
export interface BodyContext extends CallContext {
  /** Index of the fuel global. */
  fuelGlobal: number;
  /** Index of the function that is called in front of instructions that may take long. */
  interruptFunction: number;
  signatures: Signatures;
  /** Values that are not made by instructions, of types and globals, can be vectors. */
  vectors: boolean;
  /** For each function, 1 where it must trap at its entry while the balance is negative. */
  touched: Uint8Array;
  /** For each function, 1 where V8 must not inline it. */
  apart: Uint8Array;
}

/** Type of a block without values. */
export const NO_VALUES = Uint8Array.of(EMPTY_BLOCK);

/**
 * Rewrites function bodies that were scanned, one after another (docs/internals/meter.md).
 *
 * For each it weighs the frame, finds the NaNs to make canonical, plans the regions, and writes.
 */
export class BodyMeter {
  private readonly context: BodyContext;
  private readonly facts: BodyFacts;
  private readonly nans: NanScan;
  private readonly kept: KeptValues;
  private readonly planner: RegionPlanner;
  private readonly writer: BodyWriter;
  private readonly out: ByteWriter;

  /** @param out gets the bodies, each with its size in front */
  constructor(context: BodyContext, facts: BodyFacts, out: ByteWriter) {
    this.out = out;
    this.context = context;
    this.facts = facts;
    this.nans = new NanScan(context.signatures);
    this.kept = new KeptValues(context.signatures);
    this.planner = new RegionPlanner(context, facts);
    this.writer = new BodyWriter(out, context.fuelGlobal, context.interruptFunction, this.nans);
  }

  /**
   * Meters a body and writes it, size first.
   *
   * @param bytes of the module. An inner function's locals are renumbered in place.
   * @param body place of the body, from 0
   * @param params number of parameters of the original function
   * @param blockType type of a block that gives the function's results
   * @param isInner the body is for the inner function
   * @throws {WasmInvalidError} malformed, limit
   */
  meter(bytes: Uint8Array, body: number, params: number, blockType: Uint8Array, isInner: boolean): void {
    const facts = this.facts;
    facts.recall(body);
    const index = this.context.importedFunctions + body;
    const weight = this.weigh(bytes, index, params);
    this.findNans(bytes, params);
    const isLong = this.context.apart[index] === 1;
    const hasEntry = isLong || this.context.touched[index] === 1;
    const costsMuch = facts.cost > UNCHECKED_COST;
    const expected = GROWTH * (facts.end - facts.start);
    const start = this.out.beginSized(expected);
    if (facts.straight && !isInner && !hasEntry && this.nans.after.length === 0) {
      this.writer.writeStraight(bytes, facts, weight, costsMuch);
    } else {
      const isCheckedEntry = hasEntry || facts.calls || costsMuch || weight > LIGHT_FRAME;
      const role = { params, isInner, blockType, weight, isCheckedEntry, isLong };
      this.meterRegions(bytes, role);
    }
    const size = this.out.endSized(start, expected);
    if (size > MODULE_LIMITS.functionBody) {
      throw new WasmInvalidError('limit', facts.start, `a function body of ${size} bytes once it is metered`);
    }
  }

  private meterRegions(bytes: Uint8Array, role: FunctionRole): void {
    const planner = this.planner;
    const writer = this.writer;
    planner.begin(bytes, role);
    writer.begin(bytes, this.facts, role);
    for (let plan = planner.next(); plan !== null; plan = planner.next()) writer.write(plan);
    writer.end(role);
  }

  /**
   * Weighs the frame of a function.
   *
   * Values are counted only where they can change the weight.
   */
  private weigh(bytes: Uint8Array, index: number, params: number): number {
    const facts = this.facts;
    const { signatures, vectors } = this.context;
    const shape = {
      locals: params + facts.locals,
      calls: facts.waiting,
      values: valuesAtMost(facts.cost, facts.callValues),
      vectors: vectors || facts.vectors,
    };
    const most = frameWeight(shape);
    // One unit is the least, and a light frame that waits for no call never uses its weight.
    if (most === 1 || (most <= LIGHT_FRAME && facts.waiting === 0)) return most;
    const results = signatures.results[signatures.typeOf[index] as number] as number;
    const values = this.kept.count(bytes, facts.first, facts.end, results);
    return Math.min(most, frameWeight({ ...shape, values }));
  }

  private findNans(bytes: Uint8Array, params: number): void {
    const { first, end, start, locals, floats, vectors } = this.facts;
    this.nans.clear();
    if (floats || vectors) this.nans.scan(bytes, first, end, params, localTypes(bytes, start, locals));
  }
}

/** Type of each local that is no parameter. */
function localTypes(bytes: Uint8Array, pos: number, locals: number): Uint8Array {
  const types = new Uint8Array(locals);
  let at = afterNumber(bytes, pos);
  for (let done = 0; done < locals; ) {
    const count = u32At(bytes, at);
    at = afterNumber(bytes, at);
    types.fill(bytes[at++] as number, done, done + count);
    done += count;
  }
  return types;
}
