/**
 * A reference interpreter, written from chapter 4 of the specification in the most obvious way.
 *
 * It counts the instructions that it executes, which is what fuel must be. The conformance scripts
 * check it. Its SIMD is checked against the engine, instruction by instruction.
 */
import { BinaryReader } from '../../wasm/read/binaryReader.ts';
import { Op } from '../../wasm/read/opcodes.ts';
import { readModule } from '../../wasm/read/readModule.ts';
import { type FunctionType, functionType, type WasmModule } from '../../wasm/read/wasmModule.ts';
import { type Body, decodeBody, decodeUntil, type Instruction, NotInterpretedError, valueType } from './decodeBody.ts';
import { frameValues } from './frameValues.ts';
import { NUMERICS, TrapError, type Value } from './interpreterNumerics.ts';
import { executeSimd } from './interpreterSimd.ts';
import { SHALLOW } from './runMetered.ts';

export interface Callable {
  type: FunctionType;
  call(...args: Value[]): Value[];
}

interface OwnFunction extends Callable {
  body: Body;
  weight: number;
}

export interface InterpretedTable {
  entries: Value[];
  max: number;
}
export interface InterpretedMemory {
  bytes: Uint8Array;
  max: number;
}
export interface InterpretedGlobal {
  value: Value;
}
export type InterpretedExtern = Callable | InterpretedTable | InterpretedMemory | InterpretedGlobal;

/**
 * A branch that is on its way: how many labels further out it goes. `RETURN` leaves the function.
 */
const RETURN = 1e9;
const PAGE = 65_536;

interface Frame {
  /** Units of depth it counts while it waits for a call. */
  weight: number;
  locals: Value[];
  stack: Value[];
  /** Set by a tail call: what to call instead of returning. */
  tail?: { callee: Callable; args: Value[] };
}

const isOwn = (callee: Callable): callee is OwnFunction => 'body' in callee;

/** Instructions, and those inside them. */
function allOf(code: Instruction[]): Instruction[] {
  return code.flatMap((one) => [one, ...allOf(one.body ?? []), ...allOf(one.otherwise ?? [])]);
}

/** Counts across every instance that shares it. */
export class FuelMeter {
  executed = 0;
  limit = 5_000_000;
  /** Units of depth (docs/internals/meter.md), as many as a metered run of the tests may use. */
  depthMax = SHALLOW;
}

export class InterpreterInstance {
  readonly module: WasmModule;
  readonly exports: Record<string, InterpretedExtern> = {};
  readonly fuel: FuelMeter;
  /** Weight of the frames that wait for a call to return. */
  private waiting = 0;
  private readonly functions: Callable[] = [];
  private readonly tables: InterpretedTable[] = [];
  private readonly memories: InterpretedMemory[] = [];
  private readonly globals: InterpretedGlobal[] = [];
  private readonly elements: Value[][] = [];
  private readonly segments: Uint8Array[] = [];

  /** @throws {Trap} as instantiation does; {NotInterpretedError} past what it holds or goes */
  constructor(bytes: Uint8Array, imports: Record<string, Record<string, InterpretedExtern>>, fuel = new FuelMeter()) {
    this.module = readModule(bytes);
    this.fuel = fuel;
    for (const { module, name, type } of this.module.imports) {
      const given = imports[module]?.[name];
      if (given === undefined) throw new NotInterpretedError(`no import ${module}.${name}`);
      if (type.kind === 'func') this.functions.push(given as Callable);
      else if (type.kind === 'table') this.tables.push(given as InterpretedTable);
      else if (type.kind === 'memory') this.memories.push(given as InterpretedMemory);
      else this.globals.push(given as InterpretedGlobal);
    }
    this.define(bytes);
  }

  private define(bytes: Uint8Array): void {
    const { module } = this;
    const at = (id: number) => {
      const section = module.sections.find((one) => one.id === id);
      return section && new BinaryReader(bytes, section.offset, section.offset + section.size);
    };
    const code = at(10);
    if (code !== undefined) {
      for (let i = 0, count = code.u32(); i < count; i++) {
        const size = code.u32();
        const start = code.pos;
        const type = functionType(module, module.importedFunctions + i) as FunctionType;
        const body = decodeBody(code, module);
        code.pos = start + size;
        const weight = this.weight(body, type);
        const own: OwnFunction = { type, body, weight, call: (...args) => this.invoke(own, args) };
        this.functions.push(own);
      }
    }
    for (const { limits } of module.tables.slice(this.tables.length)) {
      this.tables.push({ entries: Array(limits.min).fill(null), max: limits.max ?? 2 ** 32 - 1 });
    }
    for (const limits of module.memories.slice(this.memories.length)) {
      this.memories.push({ bytes: new Uint8Array(limits.min * PAGE), max: limits.max ?? 65_536 });
    }
    const globals = at(6);
    if (globals !== undefined) {
      for (let count = globals.u32(); count > 0; count--) {
        valueType(globals.u8());
        globals.u8();
        this.globals.push({ value: this.constant(globals) });
      }
    }
    const spaces = { func: this.functions, table: this.tables, memory: this.memories, global: this.globals };
    for (const { name, kind, index } of module.exports) this.exports[name] = spaces[kind][index] as InterpretedExtern;
    const elements = at(9);
    if (elements !== undefined) this.defineElements(elements);
    const data = at(11);
    if (data !== undefined) this.defineData(data);
    if (module.start !== null) (this.functions[module.start] as Callable).call();
  }

  private constant(reader: BinaryReader): Value {
    const frame: Frame = { weight: 0, locals: [], stack: [] };
    const before = this.fuel.executed;
    this.run(decodeUntil(reader, this.module).code, frame);
    this.fuel.executed = before;
    return frame.stack.pop() as Value;
  }

  private defineElements(reader: BinaryReader): void {
    const active: Array<() => void> = [];
    for (let count = reader.u32(), index = 0; index < count; index++) {
      const flags = reader.u32();
      const table = (flags & 3) === 2 ? reader.u32() : 0;
      const offset = flags & 1 ? undefined : (this.constant(reader) as number);
      if (flags & 3) reader.u8();
      const entries: Value[] = [];
      for (let left = reader.u32(); left > 0; left--) {
        entries.push(flags & 4 ? this.constant(reader) : (this.functions[reader.u32()] as Callable));
      }
      this.elements.push(offset === undefined && (flags & 3) === 3 ? [] : entries);
      if (offset !== undefined) {
        active.push(() => {
          this.tableInit(table, index, offset >>> 0, 0, entries.length);
          this.elements[index] = [];
        });
      }
    }
    for (const initialize of active) initialize();
  }

  private defineData(reader: BinaryReader): void {
    const active: Array<() => void> = [];
    for (let count = reader.u32(), index = 0; index < count; index++) {
      const flags = reader.u32();
      if (flags === 2) reader.u32();
      const offset = flags === 1 ? undefined : (this.constant(reader) as number);
      const length = reader.u32();
      this.segments.push(reader.bytes.slice(reader.pos, reader.pos + length));
      reader.pos += length;
      if (offset !== undefined) {
        active.push(() => {
          this.memoryInit(index, offset >>> 0, 0, length);
          this.segments[index] = new Uint8Array();
        });
      }
    }
    for (const initialize of active) initialize();
  }

  private invoke(start: OwnFunction, startArgs: Value[]): Value[] {
    let callee: Callable = start;
    let args = startArgs;
    for (;;) {
      if (!isOwn(callee)) return callee.call(...args);
      this.refuseTooDeep(callee);
      const zero = callee.body.locals.map((type) =>
        type === 'i64' || type === 'f64' ? 0n : type === 'v128' ? new Uint8Array(16) : type.endsWith('ref') ? null : 0,
      );
      const frame: Frame = { weight: callee.weight, locals: [...args, ...zero], stack: [] };
      this.run(callee.body.code, frame);
      if (frame.tail === undefined) return frame.stack.slice(frame.stack.length - callee.type.results.length);
      ({ callee, args } = frame.tail);
    }
  }

  /** Runs a sequence; what it returns is undefined, or the branch that left it. */
  private run(code: Instruction[], frame: Frame): number | undefined {
    for (const instruction of code) {
      if (instruction.op !== Op.block && instruction.op !== Op.loop && ++this.fuel.executed > this.fuel.limit) {
        throw new NotInterpretedError('more instructions than the interpreter executes');
      }
      const branch = this.step(instruction, frame);
      if (branch !== undefined) return branch;
    }
    return undefined;
  }

  private block(code: Instruction[], type: FunctionType, frame: Frame, isLoop: boolean): number | undefined {
    const height = frame.stack.length - type.params.length;
    for (;;) {
      const branch = this.run(code, frame);
      if (branch === undefined) return undefined;
      if (branch > 0) return branch === RETURN ? RETURN : branch - 1;
      // The branch comes here: its values stay, what lies below them back to the label goes.
      const arity = isLoop ? type.params.length : type.results.length;
      const values = frame.stack.slice(frame.stack.length - arity);
      frame.stack.length = height;
      frame.stack.push(...values);
      if (!isLoop) return undefined;
    }
  }

  private step(instruction: Instruction, frame: Frame): number | undefined {
    const { op, immediates } = instruction;
    const { stack, locals } = frame;
    const first = immediates[0] as number;
    const pop = () => stack.pop() as Value;
    const popIndex = () => (pop() as number) >>> 0;
    const numeric = NUMERICS.get(op);
    if (numeric !== undefined) {
      const operands = stack.splice(stack.length - numeric.length);
      stack.push(numeric(...(operands as never[])));
      return undefined;
    }
    if (op >= 0x28 && op <= 0x3e) {
      this.access(op, immediates[1] as number, stack);
      return undefined;
    }
    if (op >= 0xfd00) {
      const constant = instruction.constant as Uint8Array;
      executeSimd({ sub: op - 0xfd00, immediates, constant }, stack, this.memories[0]?.bytes ?? new Uint8Array());
      return undefined;
    }
    switch (op) {
      case Op.unreachable:
        throw new TrapError('unreachable');
      case 0x01: // nop
        return undefined;
      case Op.block:
      case Op.loop:
        return this.block(instruction.body as Instruction[], instruction.type as FunctionType, frame, op === Op.loop);
      case Op.if: {
        const arm = pop() !== 0 ? instruction.body : instruction.otherwise;
        return this.block(arm as Instruction[], instruction.type as FunctionType, frame, false);
      }
      case Op.br:
        return first;
      case Op.brIf:
        return pop() !== 0 ? first : undefined;
      case Op.brTable:
        return immediates[Math.min(popIndex(), immediates.length - 1)] as number;
      case Op.return:
        return RETURN;
      case Op.call:
      case Op.returnCall:
        return this.callFunction(this.functions[first] as Callable, op === Op.returnCall, frame);
      case Op.callIndirect:
      case Op.returnCallIndirect: {
        const { entries } = this.tables[immediates[1] as number] as InterpretedTable;
        const index = popIndex();
        if (index >= entries.length) throw new TrapError('undefined element');
        const callee = entries[index] as Callable | null;
        const expected = this.module.types[first] as FunctionType;
        if (callee === null) throw new TrapError('uninitialized element');
        if (JSON.stringify(callee.type) !== JSON.stringify(expected))
          throw new TrapError('indirect call type mismatch');
        return this.callFunction(callee, op === Op.returnCallIndirect, frame);
      }
      case 0x1a: // drop
        pop();
        return undefined;
      case 0x1b: // select
      case 0x1c: {
        const condition = pop();
        const other = pop();
        const one = pop();
        stack.push(condition !== 0 ? one : other);
        return undefined;
      }
      case 0x20: // local.get
        stack.push(locals[first] as Value);
        return undefined;
      case 0x21: // local.set
        locals[first] = pop();
        return undefined;
      case 0x22: // local.tee
        locals[first] = stack.at(-1) as Value;
        return undefined;
      case Op.globalGet:
        stack.push((this.globals[first] as InterpretedGlobal).value);
        return undefined;
      case Op.globalSet:
        (this.globals[first] as InterpretedGlobal).value = pop();
        return undefined;
      case Op.i32Const:
      case Op.i64Const:
      case Op.f32Const:
      case Op.f64Const:
        stack.push(instruction.constant as Value);
        return undefined;
      case Op.refNull:
        stack.push(null);
        return undefined;
      case 0xd1: // ref.is_null
        stack.push(pop() === null ? 1 : 0);
        return undefined;
      case Op.refFunc:
        stack.push(this.functions[first] as Callable);
        return undefined;
      default:
        this.bulk(op, immediates, stack, popIndex, pop);
        return undefined;
    }
  }

  private callFunction(callee: Callable, isTail: boolean, frame: Frame): number | undefined {
    const args = frame.stack.splice(frame.stack.length - callee.type.params.length);
    if (isTail) {
      frame.tail = { callee, args };
      return RETURN;
    }
    this.waiting += frame.weight;
    try {
      frame.stack.push(...callee.call(...args));
    } finally {
      this.waiting -= frame.weight;
    }
    return undefined;
  }

  /** docs/internals/meter.md, "Depth". */
  private refuseTooDeep({ body, weight }: OwnFunction): void {
    const calls = allOf(body.code).some(({ op }) => op >= Op.call && op <= Op.returnCallIndirect);
    const own = weight > 16 ? weight : 0;
    if ((calls || own > 0) && this.waiting + own >= this.fuel.depthMax) throw new TrapError('call stack exhausted');
  }

  /** docs/internals/meter.md, "Depth". */
  private weight({ locals, code }: Body, { params }: FunctionType): number {
    const instructions = allOf(code);
    const typeOf = ({ op, immediates }: Instruction) =>
      (op === Op.call || op === Op.returnCall
        ? functionType(this.module, immediates[0] as number)
        : this.module.types[immediates[0] as number]) as FunctionType;
    const called = instructions.filter(({ op }) => op === Op.call || op === Op.callIndirect).map(typeOf);
    const { types, globals } = this.module;
    const held = [...types.flatMap((type) => [...type.params, ...type.results]), ...globals.map(({ type }) => type)];
    const vectors = [...held, ...locals].includes('v128') || instructions.some(({ op }) => op >= 0xfd00);
    const costing = instructions.filter(({ op }) => op !== Op.block && op !== Op.loop).length;
    const callValues = called.reduce((sum, type) => sum + type.params.length + type.results.length, 0);
    const kept = Math.min(callValues + Math.ceil(costing / 3), frameValues(code, typeOf));
    const values = params.length + locals.length + kept;
    return Math.ceil((192 + (vectors ? 16 : 8) * values + 96 * Math.min(called.length, 72)) / 512);
  }

  private get memory(): InterpretedMemory {
    return this.memories[0] as InterpretedMemory;
  }

  /** Loads and stores. Floats are moved as the integers of their size. */
  private access(op: number, offset: number, stack: Value[]): void {
    const isStore = op >= 0x36;
    const value = isStore ? (stack.pop() as number | bigint) : 0;
    const address = ((stack.pop() as number) >>> 0) + offset;
    const width = (isStore ? [4, 8, 4, 8, 1, 2, 1, 2, 4] : [4, 8, 4, 8, 1, 1, 2, 2, 1, 1, 2, 2, 4, 4])[
      op - (isStore ? 0x36 : 0x28)
    ] as number;
    const { bytes } = this.memory;
    if (address + width > bytes.length) throw new TrapError('out of bounds memory access');
    if (isStore) {
      for (let i = 0, rest = BigInt(value); i < width; i++, rest >>= 8n)
        bytes[address + i] = Number(BigInt.asUintN(8, rest));
      return;
    }
    let loaded = 0n;
    for (let i = width - 1; i >= 0; i--) loaded = (loaded << 8n) | BigInt(bytes[address + i] as number);
    // i64.load, f64.load and 0x30 to 0x35 give 64 bits; of the narrow ones those with an even
    // opcode extend the sign.
    const wide = op === 0x29 || op === 0x2b || op >= 0x30;
    const signs = op < 0x2c || op % 2 === 0;
    const extended = signs ? BigInt.asIntN(width * 8, loaded) : loaded;
    stack.push(wide ? BigInt.asIntN(64, extended) : Number(BigInt.asIntN(32, extended)));
  }

  private bulk(op: number, immediates: number[], stack: Value[], popIndex: () => number, pop: () => Value): void {
    const first = immediates[0] as number;
    const table = (index: number) => this.tables[index] as InterpretedTable;
    const bounds = (end: number, length: number, what: string) => {
      if (end > length) throw new TrapError(`out of bounds ${what} access`);
    };
    switch (op) {
      case 0x25: {
        const index = popIndex();
        bounds(index + 1, table(first).entries.length, 'table');
        stack.push(table(first).entries[index] as Value);
        return;
      }
      case 0x26: {
        const value = pop();
        const index = popIndex();
        bounds(index + 1, table(first).entries.length, 'table');
        table(first).entries[index] = value;
        return;
      }
      case 0x3f:
        stack.push(this.memory.bytes.length / PAGE);
        return;
      case Op.memoryGrow:
        stack.push(this.grow(popIndex()));
        return;
      case 0xfc08: {
        const [count, source, target] = [popIndex(), popIndex(), popIndex()];
        this.memoryInit(first, target, source, count);
        return;
      }
      case 0xfc09:
        this.segments[first] = new Uint8Array();
        return;
      case 0xfc0a: {
        const [count, source, target] = [popIndex(), popIndex(), popIndex()];
        bounds(Math.max(source, target) + count, this.memory.bytes.length, 'memory');
        this.memory.bytes.copyWithin(target, source, source + count);
        return;
      }
      case 0xfc0b: {
        const [count, value, target] = [popIndex(), popIndex(), popIndex()];
        bounds(target + count, this.memory.bytes.length, 'memory');
        this.memory.bytes.fill(value, target, target + count);
        return;
      }
      case 0xfc0c: {
        const [count, source, target] = [popIndex(), popIndex(), popIndex()];
        this.tableInit(immediates[1] as number, first, target, source, count);
        return;
      }
      case 0xfc0d:
        this.elements[first] = [];
        return;
      case 0xfc0e: {
        const [count, source, target] = [popIndex(), popIndex(), popIndex()];
        const from = table(immediates[1] as number).entries;
        bounds(source + count, from.length, 'table');
        bounds(target + count, table(first).entries.length, 'table');
        table(first).entries.splice(target, count, ...from.slice(source, source + count));
        return;
      }
      case 0xfc0f: {
        const [count, value] = [popIndex(), pop()];
        const { entries, max } = table(first);
        const before = entries.length;
        if (before + count > Math.min(max, 1_000_000)) stack.push(-1);
        else {
          for (let i = 0; i < count; i++) entries.push(value);
          stack.push(before);
        }
        return;
      }
      case 0xfc10:
        stack.push(table(first).entries.length);
        return;
      case 0xfc11: {
        const [count, value, target] = [popIndex(), pop(), popIndex()];
        bounds(target + count, table(first).entries.length, 'table');
        table(first).entries.fill(value, target, target + count);
        return;
      }
      default:
        throw new NotInterpretedError(`opcode 0x${op.toString(16)}`);
    }
  }

  private grow(pages: number): number {
    const before = this.memory.bytes.length / PAGE;
    if (before + pages > this.memory.max) return -1;
    if (before + pages > 4096) throw new NotInterpretedError('a memory larger than the interpreter holds');
    const grown = new Uint8Array((before + pages) * PAGE);
    grown.set(this.memory.bytes);
    this.memory.bytes = grown;
    return before;
  }

  private memoryInit(segment: number, target: number, source: number, count: number): void {
    const from = this.segments[segment] as Uint8Array;
    if (source + count > from.length || target + count > this.memory.bytes.length)
      throw new TrapError('out of bounds memory access');
    this.memory.bytes.set(from.subarray(source, source + count), target);
  }

  private tableInit(table: number, segment: number, target: number, source: number, count: number): void {
    const from = this.elements[segment] as Value[];
    const { entries } = this.tables[table] as InterpretedTable;
    if (source + count > from.length || target + count > entries.length)
      throw new TrapError('out of bounds table access');
    for (let i = 0; i < count; i++) entries[target + i] = from[source + i] as Value;
  }
}
