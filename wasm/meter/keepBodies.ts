import { BinaryReader } from '../read/binaryReader.ts';
import { readModule } from '../read/readModule.ts';
import { SECTION } from '../read/section.ts';
import { ByteWriter } from './byteWriter.ts';
import { spliceSections } from './sections.ts';

/** A body that traps, of any type: size, no locals, `unreachable`, `end`. */
const TRAPS = [3, 0, 0x00, 0x0b];

/**
 * Writes a metered module in which only some functions keep their bodies; all others trap.
 *
 * The module stays as valid as it was.
 *
 * @param keep index of each function that stays, imported ones first
 * @throws {WasmInvalidError}
 */
export function keepBodies(bytes: Uint8Array, keep: ReadonlySet<number>): Uint8Array {
  const module = readModule(bytes, { bodies: false, metered: true });
  const section = module.sections.find(({ id }) => id === SECTION.code);
  if (section === undefined) return bytes;
  const reader = new BinaryReader(bytes, section.offset, section.offset + section.size);
  const content = new ByteWriter(1024);
  const count = reader.u32();
  content.u32(count);
  for (let body = 0; body < count; body++) {
    const start = reader.pos;
    reader.skip(reader.u32());
    if (keep.has(module.importedFunctions + body)) content.copy(bytes, start, reader.pos);
    else content.append(TRAPS);
  }
  const out = new ByteWriter(bytes.length);
  const code = { kind: 'rewrite', write: () => out.sized(content) } as const;
  spliceSections(out, bytes, module.sections, new Map([[SECTION.code, code]]));
  return out.written();
}
