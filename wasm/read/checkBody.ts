import type { FunctionCost } from './compileCost.ts';
import { u32At } from './leb128.ts';
import { MODULE_LIMITS } from './moduleLimits.ts';
import { Op } from './opcodes.ts';
import type { Signatures } from './signatures.ts';
import { skipImmediates } from './skipImmediates.ts';
import { skipLocals } from './skipLocals.ts';
import { EFFECTS, FC_EFFECTS, FD_EFFECTS } from './stackEffect.ts';
import { unsupported, WasmInvalidError } from './wasmInvalid.ts';

/** Values passed that a call into the engine weighs as much as. */
const ENGINE_CALL = 4;
/** Instructions that a call into the engine counts as, besides itself. */
const ENGINE_CALL_WORK = 7;
/** Part of the values alive that a call counts as merged. */
const CALL_SHARE = 1 / 8;

/** Marks a block that is no loop. */
const NO_LOOP = -1;

/**
 * Walks function bodies, one after another: every instruction is known and whole, blocks are
 * closed, and `end` is the last byte.
 *
 * It follows the height of the operand stack, which is exact as far as the body is valid, because
 * V8's own validator needs memory for each operand.
 */
export class BodyChecker {
  private readonly bytes: Uint8Array;
  private readonly signatures: Signatures;
  private readonly hasDataCount: boolean;
  private readonly features: Set<string>;
  /**
   * Four numbers for each open block: height below its parameters, its parameters, its results, and
   * where its loop begins.
   */
  private readonly base = new Float64Array(MODULE_LIMITS.nesting + 2);
  private readonly params = new Uint16Array(MODULE_LIMITS.nesting + 2);
  private readonly results = new Uint16Array(MODULE_LIMITS.nesting + 2);
  private readonly loop = new Int32Array(MODULE_LIMITS.nesting + 2);
  private depth = 0;
  private height = 0;
  private engineCalls = 0;
  /** Counts of the body that was checked last. */
  readonly cost: FunctionCost = {
    bytes: 0,
    instructions: 0,
    locals: 0,
    operands: 0,
    mergeValues: 0,
    passedValues: 0,
    localWork: 0,
    loops: 0,
    loopValues: 0,
    loopBytes: 0,
    nesting: 0,
  };

  /** @param features gains the features that are met */
  constructor(bytes: Uint8Array, signatures: Signatures, hasDataCount: boolean, features: Set<string>) {
    this.bytes = bytes;
    this.signatures = signatures;
    this.hasDataCount = hasDataCount;
    this.features = features;
  }

  /**
   * Checks one body.
   *
   * @param pos offset after the body's size
   * @param type index of the function's type
   * @throws {WasmInvalidError}
   */
  check(pos: number, end: number, type: number): void {
    const bytes = this.bytes;
    let at = this.begin(pos, end, type);
    let instructions = 0;
    while (this.depth >= 0) {
      if (at >= end) throw new WasmInvalidError('malformed', end, 'a function body without its end');
      const start = at;
      const opcode = bytes[start] as number;
      at = skipImmediates(bytes, opcode, start + 1, end);
      instructions++;
      // Everything from `unreachable` to `return_call_indirect` but `nop`.
      if (opcode <= Op.returnCallIndirect) this.control(opcode, start, at);
      else this.step(opcode, start);
    }
    if (at !== end) throw new WasmInvalidError('malformed', at, 'bytes after the end of a function body');
    this.cost.instructions = instructions;
    this.cost.localWork = this.cost.locals * (instructions + ENGINE_CALL_WORK * this.engineCalls);
  }

  /** Offset of the first instruction. */
  private begin(pos: number, end: number, type: number): number {
    const { cost } = this;
    const first = skipLocals(this.bytes, pos, end);
    const { params, results } = this.signatures;
    this.depth = -1;
    this.height = 0;
    this.engineCalls = 0;
    cost.bytes = end - pos;
    cost.locals = (params[type] as number) + declaredLocals(this.bytes, pos);
    for (const name of [
      'operands',
      'mergeValues',
      'passedValues',
      'loops',
      'loopValues',
      'loopBytes',
      'nesting',
    ] as const)
      cost[name] = 0;
    this.open(0, results[type] as number, NO_LOOP, pos);
    return first;
  }

  private open(params: number, results: number, loop: number, offset: number): void {
    const depth = ++this.depth;
    if (depth > MODULE_LIMITS.nesting) {
      throw new WasmInvalidError('limit', offset, `blocks nested deeper than ${MODULE_LIMITS.nesting}`);
    }
    const below = depth === 0 ? 0 : (this.base[depth - 1] as number);
    this.base[depth] = Math.max(below, this.height - params);
    this.params[depth] = params;
    this.results[depth] = results;
    this.loop[depth] = loop;
    this.height = (this.base[depth] as number) + params;
    if (depth > this.cost.nesting) this.cost.nesting = depth;
  }

  private pop(count: number): void {
    const base = this.base[this.depth] as number;
    this.height = Math.max(base, this.height - count);
  }

  private push(count: number): void {
    this.height += count;
    if (this.height > this.cost.operands) this.cost.operands = this.height;
  }

  /** Control splits or joins here, `times` times. */
  private merge(times: number): void {
    const { cost } = this;
    cost.mergeValues += times * (1 + cost.locals + this.height);
  }

  private control(opcode: number, start: number, next: number): void {
    switch (opcode) {
      case 0x01: // nop
        return;
      case Op.block:
      case Op.loop:
      case Op.if:
        this.block(opcode, start);
        return;
      case Op.else:
        this.merge(1);
        this.height = (this.base[this.depth] as number) + (this.params[this.depth] as number);
        return;
      case Op.end:
        this.close(next);
        return;
      case Op.br:
      case Op.brIf: {
        if (opcode === Op.brIf) this.pop(1);
        this.merge(1);
        this.cost.passedValues += this.arity(u32At(this.bytes, start + 1), start);
        break;
      }
      case Op.brTable:
        this.branchTable(start);
        break;
      case Op.return:
        this.merge(1);
        this.cost.passedValues += this.results[0] as number;
        break;
      case Op.call:
      case Op.callIndirect:
      case Op.returnCall:
      case Op.returnCallIndirect:
        this.call(opcode, start);
        break;
      default: // unreachable
    }
    const leaves = opcode !== Op.brIf && opcode !== Op.call && opcode !== Op.callIndirect;
    // What follows is never reached; its operands begin at the block's own.
    if (leaves) this.height = this.base[this.depth] as number;
  }

  private block(opcode: number, start: number): void {
    if (opcode === Op.if) this.pop(1);
    this.merge(1);
    const type = blockTypeAt(this.bytes, start + 1, this.signatures.params.length, this.features);
    const params = type < 0 ? 0 : (this.signatures.params[type] as number);
    const results = type === EMPTY ? 0 : type === ONE_RESULT ? 1 : (this.signatures.results[type] as number);
    if (opcode === Op.loop) {
      this.cost.loops++;
      this.cost.loopValues += this.cost.locals + this.height;
    }
    this.cost.passedValues += params + results;
    this.open(params, results, opcode === Op.loop ? start : NO_LOOP, start);
  }

  private close(next: number): void {
    this.merge(1);
    const depth = this.depth--;
    const loop = this.loop[depth] as number;
    if (loop !== NO_LOOP) this.cost.loopBytes += next - loop;
    this.height = this.base[depth] as number;
    this.push(this.results[depth] as number);
  }

  private branchTable(start: number): void {
    const bytes = this.bytes;
    this.pop(1);
    const labels = u32At(bytes, start + 1);
    this.merge(labels + 1);
    let at = start + 1;
    for (let i = 0; i <= labels; i++) {
      while ((bytes[at++] as number) >= 0x80);
      this.cost.passedValues += this.arity(u32At(bytes, at), start);
    }
  }

  /** Values that a branch to a label takes along. */
  private arity(label: number, offset: number): number {
    const depth = this.depth - label;
    if (depth < 0)
      throw new WasmInvalidError('malformed', offset, `a branch to label ${label} in ${this.depth + 1} blocks`);
    return (this.loop[depth] === NO_LOOP ? this.results[depth] : this.params[depth]) as number;
  }

  private call(opcode: number, start: number): void {
    const { params, results, typeOf } = this.signatures;
    const { cost } = this;
    const indirect = opcode === Op.callIndirect || opcode === Op.returnCallIndirect;
    const index = u32At(this.bytes, start + 1);
    const type = indirect ? index : typeOf[index];
    if (type === undefined || type >= params.length) {
      throw new WasmInvalidError(
        'malformed',
        start,
        `a call of ${indirect ? 'type' : 'function'} ${index}, which is not there`,
      );
    }
    if (indirect) this.pop(1);
    cost.mergeValues += CALL_SHARE * (cost.locals + this.height);
    cost.passedValues += (indirect ? ENGINE_CALL : 1) + (params[type] as number) + (results[type] as number);
    this.pop(params[type] as number);
    if (opcode === Op.returnCall || opcode === Op.returnCallIndirect) this.features.add('tail-call');
    else this.push(results[type] as number);
  }

  private callEngine(): void {
    this.engineCalls++;
    this.cost.passedValues += ENGINE_CALL;
  }

  private step(opcode: number, start: number): void {
    const bytes = this.bytes;
    let effects = EFFECTS;
    let index = opcode;
    if (opcode >= 0xc0) {
      noteFeature(bytes, start, opcode, this.hasDataCount, this.features);
      if (opcode === Op.prefixFc || opcode === Op.prefixFd) {
        index = u32At(bytes, start + 1);
        effects = opcode === Op.prefixFc ? FC_EFFECTS : FD_EFFECTS;
        // From memory.init to table.fill.
        if (opcode === Op.prefixFc && index >= 8) this.callEngine();
      } else if (opcode === Op.refFunc) this.callEngine();
    } else if (opcode === 0x1c) {
      this.features.add('reference-types');
    } else if (opcode === Op.memoryGrow || opcode === 0x25 || opcode === 0x26) {
      this.callEngine();
    }
    this.pop(effects.pops[index] as number);
    this.push(effects.pushes[index] as number);
  }
}

const EMPTY = -1;
const ONE_RESULT = -2;

/** Index of a block's type, {@link EMPTY} or {@link ONE_RESULT}. */
function blockTypeAt(bytes: Uint8Array, pos: number, types: number, features: Set<string>): number {
  const byte = bytes[pos] as number;
  if (byte === 0x40) return EMPTY;
  if ((byte >= 0x7b && byte <= 0x7f) || byte === 0x70 || byte === 0x6f) return ONE_RESULT;
  if (byte >= 0x40 && byte < 0x80) {
    throw byte >= 0x63 && byte <= 0x74
      ? unsupported('gc', pos, `block type 0x${byte.toString(16)}`)
      : new WasmInvalidError('malformed', pos, `unknown block type 0x${byte.toString(16)}`);
  }
  let last = pos;
  while ((bytes[last] as number) >= 0x80) last++;
  // A negative number is a value type in more bytes than it needs. V8 takes 0xc0 0x7f for the empty
  // type.
  if ((bytes[last] as number) & 0x40) throw new WasmInvalidError('malformed', pos, 'a block type of a negative number');
  const index = u32At(bytes, pos);
  if (index >= types) throw new WasmInvalidError('malformed', pos, 'a block of a type that is not there');
  features.add('multi-value');
  return index;
}

/** Sum of the local declarations at `pos`, which have been checked. */
function declaredLocals(bytes: Uint8Array, pos: number): number {
  let at = pos;
  const groups = u32At(bytes, at);
  while ((bytes[at++] as number) >= 0x80);
  let locals = 0;
  for (let i = 0; i < groups; i++) {
    locals += u32At(bytes, at);
    while ((bytes[at++] as number) >= 0x80);
    at++;
  }
  return locals;
}

function noteFeature(
  bytes: Uint8Array,
  at: number,
  opcode: number,
  hasDataCount: boolean,
  features: Set<string>,
): void {
  const sub = u32At(bytes, at + 1);
  if (opcode === Op.prefixFd) features.add('simd');
  else if (opcode === Op.prefixFc) {
    features.add(sub < 8 ? 'saturating-conversions' : sub < 15 ? 'bulk-memory' : 'reference-types');
    if ((sub === 8 || sub === 9) && !hasDataCount)
      throw new WasmInvalidError('malformed', at, 'data count section required');
  } else if (opcode >= 0xd0) features.add('reference-types');
  else features.add('sign-extension');
}
