import { MODULE_LIMITS } from './moduleLimits.ts';
import { Op } from './opcodes.ts';
import { skipImmediates } from './skipImmediates.ts';
import { skipLocals } from './skipLocals.ts';
import { smallIndex } from './smallIndex.ts';
import { unsupported, WasmInvalid } from './wasmInvalid.ts';

/**
 * Walks one function body (`pos` after its size): every instruction known and whole, blocks closed, `end` the last byte.
 * Adds the features met to `features`.
 * @throws WasmInvalid
 */
export function checkBody(
  bytes: Uint8Array,
  pos: number,
  end: number,
  types: number,
  hasDataCount: boolean,
  features: Set<string>,
): void {
  let at = skipLocals(bytes, pos, end);
  let depth = 1;
  while (depth > 0) {
    if (at >= end) throw new WasmInvalid('malformed', end, 'a function body without its end');
    const opcode = bytes[at] as number;
    const next = skipImmediates(bytes, opcode, at + 1, end);
    if (opcode <= Op.if && opcode >= Op.block) {
      // The body itself is the first of the open blocks and is not counted.
      if (depth > MODULE_LIMITS.nesting)
        throw new WasmInvalid('limit', at, `blocks nested deeper than ${MODULE_LIMITS.nesting}`);
      depth++;
      checkBlockType(bytes, at + 1, types, features);
    } else if (opcode === Op.end) {
      depth--;
    } else if (opcode >= 0xc0 || opcode === Op.returnCall || opcode === Op.returnCallIndirect || opcode === 0x1c) {
      noteFeature(bytes, at, opcode, hasDataCount, features);
    }
    at = next;
  }
  if (at !== end) throw new WasmInvalid('malformed', at, 'bytes after the end of a function body');
}

function checkBlockType(bytes: Uint8Array, pos: number, types: number, features: Set<string>): void {
  const byte = bytes[pos] as number;
  if (byte === 0x40 || (byte >= 0x7b && byte <= 0x7f) || byte === 0x70 || byte === 0x6f) return;
  if (byte >= 0x40 && byte < 0x80) {
    throw byte >= 0x63 && byte <= 0x74
      ? unsupported('gc', pos, `block type 0x${byte.toString(16)}`)
      : new WasmInvalid('malformed', pos, `unknown block type 0x${byte.toString(16)}`);
  }
  let last = pos;
  while ((bytes[last] as number) >= 0x80) last++;
  // A negative number is a value type in more bytes than it needs. V8 takes 0xc0 0x7f for the empty
  // type.
  if ((bytes[last] as number) & 0x40) throw new WasmInvalid('malformed', pos, 'a block type of a negative number');
  const index = smallIndex(bytes, pos);
  if (index >= types) throw new WasmInvalid('malformed', pos, 'a block of a type that is not there');
  features.add('multi-value');
}

function noteFeature(
  bytes: Uint8Array,
  at: number,
  opcode: number,
  hasDataCount: boolean,
  features: Set<string>,
): void {
  const sub = smallIndex(bytes, at + 1);
  if (opcode === Op.prefixFd) features.add('simd');
  else if (opcode === Op.prefixFc) {
    features.add(sub < 8 ? 'saturating-conversions' : sub < 15 ? 'bulk-memory' : 'reference-types');
    if ((sub === 8 || sub === 9) && !hasDataCount)
      throw new WasmInvalid('malformed', at, 'data count section required');
  } else if (opcode >= 0xd0 || opcode === 0x1c) features.add('reference-types');
  else if (opcode >= 0xc0) features.add('sign-extension');
  else features.add('tail-call');
}
