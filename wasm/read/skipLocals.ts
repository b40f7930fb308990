import { skipU32, u32At } from './leb128.ts';
import { MODULE_LIMITS } from './moduleLimits.ts';
import { unsupported, WasmInvalidError } from './wasmInvalid.ts';

/**
 * Finds the first instruction of a body: it follows the locals, which must be of known types and at
 * most {@link MODULE_LIMITS.locals}.
 *
 * @param pos the body's first byte after its size
 * @param added number of locals that a metered body may have beyond that
 */
export function skipLocals(bytes: Uint8Array, pos: number, end: number, added = 0): number {
  let at = skipU32(bytes, pos, end);
  const groups = u32At(bytes, pos);
  if (groups > end - at) throw new WasmInvalidError('malformed', pos, 'more local declarations than bytes left');
  let locals = 0;
  for (let i = 0; i < groups; i++) {
    const countAt = at;
    at = skipU32(bytes, at, end);
    locals += u32At(bytes, countAt);
    if (locals > MODULE_LIMITS.locals + added)
      throw new WasmInvalidError('limit', countAt, `more than ${MODULE_LIMITS.locals} locals`);
    const type = at < end ? (bytes[at] as number) : -1;
    if (type === -1) throw new WasmInvalidError('malformed', end, 'unexpected end');
    if (type >= 0x63 && type <= 0x74 && type !== 0x70 && type !== 0x6f) {
      throw unsupported('gc', at, `value type 0x${type.toString(16)}`);
    }
    if (!((type >= 0x7b && type <= 0x7f) || type === 0x70 || type === 0x6f)) {
      throw new WasmInvalidError('malformed', at, `unknown value type 0x${type.toString(16)}`);
    }
    at++;
  }
  return at;
}
