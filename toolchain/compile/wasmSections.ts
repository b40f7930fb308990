import { ByteWriter } from '../../wasm/meter/byteWriter.ts';
import { BinaryReader } from '../../wasm/read/binaryReader.ts';
import { SECTION } from '../../wasm/read/section.ts';

/**
 * One section of a module. A build changes custom sections and drops exports that no cell calls.
 * The rest stays as it was, byte for byte.
 */
export interface ModuleSection {
  id: number;
  /** Custom sections only. */
  name: string | null;
  /** The bytes after the section's size; in a custom section, after its name. */
  content: Uint8Array;
}

const HEADER = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

/** More sections than any compiler writes: debuggers and names make some dozens. */
const SECTIONS_MAX = 10_000;

/**
 * Reads the sections in file order. Bodies are not looked at.
 *
 * @throws {WasmInvalidError} where the outline is broken or has too many sections
 */
export function readSections(wasm: Uint8Array): ModuleSection[] {
  const reader = new BinaryReader(wasm);
  for (const byte of HEADER) if (reader.u8() !== byte) throw reader.malformed('not a WebAssembly module', 0);
  const sections: ModuleSection[] = [];
  while (reader.pos < wasm.length) {
    if (sections.length === SECTIONS_MAX) throw reader.malformed('more than 10 000 sections', reader.pos);
    const id = reader.u8();
    const size = reader.u32();
    const content = new BinaryReader(wasm, reader.pos, reader.pos + size);
    reader.skip(size);
    const name = id === SECTION.custom ? content.name() : null;
    sections.push({ id, name, content: wasm.subarray(content.pos, content.end) });
  }
  return sections;
}

export function writeSections(sections: readonly ModuleSection[]): Uint8Array {
  const writer = new ByteWriter(sections.reduce((size, { content }) => size + content.length + 32, HEADER.length));
  writer.copy(HEADER, 0, HEADER.length);
  for (const { id, name, content } of sections) {
    const label = new ByteWriter(0);
    if (name !== null) label.name(name);
    writer.u8(id);
    writer.u32(label.length + content.length);
    writer.copy(label.bytes, 0, label.length);
    writer.copy(content, 0, content.length);
  }
  return writer.written().slice();
}

/** The sections with only those exports that `keep` takes. */
export function keepExports(sections: readonly ModuleSection[], keep: (name: string) => boolean): ModuleSection[] {
  return sections.map((section) => {
    if (section.id !== SECTION.export) return section;
    const reader = new BinaryReader(section.content);
    const kept = new ByteWriter(section.content.length);
    let count = 0;
    for (let left = reader.u32(); left > 0; left--) {
      const start = reader.pos;
      const name = reader.name();
      reader.u8();
      reader.u32();
      if (!keep(name)) continue;
      count++;
      kept.copy(section.content, start, reader.pos);
    }
    const content = new ByteWriter(kept.length + 5);
    content.u32(count);
    content.copy(kept.bytes, 0, kept.length);
    return { ...section, content: content.written().slice() };
  });
}
