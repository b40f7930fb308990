import { BinaryReader } from '../read/binaryReader.ts';
import { MODULE_LIMITS } from '../read/moduleLimits.ts';
import { SECTION } from '../read/section.ts';
import { type Signatures, signaturesOf } from '../read/signatures.ts';
import type { Limits, WasmModule, WasmSection } from '../read/wasmModule.ts';
import { writeHandOver, writeInterruptFunction, writeTouch } from './addedFunctions.ts';
import { AddedTypes } from './addedTypes.ts';
import { BodyMeter, NO_VALUES } from './bodyMeter.ts';
import { BodyScan } from './bodyScan.ts';
import { ByteWriter } from './byteWriter.ts';
import { chooseInner } from './innerFunctions.ts';
import type { MeterOptions } from './meter.ts';
import { FUEL_EXPORT, MEMORY_IMPORT, type MeteredModule, START_EXPORT, TOUCH_EXPORT } from './meteredModule.ts';
import { type SectionEdit, spliceSections } from './sections.ts';

/** Declaration of the fuel global: a mutable i64 that begins with 0. */
const FUEL_GLOBAL = [0x7e, 0x01, 0x42, 0x00, 0x0b];

/** Bytes of the code section's size. It is written last, so it has the most bytes it can need. */
const SIZE_BYTES = 5;

/** Kinds of exports and imports (Core Specification 2.0, section 5.5.5). */
const EXTERNAL = { function: 0, memory: 2, global: 3 } as const;

/** Rewrites one module: its sections, and by {@link BodyMeter} its functions. */
export class ModuleMeter {
  private readonly source: Uint8Array;
  private readonly module: WasmModule;
  private readonly out: ByteWriter;
  private readonly fuelGlobal: number;
  private readonly ownMemory: { min: number; max: number } | null;
  private readonly interruptFunction: number;
  private readonly signatures: Signatures;
  private readonly scan: BodyScan;
  /** Index of each function that becomes two. */
  private readonly inner: number[];
  private readonly types: AddedTypes;
  private readonly touched: readonly number[];
  private readonly apart: readonly number[];
  private codeOffset = -1;

  constructor(source: Uint8Array, module: WasmModule, { memoryMaxPages, touched = [], apart = [] }: MeterOptions) {
    const { importedFunctions, functions, globals } = module;
    this.source = source;
    this.module = module;
    this.touched = touched;
    this.apart = apart;
    this.fuelGlobal = globals.length;
    this.interruptFunction = functions.length === 0 ? -1 : importedFunctions + functions.length;
    this.ownMemory = ownMemory(module, memoryMaxPages);
    // Which functions become two must be known before the first is written.
    this.signatures = signaturesOf(module);
    this.scan = scanCode(source, module, this.signatures);
    this.inner = chooseInner(module, this.scan.called, this.scan.facts);
    this.types = new AddedTypes(module, this.inner);
    this.out = new ByteWriter(Math.ceil(source.length * 2.5) + 1024);
  }

  meter(): MeteredModule {
    const module = this.module;
    spliceSections(this.out, this.source, module.sections, this.edits());
    return {
      bytes: this.out.written(),
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

  private edits(): Map<number, SectionEdit> {
    const edits = new Map<number, SectionEdit>([
      [SECTION.global, { kind: 'extend', count: 1, entries: written(FUEL_GLOBAL) }],
      [SECTION.export, this.exports()],
      [SECTION.memory, { kind: 'drop' }],
      [SECTION.start, { kind: 'drop' }],
      [SECTION.table, { kind: 'rewrite', write: (out) => out.sized(this.tables()) }],
      [SECTION.code, { kind: 'rewrite', write: (_, section) => this.code(section) }],
    ]);
    const memory = this.memoryImport();
    if (memory !== null) edits.set(SECTION.import, { kind: 'extend', count: 1, entries: memory });
    // A module without functions needs neither.
    const has = (id: number) => this.module.sections.some((section) => section.id === id);
    if (has(SECTION.type)) {
      edits.set(SECTION.type, { kind: 'extend', count: this.types.count, entries: this.types.entries });
    }
    if (has(SECTION.function)) {
      edits.set(SECTION.function, { kind: 'extend', count: this.addedFunctions(), entries: this.functions() });
    }
    return edits;
  }

  /**
   * The import of the memory that the module had.
   *
   * It takes no index among functions, and a module has one memory, so all indices stay.
   */
  private memoryImport(): ByteWriter | null {
    if (this.ownMemory === null) return null;
    const entries = new ByteWriter(32);
    entries.name(MEMORY_IMPORT.module);
    entries.name(MEMORY_IMPORT.name);
    entries.u8(EXTERNAL.memory);
    writeLimits(entries, this.ownMemory, this.ownMemory.max);
    return entries;
  }

  /** Types of the added functions: interrupt function, inner functions, functions that touch. */
  private functions(): ByteWriter {
    const { interruptType } = this.types;
    const entries = new ByteWriter(8);
    if (this.interruptFunction !== -1) entries.u32(interruptType);
    for (const outer of this.inner) entries.u32(this.types.innerType(this.typeOf(outer)));
    // A touch takes and gives nothing, as the interrupt function does.
    for (let i = 0; i < this.touched.length; i++) entries.u32(interruptType);
    return entries;
  }

  private typeOf(index: number): number {
    return this.module.functions[index - this.module.importedFunctions] as number;
  }

  private addedFunctions(): number {
    return this.interruptFunction === -1 ? 0 : 1 + this.inner.length + this.touched.length;
  }

  private exports(): SectionEdit {
    const { start } = this.module;
    const entries = new ByteWriter(64);
    let count = 0;
    const add = (name: string, kind: number, index: number) => {
      entries.name(name);
      entries.u8(kind);
      entries.u32(index);
      count++;
    };
    add(FUEL_EXPORT, EXTERNAL.global, this.fuelGlobal);
    if (start !== null) add(START_EXPORT, EXTERNAL.function, start);
    const firstTouch = this.interruptFunction + 1 + this.inner.length;
    for (let place = 0; place < this.touched.length; place++) {
      add(`${TOUCH_EXPORT}${place}`, EXTERNAL.function, firstTouch + place);
    }
    return { kind: 'extend', count, entries };
  }

  /**
   * The tables with bounds.
   *
   * Their maxima share what is left of the entries that all tables may have, so growth fails alike
   * on every V8.
   */
  private tables(): ByteWriter {
    const { imports, tables } = this.module;
    const imported = imports.filter((entry) => entry.type.kind === 'table').length;
    const own = tables.slice(imported);
    let spare: number = MODULE_LIMITS.tableEntries;
    for (const table of tables) spare -= table.limits.min;
    const content = new ByteWriter(16 * own.length);
    content.u32(own.length);
    const share = own.length === 0 ? 0 : Math.floor(spare / own.length);
    for (const { element, limits } of own) {
      content.u8(element === 'funcref' ? 0x70 : 0x6f);
      writeLimits(content, limits, limits.min + share);
    }
    return content;
  }

  private code({ offset, size }: WasmSection): void {
    const { functions, types } = this.module;
    const inner = this.inner;
    // Locals of inner functions are renumbered in a copy. The slice of a Buffer would be none.
    const source = inner.length === 0 ? this.source : new Uint8Array(this.source);
    const out = this.out;
    const count = new BinaryReader(source, offset, offset + size).u32();
    const sizeAt = out.length;
    out.u32Wide(0, SIZE_BYTES);
    this.codeOffset = out.length;
    out.u32(count + this.addedFunctions());
    const innerOf = this.innerOf();
    const bodies = this.bodyMeter(innerOf);
    const write = (body: number, isInner: boolean) => {
      const type = functions[body] as number;
      const params = types[type]?.params.length ?? 0;
      bodies.meter(source, body, params, this.types.blockType(type) ?? NO_VALUES, isInner);
    };
    for (let body = 0; body < count; body++) {
      const callee = innerOf[this.module.importedFunctions + body] as number;
      const params = types[functions[body] as number]?.params.length ?? 0;
      if (callee > 0) writeHandOver(out, params, callee, this.fuelGlobal);
      else write(body, false);
    }
    if (this.interruptFunction !== -1) writeInterruptFunction(out, this.interruptFunction, this.fuelGlobal);
    for (const outer of inner) write(outer - this.module.importedFunctions, true);
    for (const index of this.touched) writeTouch(out, types[this.typeOf(index)], index);
    const end = out.length;
    out.length = sizeAt;
    out.u32Wide(end - this.codeOffset, SIZE_BYTES);
    out.length = end;
  }

  /** The inner function of each function; 0 for none. */
  private innerOf(): Uint32Array {
    const { importedFunctions, functions } = this.module;
    const innerOf = new Uint32Array(importedFunctions + functions.length);
    for (const [at, outer] of this.inner.entries()) innerOf[outer] = this.interruptFunction + 1 + at;
    return innerOf;
  }

  private bodyMeter(innerOf: Uint32Array): BodyMeter {
    const { importedFunctions, importsEscape, features } = this.module;
    const marked = (indices: readonly number[]) => {
      const marks = new Uint8Array(innerOf.length);
      for (const index of indices) marks[index] = 1;
      return marks;
    };
    return new BodyMeter(
      {
        fuelGlobal: this.fuelGlobal,
        interruptFunction: this.interruptFunction,
        importedFunctions,
        importsEscape,
        signatures: this.signatures,
        vectors: features.includes('simd'),
        innerOf,
        touched: marked(this.touched),
        apart: marked(this.apart),
      },
      this.scan.facts,
      this.out,
    );
  }
}

function ownMemory(module: WasmModule, memoryMaxPages: number): { min: number; max: number } | null {
  const isImported = module.imports.some(({ type }) => type.kind === 'memory');
  const [memory] = isImported ? [] : module.memories;
  if (memory === undefined) return null;
  return { min: memory.min, max: Math.min(memory.max ?? memoryMaxPages, memoryMaxPages) };
}

function scanCode(source: Uint8Array, module: WasmModule, signatures: Signatures): BodyScan {
  const scan = new BodyScan(signatures, module.functions.length);
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
  return scan;
}

function written(bytes: readonly number[]): ByteWriter {
  const writer = new ByteWriter(bytes.length);
  writer.append(bytes);
  return writer;
}

function writeLimits(out: ByteWriter, limits: Limits, cap: number): void {
  out.u8(1);
  out.u32(limits.min);
  out.u32(Math.min(limits.max ?? cap, cap));
}
