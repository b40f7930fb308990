import { BinaryReader } from './binaryReader.ts';
import { ByteWriter } from './byteWriter.ts';
import { readModule, SECTION } from './readModule.ts';

/** A body that traps, of any type: size, no locals, `unreachable`, `end`. */
const TRAPS = [3, 0, 0x00, 0x0b];

/**
 * Writes a metered module in which only some functions keep their bodies; all others trap.
 *
 * The module stays as valid as it was.
 *
 * @param keep index of each function that stays, imported ones first
 * @throws {WasmInvalid}
 */
export function keepBodies(bytes: Uint8Array, keep: ReadonlySet<number>): Uint8Array {
  const module = readModule(bytes, { bodies: false, metered: true });
  const code = module.sections.find(({ id }) => id === SECTION.code);
  if (code === undefined) return bytes;
  const reader = new BinaryReader(bytes, code.offset, code.offset + code.size);
  const content = new ByteWriter(1024);
  const count = reader.u32();
  content.u32(count);
  for (let body = 0; body < count; body++) {
    const start = reader.pos;
    reader.skip(reader.u32());
    if (keep.has(module.importedFunctions + body)) content.copy(bytes, start, reader.pos);
    else for (const byte of TRAPS) content.u8(byte);
  }
  const out = new ByteWriter(bytes.length);
  out.copy(bytes, 0, 8);
  for (const { id, offset, size } of module.sections) {
    out.u8(id);
    const [from, start, end] =
      id === SECTION.code ? [content.bytes, 0, content.length] : [bytes, offset, offset + size];
    out.u32(end - start);
    out.copy(from, start, end);
  }
  return out.written();
}
