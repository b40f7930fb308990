import type { FunctionType, ValueType } from '../../wasm/read/wasmModule.ts';
import { section, text, u32, wasmModule } from '../helpers/wasmBytes.ts';

const CODES: Record<ValueType, number> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
};

/** The integer type that carries a type's bits, and the instructions to and from it. */
const BITS: Partial<Record<ValueType, { carrier: number; from: number; to: number }>> = {
  f32: { carrier: 0x7f, from: 0xbe, to: 0xbc },
  f64: { carrier: 0x7e, from: 0xbf, to: 0xbd },
};

const carrier = (type: ValueType) => BITS[type]?.carrier ?? CODES[type];

/**
 * Makes a function that takes and gives floats as integers of their bits: a NaN's payload does not
 * survive the way through JavaScript numbers.
 */
export function bitWrapper(callee: WebAssembly.ExportFunction, type: FunctionType): WebAssembly.ExportFunction {
  if (![...type.params, ...type.results].some((one) => BITS[one] !== undefined)) return callee;
  const vector = (bytes: number[]) => [...u32(bytes.length), ...bytes];
  const code: number[] = [];
  type.params.forEach((param, index) => {
    code.push(0x20, ...u32(index));
    if (BITS[param] !== undefined) code.push(BITS[param].from);
  });
  code.push(0x10, 0);
  // Only the top of the stack can be converted, so results go through locals.
  const first = type.params.length;
  for (let index = type.results.length - 1; index >= 0; index--) {
    const bits = BITS[type.results[index] as ValueType];
    if (bits !== undefined) code.push(bits.to);
    code.push(0x21, ...u32(first + index));
  }
  type.results.forEach((_, index) => {
    code.push(0x20, ...u32(first + index));
  });
  const locals = [...u32(type.results.length), ...type.results.flatMap((result) => [1, carrier(result)])];
  const body = [...locals, ...code, 0x0b];
  const bytes = wasmModule(
    section(1, [2, 0x60], vector(type.params.map((one) => CODES[one])), vector(type.results.map((one) => CODES[one])), [
      0x60,
      ...vector(type.params.map(carrier)),
      ...vector(type.results.map(carrier)),
    ]),
    section(2, [1], text('m'), text('f'), [0, 0]),
    section(3, [1, 1]),
    section(7, [1], text('f'), [0, 1]),
    section(10, [1], u32(body.length), body),
  );
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { f: callee } });
  return instance.exports.f as WebAssembly.ExportFunction;
}
