import { BinaryReader } from './binaryReader.ts';
import { NO_VALUES } from './bodyWriter.ts';
import { ByteWriter } from './byteWriter.ts';
import { chooseInner } from './innerFunctions.ts';
import { BodyMeter } from './meterBody.ts';
import { MODULE_LIMITS } from './moduleLimits.ts';
import { Op } from './opcodes.ts';
import { readModule, SECTION } from './readModule.ts';
import { BodyScan } from './scanBody.ts';
import { signaturesOf } from './signatures.ts';
import { VALUE_TYPE_CODES } from './typeReader.ts';
import { WasmInvalid } from './wasmInvalid.ts';
import type { Limits, ValueType, WasmModule } from './wasmModule.ts';

/**
 * Exported mutable i64 of a metered module: the balance (balance.ts).
 *
 * The runtime sets it from the budget before the first call.
 */
export const FUEL_EXPORT = 'grafos:fuel';

/**
 * Export of the start function.
 *
 * A metered module does not run it by itself, because it has no fuel at that time.
 */
export const START_EXPORT = 'grafos:start';

/** Begin of the names of the exports of {@link MeteredModule.touched}; a number follows. */
export const TOUCH_EXPORT = 'grafos:touch:';

/**
 * Import of a metered module: the linear memory that the module itself would have made.
 *
 * The instantiating side makes or lends one.
 */
export const MEMORY_IMPORT = { module: 'grafos', name: 'memory' } as const;

export interface MeterOptions {
  /** Most pages of 64 KiB the module's own memory may ever have. */
  memoryMaxPages: number;
  /** Index of each function that gets a {@link MeteredModule.touched} export; none unless given. */
  touched?: readonly number[];
  /** Index of each function that V8 must not inline; none unless given. */
  apart?: readonly number[];
}

export interface MeteredModule {
  bytes: Uint8Array;
  /** {@link FUEL_EXPORT}. */
  fuelExport: string;
  /**
   * {@link START_EXPORT}, which must be called first after instantiation; null when the module has
   * no start section.
   */
  startExport: string | null;
  /** Index of the fuel global. */
  fuelGlobal: number;
  importedFunctions: number;
  /**
   * Index of the function that loops call in front of bulk instructions so that they can be ended;
   * -1 in a module without functions.
   */
  interruptFunction: number;
  /**
   * Index of each function that became two, ascending.
   *
   * It hands over to its inner function. Inner functions come after the interrupt function, in this
   * order.
   */
  inner: number[];
  /**
   * Index of each function with an export to touch it, {@link TOUCH_EXPORT} and its place here.
   *
   * With a negative balance, a call of the export makes the engine compile the function, which then
   * traps at its entry. The functions of these exports come last.
   */
  touched: readonly number[];
  /**
   * Places in `touched` of functions that only the baseline compiler may see.
   *
   * The meter leaves the list empty.
   */
  baselineOnly: readonly number[];
  /**
   * The memory for {@link MEMORY_IMPORT}, in pages of 64 KiB: exactly `min` at the start, and at
   * most `max` ever.
   *
   * Null when the module has no memory of its own.
   */
  memory: { min: number; max: number } | null;
  /** Offset in `bytes` of the code section's content; -1 without one. */
  codeOffset: number;
}

/**
 * Rewrites a module so that it counts the instructions it executes: one unit for each instruction
 * except `block`, `loop`, `else` and `end` (docs/meter.md).
 *
 * Function, type, table, memory and global indices stay as they are. Custom sections are left out.
 * The module's own memory becomes an import. The result is right for modules that
 * `WebAssembly.validate` accepts; the caller asks it first. Anything beyond WebAssembly 2.0 and
 * tail calls is refused here, whether V8 accepts it or not.
 *
 * @throws {WasmInvalid}
 */
export function meter(bytes: Uint8Array, options: MeterOptions): MeteredModule {
  const module = readModule(bytes, { bodies: false });
  checkMemory(module, options.memoryMaxPages);
  for (const { name } of module.exports) {
    if (name === FUEL_EXPORT || name === START_EXPORT || name.startsWith(TOUCH_EXPORT)) {
      throw new WasmInvalid('reserved_export', 0, `the export name "${name}" is reserved for the meter`);
    }
  }
  return new ModuleMeter(bytes, module, options).meter();
}

function checkMemory(module: WasmModule, memoryMaxPages: number): void {
  const imported = module.imports.some((entry) => entry.type.kind === 'memory');
  const min = imported ? 0 : (module.memories[0]?.min ?? 0);
  if (min > memoryMaxPages) {
    throw new WasmInvalid(
      'memory_above_limit',
      0,
      `the memory starts at ${min} pages of 64 KiB; at most ${memoryMaxPages} are allowed`,
    );
  }
}

/** Instruction that gives zero, or no reference, of each type. */
const ZERO: Record<ValueType, readonly number[]> = {
  i32: [Op.i32Const, 0],
  i64: [Op.i64Const, 0],
  f32: [Op.f32Const, 0, 0, 0, 0],
  f64: [Op.f64Const, 0, 0, 0, 0, 0, 0, 0, 0],
  v128: [Op.prefixFd, 12, ...new Array(16).fill(0)],
  funcref: [Op.refNull, 0x70],
  externref: [Op.refNull, 0x6f],
};

class ModuleMeter {
  private readonly source: Uint8Array;
  private readonly module: WasmModule;
  private readonly out: ByteWriter;
  private readonly fuelGlobal: number;
  /** The type of a block with the results of a function type, by that function type. */
  private readonly blockTypes = new Map<number, Uint8Array>();
  private readonly ownMemory: { min: number; max: number } | null;
  private readonly interruptFunction: number;
  private interruptType = -1;
  private readonly scan: BodyScan;
  private inner: number[] = [];
  private readonly touched: readonly number[];
  private readonly apart: readonly number[];
  /** The type of the inner function, by the function type that it was made from. */
  private readonly innerTypes = new Map<number, number>();
  private codeOffset = -1;
  /** For short bodies. */
  private readonly short = new ByteWriter(64);

  constructor(source: Uint8Array, module: WasmModule, { memoryMaxPages, touched = [], apart = [] }: MeterOptions) {
    this.source = source;
    this.module = module;
    this.touched = touched;
    this.apart = apart;
    this.fuelGlobal = module.globals.length;
    const { importedFunctions, functions } = module;
    this.interruptFunction = functions.length === 0 ? -1 : importedFunctions + functions.length;
    const [memory] = module.imports.some(({ type }) => type.kind === 'memory') ? [] : module.memories;
    this.scan = new BodyScan(signaturesOf(module), functions.length);
    this.ownMemory =
      memory === undefined ? null : { min: memory.min, max: Math.min(memory.max ?? memoryMaxPages, memoryMaxPages) };
    this.out = new ByteWriter(Math.ceil(source.length * 2.5) + 1024);
  }

  meter(): MeteredModule {
    const { source, module, out } = this;
    this.scanCode();
    out.copy(source, 0, 8);
    let importDone = this.ownMemory === null;
    let globalDone = false;
    let exportDone = false;
    for (const { id, offset, size } of module.sections) {
      // A missing section goes where it belongs: before the first section that must come after it.
      if (!importDone && id >= SECTION.import) {
        this.imports(id === SECTION.import ? offset : -1, offset + size);
        importDone = true;
        if (id === SECTION.import) continue;
      }
      if (!globalDone && (id >= SECTION.global || id === SECTION.dataCount)) {
        this.globals(id === SECTION.global ? offset : -1, offset + size);
        globalDone = true;
        if (id === SECTION.global) continue;
      }
      if (!exportDone && id >= SECTION.export) {
        this.exports(id === SECTION.export ? offset : -1, offset + size);
        exportDone = true;
        if (id === SECTION.export) continue;
      }
      switch (id) {
        case SECTION.start:
        case SECTION.memory:
          break;
        case SECTION.type:
          this.types(offset, offset + size);
          break;
        case SECTION.function:
          this.functions(offset, offset + size);
          break;
        case SECTION.table:
          this.tables(offset, offset + size);
          break;
        case SECTION.code:
          this.code(offset, offset + size);
          break;
        default:
          out.u8(id);
          out.u32(size);
          out.copy(source, offset, offset + size);
      }
    }
    if (!globalDone) this.globals(-1, 0);
    if (!exportDone) this.exports(-1, 0);
    return {
      bytes: out.written(),
      fuelExport: FUEL_EXPORT,
      startExport: module.start === null ? null : START_EXPORT,
      fuelGlobal: this.fuelGlobal,
      importedFunctions: module.importedFunctions,
      interruptFunction: this.interruptFunction,
      inner: this.inner,
      touched: this.touched,
      baselineOnly: [],
      memory: this.ownMemory,
      codeOffset: this.codeOffset,
    };
  }

  /** Which functions become two must be known before the first is written. */
  private scanCode(): void {
    const { source, module, scan } = this;
    for (const { id, offset, size } of module.sections) {
      if (id !== SECTION.code) continue;
      const reader = new BinaryReader(source, offset, offset + size);
      const count = reader.u32();
      for (let i = 0; i < count; i++) {
        const bytes = reader.u32();
        scan.scan(source, reader.pos, reader.pos + bytes);
        reader.pos += bytes;
      }
    }
    this.inner = chooseInner(module, scan);
  }

  /** A section of a vector: the old entries (`offset` -1 for none) and `extra`. */
  private vector(id: number, offset: number, end: number, extra: ByteWriter, extraCount: number): void {
    const { source, out } = this;
    const reader = new BinaryReader(source, Math.max(offset, 0), end);
    const count = offset === -1 ? 0 : reader.u32();
    const entries = offset === -1 ? end : reader.pos;
    const content = new ByteWriter(end - entries + extra.length + 8);
    content.u32(count + extraCount);
    content.copy(source, entries, end);
    content.copy(extra.bytes, 0, extra.length);
    out.u8(id);
    out.u32(content.length);
    out.copy(content.bytes, 0, content.length);
  }

  /**
   * Copies the types.
   *
   * A block that gives the results of a function needs a type of its own when there are several
   * results: `() -> results`, after the module's types.
   */
  private types(offset: number, end: number): void {
    const { types, functions } = this.module;
    const extra = new ByteWriter(64);
    let count = 0;
    for (const index of new Set(functions)) {
      const results = types[index]?.results ?? [];
      if (results.length === 0) continue;
      const type = new ByteWriter(8);
      if (results.length === 1) {
        type.u8(VALUE_TYPE_CODES[results[0] as ValueType]);
      } else {
        type.signed(types.length + count++);
        extra.u8(0x60);
        extra.u8(0);
        extra.u32(results.length);
        for (const result of results) extra.u8(VALUE_TYPE_CODES[result]);
      }
      this.blockTypes.set(index, type.written());
    }
    this.interruptType = types.findIndex(({ params, results }) => params.length + results.length === 0);
    if (this.interruptType === -1) {
      this.interruptType = types.length + count++;
      for (const byte of [0x60, 0, 0]) extra.u8(byte);
    }
    for (const outer of this.inner) {
      const index = this.typeOf(outer);
      if (this.innerTypes.has(index)) continue;
      this.innerTypes.set(index, types.length + count++);
      const { params = [], results = [] } = types[index] ?? {};
      extra.u8(0x60);
      for (const values of [params, results]) {
        extra.u32(values.length + 1);
        for (const value of values) extra.u8(VALUE_TYPE_CODES[value]);
        extra.u8(VALUE_TYPE_CODES.i64);
      }
    }
    this.vector(SECTION.type, offset, end, extra, count);
  }

  /**
   * Copies the imports and adds the memory.
   *
   * A memory import takes no index among functions, and a module has one memory, so all indices
   * stay.
   */
  private imports(offset: number, end: number): void {
    const { ownMemory } = this;
    if (ownMemory === null) return;
    const extra = new ByteWriter(32);
    extra.name(MEMORY_IMPORT.module);
    extra.name(MEMORY_IMPORT.name);
    extra.u8(2);
    writeLimits(extra, ownMemory, ownMemory.max);
    this.vector(SECTION.import, offset, end, extra, 1);
  }

  private functions(offset: number, end: number): void {
    const extra = new ByteWriter(8);
    if (this.interruptFunction !== -1) extra.u32(this.interruptType);
    for (const outer of this.inner) extra.u32(this.innerTypes.get(this.typeOf(outer)) ?? 0);
    // A touch takes and gives nothing, as the interrupt function does.
    for (let i = 0; i < this.touched.length; i++) extra.u32(this.interruptType);
    this.vector(SECTION.function, offset, end, extra, this.addedFunctions());
  }

  private typeOf(index: number): number {
    return this.module.functions[index - this.module.importedFunctions] as number;
  }

  private addedFunctions(): number {
    return this.interruptFunction === -1 ? 0 : 1 + this.inner.length + this.touched.length;
  }

  private globals(offset: number, end: number): void {
    const fuel = new ByteWriter(8);
    // i64, mutable, i64.const 0, end
    for (const byte of [0x7e, 0x01, 0x42, 0x00, 0x0b]) fuel.u8(byte);
    this.vector(SECTION.global, offset, end, fuel, 1);
  }

  private exports(offset: number, end: number): void {
    const extra = new ByteWriter(64);
    extra.name(FUEL_EXPORT);
    extra.u8(3);
    extra.u32(this.fuelGlobal);
    if (this.module.start !== null) {
      extra.name(START_EXPORT);
      extra.u8(0);
      extra.u32(this.module.start);
    }
    for (let place = 0; place < this.touched.length; place++) {
      extra.name(`${TOUCH_EXPORT}${place}`);
      extra.u8(0);
      extra.u32(this.interruptFunction + 1 + this.inner.length + place);
    }
    const added = (this.module.start === null ? 1 : 2) + this.touched.length;
    this.vector(SECTION.export, offset, end, extra, added);
  }

  /**
   * Copies the tables.
   *
   * Their maxima are capped to what is left of the entries that all tables may have, so growth
   * fails alike on every V8.
   */
  private tables(offset: number, end: number): void {
    const imported = this.module.imports.filter((entry) => entry.type.kind === 'table').length;
    const own = this.module.tables.slice(imported);
    let spare: number = MODULE_LIMITS.tableEntries;
    for (const table of this.module.tables) spare -= table.limits.min;
    const content = new ByteWriter(end - offset + 8 * own.length);
    content.u32(own.length);
    const share = own.length === 0 ? 0 : Math.floor(spare / own.length);
    for (const { element, limits } of own) {
      content.u8(element === 'funcref' ? 0x70 : 0x6f);
      writeLimits(content, limits, limits.min + share);
    }
    this.out.u8(SECTION.table);
    this.out.u32(content.length);
    this.out.copy(content.bytes, 0, content.length);
  }

  private code(offset: number, end: number): void {
    const { module, fuelGlobal, inner, interruptFunction, scan } = this;
    const { importedFunctions, importsEscape, functions } = module;
    // Locals of inner functions are renumbered in a copy; the slice of a Buffer would be none.
    const source = inner.length === 0 ? this.source : new Uint8Array(this.source);
    const count = new BinaryReader(source, offset, end).u32();
    // The size of the section is known only once it is written. Five bytes are kept for it, which
    // the format allows.
    const { out } = this;
    out.u8(SECTION.code);
    const sizeAt = out.length;
    out.reserve(5);
    out.length += 5;
    this.codeOffset = out.length;
    out.u32(count + this.addedFunctions());
    const innerOf = new Uint32Array(importedFunctions + functions.length);
    for (const [at, outer] of inner.entries()) innerOf[outer] = interruptFunction + 1 + at;
    const touched = new Uint8Array(innerOf.length);
    for (const index of this.touched) touched[index] = 1;
    const apart = new Uint8Array(innerOf.length);
    for (const index of this.apart) apart[index] = 1;
    const bodies = new BodyMeter(
      {
        fuelGlobal,
        interruptFunction,
        importedFunctions,
        importsEscape,
        signatures: scan.signatures,
        vectors: module.features.includes('simd'),
        innerOf,
        touched,
        apart,
      },
      scan,
    );
    const write = (body: number, isInner: boolean) => {
      const type = functions[body] as number;
      const params = module.types[type]?.params.length ?? 0;
      bodies.meter(source, body, params, this.blockTypes.get(type) ?? NO_VALUES, isInner, out);
    };
    for (let body = 0; body < count; body++) {
      const callee = innerOf[importedFunctions + body] as number;
      if (callee > 0) this.handOver(callee, module.types[functions[body] as number]?.params.length ?? 0);
      else write(body, false);
    }
    if (interruptFunction !== -1) this.interruptBody();
    for (const outer of inner) write(outer - importedFunctions, true);
    for (const index of this.touched) this.touchBody(index);
    let rest = out.length - this.codeOffset;
    for (let i = 0; i < 5; i++) {
      out.bytes[sizeAt + i] = (rest & 0x7f) | (i < 4 ? 0x80 : 0);
      rest = Math.floor(rest / 128);
    }
  }

  /**
   * Writes a function that takes the balance from the global for its inner function, and stores the
   * balance that it gives back.
   */
  private handOver(callee: number, params: number): void {
    const { short: body } = this;
    body.length = 0;
    body.u8(0);
    for (let local = 0; local < params; local++) {
      body.u8(Op.localGet);
      body.u8(local);
    }
    for (const [opcode, index] of [
      [Op.globalGet, this.fuelGlobal],
      [Op.call, callee],
      [Op.globalSet, this.fuelGlobal],
    ] as const) {
      body.u8(opcode);
      body.u32(index);
    }
    body.u8(Op.end);
    this.out.u32(body.length);
    this.out.copy(body.bytes, 0, body.length);
  }

  /** Calls a function with zeros and drops what it gives. */
  private touchBody(index: number): void {
    const { params, results } = this.module.types[this.typeOf(index)] ?? { params: [], results: [] };
    const body = new ByteWriter(32 + 20 * params.length + results.length);
    body.u8(0);
    for (const param of params) for (const byte of ZERO[param]) body.u8(byte);
    body.u8(Op.call);
    body.u32(index);
    for (let i = 0; i < results.length; i++) body.u8(Op.drop);
    body.u8(Op.end);
    this.out.u32(body.length);
    this.out.copy(body.bytes, 0, body.length);
  }

  /**
   * Writes the interrupt function: if the balance has a value that it never has, call yourself.
   *
   * With a call in it, no engine leaves out the check at its entry.
   */
  private interruptBody(): void {
    const body = new ByteWriter(32);
    body.u8(0);
    body.u8(Op.globalGet);
    body.u32(this.fuelGlobal);
    body.u8(Op.i64Const);
    body.signed(Number.MIN_SAFE_INTEGER);
    for (const byte of [Op.i64Eq, Op.if, 0x40, Op.call]) body.u8(byte);
    body.u32(this.interruptFunction);
    for (const byte of [Op.end, Op.end]) body.u8(byte);
    this.out.u32(body.length);
    this.out.copy(body.bytes, 0, body.length);
  }
}

function writeLimits(out: ByteWriter, limits: Limits, cap: number): void {
  out.u8(1);
  out.u32(limits.min);
  out.u32(Math.min(limits.max ?? cap, cap));
}
