import { Op } from './opcodes.ts';
import type { Signatures } from './signatures.ts';
import { skipImmediates } from './skipImmediates.ts';
import { smallIndex } from './smallIndex.ts';
import { EFFECTS, FC_EFFECTS, FD_EFFECTS, Shape } from './stackEffect.ts';

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

/**
 * Finds where NaNs must be made canonical, so that no code sees the bits that an engine or
 * processor chose (docs/meter.md, "NaN").
 *
 * Values are followed over the operand stack, and into locals that hold nothing but such values. A
 * value is made canonical before an instruction sees its bits, and before it leaves the function or
 * the block.
 */
export class NanScan {
  private readonly signatures: Signatures;
  /**
   * Offsets after which a NaN is made canonical, ascending, and the shape of the value that is on
   * the stack there.
   */
  readonly after: number[] = [];
  readonly shape: number[] = [];
  private values: Value[] = [];
  private stack: number[] = [];
  /** Entries of the stack, from its bottom, that {@link seeAll} has seen: each is seen once. */
  private seen = 0;
  /** [value, local] of each time a local is set to such a value. */
  private sets: Array<[value: number, local: number]> = [];
  /**
   * The one shape that each local is set to; CLEAN for a local that is also set to other things.
   */
  private held: Int8Array = new Int8Array(0);
  /** 1 for each local that is set to a value that can be a NaN. */
  private unsure: Uint8Array = new Uint8Array(0);

  constructor(signatures: Signatures) {
    this.signatures = signatures;
  }

  clear(): void {
    this.after.length = 0;
    this.shape.length = 0;
  }

  /**
   * For a valid body.
   * @param types of the locals that are no parameters
   */
  scan(bytes: Uint8Array, first: number, end: number, params: number, types: Uint8Array): void {
    this.clear();
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
    this.walk(bytes, first, end);
    this.settle();
  }

  private walk(bytes: Uint8Array, first: number, end: number): void {
    const { stack, signatures } = this;
    /**
     * Three numbers for each open block: height of the stack below its parameters, number of
     * parameters, number of results.
     */
    const blocks: Array<[height: number, params: number, results: number]> = [[0, 0, 0]];
    /** Blocks opened in code that is never reached. */
    let deadBlocks = 0;
    let dead = false;
    let at = first;
    while (blocks.length > 0) {
      const opcode = bytes[at] as number;
      const operand = at + 1;
      at = skipImmediates(bytes, opcode, operand, end);
      if (dead) {
        if (opcode >= Op.block && opcode <= Op.if) deadBlocks++;
        else if (opcode === Op.end && deadBlocks > 0) deadBlocks--;
        else if ((opcode === Op.end || opcode === Op.else) && deadBlocks === 0) dead = false;
        if (dead || (opcode !== Op.end && opcode !== Op.else)) continue;
      }
      switch (opcode) {
        case 0x01: // nop
          break;
        case Op.block:
        case Op.loop:
        case Op.if: {
          if (opcode === Op.if) stack.pop();
          const type = blockType(bytes, operand);
          const params = type < 0 ? 0 : (signatures.params[type] as number);
          const results = type === -1 ? 0 : type === -2 ? 1 : (signatures.results[type] as number);
          if (params > 0) this.seeAll();
          blocks.push([stack.length - params, params, results]);
          break;
        }
        case Op.else: {
          this.seeAll();
          const [height, params] = blocks.at(-1) as [number, number, number];
          this.reset(height, params);
          break;
        }
        case Op.end: {
          this.seeAll();
          const [height, , results] = blocks.pop() as [number, number, number];
          this.reset(height, results);
          break;
        }
        case Op.br:
        case Op.brTable:
        case Op.return:
        case Op.unreachable:
        case Op.returnCall:
        case Op.returnCallIndirect:
          this.seeAll();
          dead = true;
          break;
        case Op.brIf:
          stack.pop();
          this.seeAll();
          break;
        case Op.call:
        case Op.callIndirect: {
          const index = smallIndex(bytes, operand);
          const type = opcode === Op.call ? (signatures.typeOf[index] as number) : index;
          if (opcode === Op.callIndirect) stack.pop();
          for (let i = signatures.params[type] as number; i > 0; i--) this.see(stack.pop() as number, ALL);
          this.reset(stack.length, signatures.results[type] as number);
          break;
        }
        case Op.localGet:
          this.push(this.fromLocal(smallIndex(bytes, operand), at));
          break;
        case Op.localSet:
        case Op.localTee: {
          const local = smallIndex(bytes, operand);
          this.set(local, stack.pop() as number);
          if (opcode === Op.localTee) this.push(this.fromLocal(local, at));
          break;
        }
        case 0x1a: // drop
          stack.pop();
          break;
        default:
          this.step(bytes, opcode, operand, at);
      }
    }
  }

  private step(bytes: Uint8Array, opcode: number, operand: number, after: number): void {
    const { stack } = this;
    const prefixed = opcode === Op.prefixFc || opcode === Op.prefixFd;
    const effects = opcode === Op.prefixFc ? FC_EFFECTS : opcode === Op.prefixFd ? FD_EFFECTS : EFFECTS;
    const index = prefixed ? smallIndex(bytes, operand) : opcode;
    const unseen = effects.blind[index] as number;
    const sees = unseen === Shape.none ? ALL : ALL & ~(1 << unseen);
    const pops = effects.pops[index] as number;
    const below = stack.length - pops;
    const splat = opcode === Op.prefixFd && (index === 19 || index === 20);
    const spreads = !splat || stack[below] === SURE || this.values[stack[below] as number]?.sure === true;
    for (let i = below; i < stack.length; i++) this.see(stack[i] as number, sees);
    stack.length = below;
    if (effects.pushes[index] === 0) return;
    const shape = effects.makes[index] as number;
    const sure = spreads ? (effects.sure[index] as number) : Shape.none;
    if (shape !== Shape.none) this.push(this.add({ after, shape, local: -1, sure: false, seen: 0 }));
    else if (sure !== Shape.none) this.push(this.add({ after, shape: sure, local: -1, sure: true, seen: 0 }));
    else this.push(isSureConstant(bytes, opcode, index, after) ? SURE : CLEAN);
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
    const { stack } = this;
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
  if (opcode !== Op.prefixFd || index !== 12) return false;
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

/** Index of a block's type, -1 for none, -2 for one result. */
function blockType(bytes: Uint8Array, pos: number): number {
  const byte = bytes[pos] as number;
  if (byte === 0x40) return -1;
  return byte >= 0x40 && byte < 0x80 ? -2 : smallIndex(bytes, pos);
}
