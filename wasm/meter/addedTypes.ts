import { VALUE_TYPE_CODES } from '../read/typeReader.ts';
import type { FunctionType, ValueType, WasmModule } from '../read/wasmModule.ts';
import { ByteWriter } from './byteWriter.ts';

/** Byte that a function type begins with. */
const FUNCTION_TYPE = 0x60;

/**
 * The function types that the meter appends to those of a module.
 *
 * A block that gives the results of a function needs a type of its own when there are several
 * results. The interrupt function needs a type without values. An inner function takes and gives
 * the balance besides.
 */
export class AddedTypes {
  /** The types, as the type section has them. */
  readonly entries = new ByteWriter(64);
  count = 0;
  /** Index of the type `() -> ()`, which may be one of the module's own. */
  readonly interruptType: number;
  private readonly types: readonly FunctionType[];
  /** Block type with the results of a function, by the index of the function's type. */
  private readonly blockTypes = new Map<number, Uint8Array>();
  /** Type of the inner function, by the index of the type that it was made from. */
  private readonly innerTypes = new Map<number, number>();

  /** @param inner index of each function that becomes two */
  constructor({ types, functions, importedFunctions }: WasmModule, inner: readonly number[]) {
    this.types = types;
    for (const type of new Set(functions)) this.addBlockType(type);
    const existing = types.findIndex(({ params, results }) => params.length + results.length === 0);
    this.interruptType = existing === -1 ? this.add([], []) : existing;
    for (const outer of inner) {
      const index = functions[outer - importedFunctions] as number;
      const type = types[index];
      if (type === undefined || this.innerTypes.has(index)) continue;
      this.innerTypes.set(index, this.add([...type.params, 'i64'], [...type.results, 'i64']));
    }
  }

  /** Type of a block that gives the results of a function; undefined for none. */
  blockType(functionType: number): Uint8Array | undefined {
    return this.blockTypes.get(functionType);
  }

  innerType(functionType: number): number {
    return this.innerTypes.get(functionType) ?? 0;
  }

  private addBlockType(functionType: number): void {
    const results = this.types[functionType]?.results ?? [];
    if (results.length === 0) return;
    const type = new ByteWriter(8);
    if (results.length === 1) type.u8(VALUE_TYPE_CODES[results[0] as ValueType]);
    else type.signed(this.add([], results));
    this.blockTypes.set(functionType, type.written());
  }

  /** Index of the new type. */
  private add(params: readonly ValueType[], results: readonly ValueType[]): number {
    const { entries } = this;
    entries.u8(FUNCTION_TYPE);
    for (const values of [params, results]) {
      entries.u32(values.length);
      for (const value of values) entries.u8(VALUE_TYPE_CODES[value]);
    }
    return this.types.length + this.count++;
  }
}
