import { BinaryReader } from './binaryReader.ts';
import { PAGES_MAX } from './pages.ts';
import { unsupported } from './wasmInvalid.ts';
import type { Limits, ValueType } from './wasmModule.ts';

export const VALUE_TYPE_CODES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
};

const VALUE_TYPES: ReadonlyMap<number, ValueType> = new Map(
  Object.entries(VALUE_TYPE_CODES).map(([type, code]) => [code, type as ValueType]),
);

/**
 * A cursor that also reads types (Core Specification 2.0, section 5.3) and notes the features they
 * belong to.
 */
export class TypeReader extends BinaryReader {
  readonly features = new Set<string>();

  valueType(): ValueType {
    const at = this.pos;
    const byte = this.u8();
    const type = VALUE_TYPES.get(byte);
    if (type !== undefined) {
      if (type === 'v128') this.features.add('simd');
      if (type === 'externref') this.features.add('reference-types');
      return type;
    }
    if (byte >= 0x63 && byte <= 0x74) throw unsupported('gc', at, `value type 0x${byte.toString(16)}`);
    throw this.malformed(`unknown value type 0x${byte.toString(16)}`, at);
  }

  refType(): 'funcref' | 'externref' {
    const at = this.pos;
    const type = this.valueType();
    if (type === 'funcref' || type === 'externref') return type;
    throw this.malformed(`${type} is not a reference type`, at);
  }

  mutable(): boolean {
    const at = this.pos;
    const flag = this.u8();
    if (flag > 3) throw this.malformed('malformed mutability', at);
    if (flag > 1) throw unsupported('threads', at, 'a shared global');
    return flag === 1;
  }

  limits(what: string): Limits {
    const at = this.pos;
    const flags = this.u8();
    if (flags > 0x0f) throw this.malformed(`malformed limits of a ${what}`, at);
    if (flags & 8) throw unsupported('custom-page-sizes', at, `a ${what} with a page size of its own`);
    if (flags & 4) throw unsupported('memory64', at, `a 64-bit ${what}`);
    if (flags & 2) throw unsupported('threads', at, `a shared ${what}`);
    const min = this.u32();
    return { min, max: flags === 1 ? this.u32() : null };
  }

  memoryLimits(): Limits {
    const at = this.pos;
    const limits = this.limits('memory');
    const most = Math.max(limits.min, limits.max ?? 0);
    if (most > PAGES_MAX) throw this.malformed('a memory of more than 4 GiB', at);
    return limits;
  }
}
