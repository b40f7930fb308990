import { BodyChecker } from './checkBody.ts';
import { addFunctionCost, noCost } from './compileCost.ts';
import { u32At } from './leb128.ts';
import { METERED_LIMITS, MODULE_LIMITS } from './moduleLimits.ts';
import { Op } from './opcodes.ts';
import { SECTION, SECTION_ORDER } from './section.ts';
import { noteShapeFeatures } from './shapeFeatures.ts';
import { signaturesOf } from './signatures.ts';
import { skipImmediates } from './skipImmediates.ts';
import { TypeReader } from './typeReader.ts';
import { unsupported, WasmInvalidError } from './wasmInvalid.ts';
import type { ExternalKind, ImportType, TableType, ValueType, WasmModule } from './wasmModule.ts';

const EXTERNAL_KINDS: ExternalKind[] = ['func', 'table', 'memory', 'global'];

export interface ReadOptions {
  /**
   * Reads function bodies, too (default).
   *
   * Otherwise only their sizes are checked, for a caller that walks them itself.
   */
  bodies?: boolean;
  /** The module is metered, so the bounds leave room for the meter's additions. */
  metered?: boolean;
}

/**
 * Decodes a module of WebAssembly 2.0 plus tail calls (Core Specification 2.0, chapter 5).
 *
 * The reader is strict about the binary format; types are left to `WebAssembly.validate`. Work and
 * memory are in proportion to the bytes given, whatever they are. With bodies it also bounds the
 * work of V8's validator and compilers (compileCost.ts).
 *
 * @throws {WasmInvalidError}
 */
export function readModule(bytes: Uint8Array, options: ReadOptions = {}): WasmModule {
  if (bytes.length > MODULE_LIMITS.module && options.metered !== true) {
    throw new WasmInvalidError(
      'limit',
      0,
      `a module of ${bytes.length} bytes; at most ${MODULE_LIMITS.module} are allowed`,
    );
  }
  return new ModuleReader(bytes, options).read();
}

class ModuleReader {
  private readonly reader: TypeReader;
  private readonly bodies: boolean;
  private readonly limits: Record<keyof typeof METERED_LIMITS, number>;
  private readonly module: WasmModule = {
    types: [],
    imports: [],
    importedFunctions: 0,
    functions: new Uint32Array(0),
    tables: [],
    memories: [],
    globals: [],
    exports: [],
    start: null,
    elementSegments: 0,
    dataSegments: 0,
    sections: [],
    customSections: [],
    importsEscape: false,
    features: [],
    cost: noCost(),
  };
  private dataCount: number | undefined;
  private codeSeen = 0;
  private typeValues = 0;
  private importedGlobals = 0;

  constructor(bytes: Uint8Array, { bodies = true, metered = false }: ReadOptions) {
    this.reader = new TypeReader(bytes);
    this.bodies = bodies;
    this.limits = metered ? METERED_LIMITS : MODULE_LIMITS;
  }

  read(): WasmModule {
    const r = this.reader;
    const module = this.module;
    const size = r.bytes.length;
    this.header();
    let last = 0;
    while (r.pos < size) {
      r.end = size;
      const at = r.pos;
      const id = r.u8();
      const length = r.u32();
      if (length > size - r.pos) throw r.malformed(`section ${id} is longer than the module`, at);
      const end = r.pos + length;
      r.end = end;
      if (id === SECTION.custom) {
        const name = r.name();
        module.customSections.push({ name, offset: r.pos, size: end - r.pos });
        if (module.customSections.length > 10_000)
          throw new WasmInvalidError('limit', at, 'more than 10000 custom sections');
        r.pos = end;
        continue;
      }
      const order = SECTION_ORDER[id];
      if (id === SECTION.tag) throw unsupported('exceptions', at, 'a tag section');
      if (order === undefined) throw r.malformed(`unknown section ${id}`, at);
      if (order <= last) throw r.malformed(`section ${id} is out of order or there twice`, at);
      last = order;
      module.sections.push({ id, offset: r.pos, size: length });
      this.section(id);
      if (r.pos !== end) throw r.malformed(`section ${id} is longer than its content`);
    }
    if (this.codeSeen !== module.functions.length) {
      throw r.malformed(`${module.functions.length} functions declared, ${this.codeSeen} bodies given`, size);
    }
    if (this.dataCount !== undefined && this.dataCount !== module.dataSegments) {
      throw r.malformed(`data count says ${this.dataCount}, there are ${module.dataSegments} data segments`, size);
    }
    noteShapeFeatures(this.module, this.reader.features);
    module.features = [...this.reader.features].sort();
    return module;
  }

  private header(): void {
    const r = this.reader;
    const magic = [0x00, 0x61, 0x73, 0x6d];
    for (const expected of magic) if (r.u8() !== expected) throw r.malformed('not a WebAssembly module', 0);
    const version = [r.u8(), r.u8(), r.u8(), r.u8()];
    if (version[0] === 0x0d && version[2] === 1) throw unsupported('component-model', 4, 'a component');
    if (version.join() !== '1,0,0,0') throw r.malformed('unknown WebAssembly version', 4);
  }

  private section(id: number): void {
    switch (id) {
      case SECTION.type:
        this.types();
        break;
      case SECTION.import:
        this.imports();
        break;
      case SECTION.function:
        this.functions();
        break;
      case SECTION.table:
        this.tables();
        break;
      case SECTION.memory:
        this.memories();
        break;
      case SECTION.global:
        this.globals();
        break;
      case SECTION.export:
        this.exports();
        break;
      case SECTION.start:
        this.module.start = this.reader.u32();
        break;
      case SECTION.element:
        this.elements();
        break;
      case SECTION.dataCount:
        this.dataCount = this.reader.u32();
        this.reader.features.add('bulk-memory');
        break;
      case SECTION.code:
        this.code();
        break;
      default:
        this.data();
    }
  }

  private types(): void {
    const r = this.reader;
    const count = r.count('types', this.limits.types);
    for (let i = 0; i < count; i++) {
      const at = r.pos;
      const form = r.u8();
      if (form >= 0x4e && form <= 0x5f) throw unsupported('gc', at, `type form 0x${form.toString(16)}`);
      if (form !== 0x60) throw r.malformed(`unknown type form 0x${form.toString(16)}`, at);
      const params = this.valueTypes('parameters');
      const results = this.valueTypes('results');
      if (results.length > 1) this.reader.features.add('multi-value');
      this.module.types.push({ params, results });
    }
  }

  private valueTypes(what: string): ValueType[] {
    const count = this.reader.count(what, MODULE_LIMITS.arity);
    this.typeValues += count;
    if (this.typeValues > this.limits.typeValues) {
      throw new WasmInvalidError(
        'limit',
        this.reader.pos,
        `more than ${this.limits.typeValues} parameters and results`,
      );
    }
    const types: ValueType[] = [];
    for (let i = 0; i < count; i++) types.push(this.reader.valueType());
    return types;
  }

  private typeIndex(): number {
    const at = this.reader.pos;
    const index = this.reader.u32();
    if (index >= this.module.types.length) throw this.reader.malformed(`there is no type ${index}`, at);
    return index;
  }

  private imports(): void {
    const r = this.reader;
    const module = this.module;
    const count = r.count('imports', this.limits.imports);
    for (let i = 0; i < count; i++) {
      const from = r.name();
      const name = r.name();
      const type = this.importType();
      if (type.kind === 'func') module.importedFunctions++;
      else if (type.kind === 'table') module.tables.push({ element: type.element, limits: type.limits });
      else if (type.kind === 'memory') module.memories.push(type.limits);
      else {
        module.globals.push({ type: type.type, mutable: type.mutable });
        this.importedGlobals++;
        if (type.mutable) this.reader.features.add('mutable-globals');
        // A reference handed in may be a host function.
        if (type.type === 'funcref') module.importsEscape = true;
      }
      if (type.kind === 'table') module.importsEscape = true;
      module.imports.push({ module: from, name, type });
    }
    this.checkMemoryCount();
  }

  private importType(): ImportType {
    const r = this.reader;
    const at = r.pos;
    switch (r.u8()) {
      case 0:
        return { kind: 'func', type: this.typeIndex() };
      case 1:
        return { kind: 'table', ...this.tableType() };
      case 2:
        return { kind: 'memory', limits: this.reader.memoryLimits() };
      case 3:
        return { kind: 'global', type: this.reader.valueType(), mutable: this.reader.mutable() };
      case 4:
        throw unsupported('exceptions', at, 'an imported tag');
      default:
        throw r.malformed('unknown import kind', at);
    }
  }

  private tableType(): TableType {
    const r = this.reader;
    const module = this.module;
    const at = r.pos;
    if (r.pos < r.end && r.bytes[r.pos] === 0x40)
      throw unsupported('function-references', at, 'a table with an initial value');
    const element = this.reader.refType();
    const limits = this.reader.limits('table');
    let entries = limits.min;
    for (const table of module.tables) entries += table.limits.min;
    if (entries > MODULE_LIMITS.tableEntries) {
      throw new WasmInvalidError(
        'limit',
        at,
        `tables of ${entries} entries; at most ${MODULE_LIMITS.tableEntries} are allowed`,
      );
    }
    return { element, limits };
  }

  private checkMemoryCount(): void {
    if (this.module.memories.length > 1) throw unsupported('multi-memory', this.reader.pos, 'a second memory');
  }

  private functions(): void {
    const r = this.reader;
    const module = this.module;
    const count = r.count('functions', this.limits.functions);
    module.functions = new Uint32Array(count);
    for (let i = 0; i < count; i++) module.functions[i] = this.typeIndex();
  }

  private tables(): void {
    const count = this.reader.count('tables', MODULE_LIMITS.tables);
    for (let i = 0; i < count; i++) this.module.tables.push(this.tableType());
    if (this.module.tables.length > MODULE_LIMITS.tables)
      throw new WasmInvalidError('limit', this.reader.pos, 'too many tables');
  }

  private memories(): void {
    const count = this.reader.count('memories', MODULE_LIMITS.imports);
    for (let i = 0; i < count; i++) {
      this.module.memories.push(this.reader.memoryLimits());
      this.checkMemoryCount();
    }
  }

  private globals(): void {
    const r = this.reader;
    const module = this.module;
    const count = r.count('globals', this.limits.globals);
    for (let i = 0; i < count; i++) {
      module.globals.push({ type: this.reader.valueType(), mutable: this.reader.mutable() });
      this.constant();
    }
  }

  /** A constant expression: one instruction and `end`. */
  private constant(): void {
    const r = this.reader;
    const at = r.pos;
    let instructions = 0;
    for (;;) {
      const opcode = r.u8();
      if (opcode === Op.end) break;
      instructions++;
      if (opcode === Op.refFunc) this.reference(r.u32());
      else if (opcode === Op.globalGet) this.constantGlobal(r.u32(), at);
      else r.pos = this.constantOperand(opcode, at);
    }
    if (instructions > 1) throw unsupported('extended-const', at, 'a computed constant');
    if (instructions === 0) throw r.malformed('an empty constant expression', at);
  }

  /**
   * The global that a constant expression reads: an imported one that never changes (Core
   * Specification 2.0, section 3.3.10).
   */
  private constantGlobal(index: number, at: number): void {
    if (index >= this.importedGlobals)
      throw unsupported('gc', at, "a constant that reads one of the module's own globals");
    if (this.module.globals[index]?.mutable) throw this.reader.malformed('a constant that reads a mutable global', at);
  }

  private constantOperand(opcode: number, at: number): number {
    const r = this.reader;
    const next = skipImmediates(r.bytes, opcode, r.pos, r.end);
    const arithmetic = [0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e].includes(opcode);
    const allowed =
      (opcode >= Op.i32Const && opcode <= Op.f64Const) ||
      opcode === Op.refNull ||
      (opcode === Op.prefixFd && u32At(r.bytes, r.pos) === 12);
    if (!allowed && !arithmetic) throw r.malformed(`opcode 0x${opcode.toString(16)} in a constant expression`, at);
    return next;
  }

  /**
   * Notes a function index outside of code: a function in a table, an export or a global can be
   * called indirectly.
   */
  private reference(functionIndex: number): void {
    if (functionIndex < this.module.importedFunctions) this.module.importsEscape = true;
  }

  private exports(): void {
    const r = this.reader;
    const module = this.module;
    const count = r.count('exports', this.limits.exports);
    const names = new Set<string>();
    for (let i = 0; i < count; i++) {
      const at = r.pos;
      const name = r.name();
      if (names.has(name)) throw r.malformed(`two exports named ${JSON.stringify(name)}`, at);
      names.add(name);
      const kindAt = r.pos;
      const byte = r.u8();
      const kind = EXTERNAL_KINDS[byte];
      if (byte === 4) throw unsupported('exceptions', kindAt, 'an exported tag');
      if (kind === undefined) throw r.malformed('unknown export kind', kindAt);
      const index = r.u32();
      if (kind === 'func') this.reference(index);
      module.exports.push({ name, kind, index });
    }
  }

  private elements(): void {
    const r = this.reader;
    const module = this.module;
    const count = r.count('element segments', MODULE_LIMITS.elementSegments);
    module.elementSegments = count;
    for (let i = 0; i < count; i++) {
      const at = r.pos;
      const flags = r.u32();
      if (flags > 7) throw r.malformed('malformed element segment', at);
      if (flags > 0) this.reader.features.add('bulk-memory');
      const active = (flags & 1) === 0;
      if (active && flags & 2) r.u32();
      if (active) this.constant();
      if (flags & 3) {
        if (flags & 4) this.reader.refType();
        else if (r.u8() !== 0) throw r.malformed('malformed element kind');
      }
      const entries = r.count('elements', MODULE_LIMITS.elements - module.cost.elements);
      module.cost.elements += entries;
      for (let j = 0; j < entries; j++) {
        if (flags & 4) this.constant();
        else this.reference(r.u32());
      }
    }
  }

  private data(): void {
    const r = this.reader;
    const module = this.module;
    const count = r.count('data segments', MODULE_LIMITS.dataSegments);
    module.dataSegments = count;
    for (let i = 0; i < count; i++) {
      const at = r.pos;
      const flags = r.u32();
      if (flags > 2) throw r.malformed('malformed data segment', at);
      if (flags === 1) this.reader.features.add('bulk-memory');
      if (flags === 2 && r.u32() !== 0) throw unsupported('multi-memory', at, 'a data segment for another memory');
      if (flags !== 1) this.constant();
      r.skip(r.u32());
    }
  }

  private code(): void {
    const r = this.reader;
    const module = this.module;
    const at = r.pos;
    const count = r.count('function bodies', this.limits.functions);
    if (count !== module.functions.length) {
      throw r.malformed(`${module.functions.length} functions declared, ${count} bodies given`, at);
    }
    this.codeSeen = count;
    const sectionEnd = r.end;
    const checker = this.bodies
      ? new BodyChecker(r.bytes, signaturesOf(module), this.dataCount !== undefined, this.reader.features)
      : null;
    for (let i = 0; i < count; i++) {
      const start = r.pos;
      const size = r.u32();
      if (size > sectionEnd - r.pos) throw r.malformed('a function body is longer than the code section', start);
      if (size > MODULE_LIMITS.functionBody)
        throw new WasmInvalidError('limit', start, `a function body of ${size} bytes`);
      const end = r.pos + size;
      if (checker !== null) {
        checker.check(r.pos, end, module.functions[i] as number);
        addFunctionCost(module.cost, checker.cost, module.importedFunctions + i, start);
      }
      r.pos = end;
    }
  }
}
