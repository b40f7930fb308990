import { u32At } from '../read/leb128.ts';
import { EMPTY_BLOCK, Op } from '../read/opcodes.ts';
import type { Signatures } from '../read/signatures.ts';
import { skipImmediates } from '../read/skipImmediates.ts';
import { EFFECTS, FC_EFFECTS, FD_EFFECTS, Shape } from '../read/stackEffect.ts';

/** A value of one function whose NaN bits may be the engine's choice. */
interface Value {
  /** Offset after the instruction that leaves it. */
  after: number;
  /**
   * Shape of the value that an instruction makes.
   *
   * There is none when the value comes from a local: then it follows from what the local is set to.
   */
  shape: number;
  /** -1 when it does not come from a local. */
  local: number;
  /** It is no NaN. */
  sure: boolean;
  /** One bit for each shape: an instruction would see the NaN bits of a value of that shape. */
  seen: number;
}

const ALL = 0xff;
const CLEAN = -1;
/** No NaN, whatever its shape. */
const SURE = -2;
const FLOATS: ReadonlySet<number> = new Set([0x7d, 0x7c, 0x7b]);

const F32X4_SPLAT = 19;
const F64X2_SPLAT = 20;
const V128_CONST = 12;

/** Types of a block that have no index. */
const NO_RESULT = -1;
const ONE_RESULT = -2;

interface Block {
  /** Height of the stack below the block's parameters. */
  height: number;
  params: number;
  results: number;
}

/**
 * Finds where NaNs must be made canonical, so that no code sees the bits that an engine or
 * processor chose (docs/internals/meter.md, "NaN").
 *
 * Values are followed over the operand stack, and into locals that hold nothing but such values. A
 * value is made canonical before an instruction sees its bits, and before it leaves the function or
 * the block.
 */
export class NanScan {
  /**
   * Offsets after which a NaN is made canonical, ascending, and the shape of the value that is on
   * the stack there.
   */
  readonly after: number[] = [];
  readonly shape: number[] = [];
  private readonly signatures: Signatures;
  private bytes: Uint8Array = new Uint8Array(0);
  private values: Value[] = [];
  /** For each operand: the place of its value, {@link CLEAN} or {@link SURE}. */
  private stack: number[] = [];
  /** Number of operands from the bottom that {@link seeAll} has seen: each is seen once. */
  private seen = 0;
  /** Each time a local is set to a value that is followed. */
  private sets: Array<[value: number, local: number]> = [];
  /**
   * The one shape that each local is set to; {@link CLEAN} for a local that is also set to other
   * things.
   */
  private held: Int8Array = new Int8Array(0);
  /** 1 for each local that is set to a value that can be a NaN. */
  private unsure: Uint8Array = new Uint8Array(0);
  private readonly blocks: Block[] = [];
  private isDead = false;
  /** Number of open blocks that were opened in dead code. */
  private deadBlocks = 0;

  constructor(signatures: Signatures) {
    this.signatures = signatures;
  }

  clear(): void {
    // Most bodies have none, and to empty an array is a call into the runtime.
    if (this.after.length === 0) return;
    this.after.length = 0;
    this.shape.length = 0;
  }

  /**
   * Scans a valid body.
   *
   * @param first offset of the first instruction
   * @param types of the locals that are no parameters
   */
  scan(bytes: Uint8Array, first: number, end: number, params: number, types: Uint8Array): void {
    this.clear();
    this.bytes = bytes;
    this.values = [];
    this.stack = [];
    this.seen = 0;
    this.sets = [];
    this.held = new Int8Array(params + types.length);
    this.unsure = new Uint8Array(params + types.length);
    // A parameter is what the caller gave; what is no float needs no look.
    for (let local = 0; local < this.held.length; local++) {
      if (local < params || !FLOATS.has(types[local - params] as number)) this.held[local] = CLEAN;
    }
    this.blocks.length = 0;
    this.blocks.push({ height: 0, params: 0, results: 0 });
    this.isDead = false;
    this.deadBlocks = 0;
    for (let at = first; this.blocks.length > 0; ) {
      const opcode = bytes[at] as number;
      const operand = at + 1;
      at = skipImmediates(bytes, opcode, operand, end);
      if (this.isDead && !this.endsDeadCode(opcode)) continue;
      if (opcode > Op.returnCallIndirect) this.step(opcode, operand, at);
      else this.control(opcode, operand);
    }
    this.settle();
  }

  /** Passes an instruction of dead code; true for the `else` or `end` after which code is live. */
  private endsDeadCode(opcode: number): boolean {
    if (opcode >= Op.block && opcode <= Op.if) this.deadBlocks++;
    else if (opcode === Op.end && this.deadBlocks > 0) this.deadBlocks--;
    else if ((opcode === Op.end || opcode === Op.else) && this.deadBlocks === 0) this.isDead = false;
    return !this.isDead;
  }

  private control(opcode: number, operand: number): void {
    switch (opcode) {
      case Op.nop:
        return;
      case Op.block:
      case Op.loop:
      case Op.if:
        this.openBlock(opcode, operand);
        return;
      case Op.else: {
        this.seeAll();
        const { height, params } = this.blocks.at(-1) as Block;
        this.reset(height, params);
        return;
      }
      case Op.end: {
        this.seeAll();
        const { height, results } = this.blocks.pop() as Block;
        this.reset(height, results);
        return;
      }
      case Op.brIf:
        this.stack.pop();
        this.seeAll();
        return;
      case Op.call:
      case Op.callIndirect:
        this.call(opcode, operand);
        return;
      default:
        // Branches, return, unreachable and tail calls.
        this.seeAll();
        this.isDead = true;
    }
  }

  private openBlock(opcode: number, operand: number): void {
    const stack = this.stack;
    if (opcode === Op.if) stack.pop();
    const type = blockType(this.bytes, operand);
    const params = type < 0 ? 0 : (this.signatures.params[type] as number);
    const results = type === NO_RESULT ? 0 : type === ONE_RESULT ? 1 : (this.signatures.results[type] as number);
    if (params > 0) this.seeAll();
    this.blocks.push({ height: stack.length - params, params, results });
  }

  private call(opcode: number, operand: number): void {
    const { typeOf, params, results } = this.signatures;
    const stack = this.stack;
    const index = u32At(this.bytes, operand);
    const type = opcode === Op.call ? (typeOf[index] as number) : index;
    if (opcode === Op.callIndirect) stack.pop();
    for (let i = params[type] as number; i > 0; i--) this.see(stack.pop() as number, ALL);
    this.reset(stack.length, results[type] as number);
  }

  private step(opcode: number, operand: number, after: number): void {
    switch (opcode) {
      case Op.localGet:
        this.push(this.fromLocal(u32At(this.bytes, operand), after));
        return;
      case Op.localSet:
      case Op.localTee: {
        const local = u32At(this.bytes, operand);
        this.set(local, this.stack.pop() as number);
        if (opcode === Op.localTee) this.push(this.fromLocal(local, after));
        return;
      }
      case Op.drop:
        this.stack.pop();
        return;
      default:
        this.compute(opcode, operand, after);
    }
  }

  /** Passes an instruction that takes operands and may leave one value. */
  private compute(opcode: number, operand: number, after: number): void {
    const stack = this.stack;
    const prefixed = opcode === Op.prefixFc || opcode === Op.prefixFd;
    const effects = opcode === Op.prefixFc ? FC_EFFECTS : opcode === Op.prefixFd ? FD_EFFECTS : EFFECTS;
    const index = prefixed ? u32At(this.bytes, operand) : opcode;
    const unseen = effects.blind[index] as number;
    const sees = unseen === Shape.none ? ALL : ALL & ~(1 << unseen);
    const below = stack.length - (effects.pops[index] as number);
    const isSplat = opcode === Op.prefixFd && (index === F32X4_SPLAT || index === F64X2_SPLAT);
    const staysSure = !isSplat || this.isSure(stack[below] as number);
    for (let i = below; i < stack.length; i++) this.see(stack[i] as number, sees);
    stack.length = below;
    if (effects.pushes[index] === 0) return;
    const shape = effects.makes[index] as number;
    const sure = staysSure ? (effects.sure[index] as number) : Shape.none;
    if (shape !== Shape.none) this.push(this.add({ after, shape, local: -1, sure: false, seen: 0 }));
    else if (sure !== Shape.none) this.push(this.add({ after, shape: sure, local: -1, sure: true, seen: 0 }));
    else this.push(isSureConstant(this.bytes, opcode, index, after) ? SURE : CLEAN);
  }

  /** True for an operand that is no NaN. */
  private isSure(index: number): boolean {
    return index === SURE || this.values[index]?.sure === true;
  }

  private fromLocal(local: number, after: number): number {
    return this.held[local] === CLEAN ? CLEAN : this.add({ after, shape: Shape.none, local, sure: false, seen: 0 });
  }

  private set(local: number, index: number): void {
    if (index === SURE) return;
    const value = this.values[index];
    if (value === undefined || value.local !== -1) {
      // The value comes from elsewhere, or from another local: it is seen, and this local holds
      // bits that must stay as they are.
      this.see(index, ALL);
      this.held[local] = CLEAN;
      return;
    }
    this.sets.push([index, local]);
    if (!value.sure) this.unsure[local] = 1;
    const held = this.held[local] as number;
    if (held === CLEAN) value.seen = ALL;
    else this.held[local] = held === Shape.none || held === value.shape ? value.shape : CLEAN;
  }

  private add(value: Value): number {
    this.values.push(value);
    return this.values.length - 1;
  }

  private see(index: number, shapes: number): void {
    const value = this.values[index];
    if (value !== undefined) value.seen |= shapes;
  }

  private seeAll(): void {
    const stack = this.stack;
    for (let i = Math.min(this.seen, stack.length); i < stack.length; i++) this.see(stack[i] as number, ALL);
    this.seen = stack.length;
  }

  private push(index: number): void {
    // What was above was popped; this entry is another one.
    if (this.seen > this.stack.length) this.seen = this.stack.length;
    this.stack.push(index);
  }

  /**
   * Cuts the stack off at a height and pushes `count` values about which nothing needs to be known.
   */
  private reset(height: number, count: number): void {
    this.stack.length = height;
    for (let i = 0; i < count; i++) this.push(CLEAN);
  }

  private settle(): void {
    for (const [index, local] of this.sets) if (this.held[local] === CLEAN) this.see(index, ALL);
    for (const { after, shape, local, sure, seen } of this.values) {
      const actual = local === -1 ? shape : this.unsure[local] === 1 ? (this.held[local] as number) : Shape.none;
      if (sure || actual <= Shape.none || (seen & (1 << actual)) === 0) continue;
      this.after.push(after);
      this.shape.push(actual);
    }
  }
}

/**
 * Says whether the code before `after` is a float or vector constant without a NaN, for every kind
 * of lane.
 */
function isSureConstant(bytes: Uint8Array, opcode: number, index: number, after: number): boolean {
  if (opcode === Op.f32Const) return !isNan32(bytes, after - 4);
  if (opcode === Op.f64Const) return !isNan64(bytes, after - 8);
  if (opcode !== Op.prefixFd || index !== V128_CONST) return false;
  for (let at = after - 16; at < after; at += 4) if (isNan32(bytes, at)) return false;
  return !isNan64(bytes, after - 16) && !isNan64(bytes, after - 8);
}

function isNan32(bytes: Uint8Array, at: number): boolean {
  return Number.isNaN(view(bytes, at, 4).getFloat32(0, true));
}

function isNan64(bytes: Uint8Array, at: number): boolean {
  return Number.isNaN(view(bytes, at, 8).getFloat64(0, true));
}

function view(bytes: Uint8Array, at: number, length: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + at, length);
}

/** Index of a block's type, {@link NO_RESULT} or {@link ONE_RESULT}. */
function blockType(bytes: Uint8Array, pos: number): number {
  const byte = bytes[pos] as number;
  if (byte === EMPTY_BLOCK) return NO_RESULT;
  return byte > EMPTY_BLOCK && byte < 0x80 ? ONE_RESULT : u32At(bytes, pos);
}
