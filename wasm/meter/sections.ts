import { BinaryReader } from '../read/binaryReader.ts';
import { SECTION_ORDER } from '../read/section.ts';
import type { WasmSection } from '../read/wasmModule.ts';
import { ByteWriter } from './byteWriter.ts';

/** Entries that are appended to a section that is a vector. A missing section is made. */
interface Extension {
  kind: 'extend';
  count: number;
  entries: ByteWriter;
}

/** The change of one section. */
export type SectionEdit =
  | Extension
  /** Another size and content. The section must exist. */
  | { kind: 'rewrite'; write(out: ByteWriter, section: WasmSection): void }
  /** The section is left out. */
  | { kind: 'drop' };

/** Bytes before the first section: magic number and version. */
const HEADER_BYTES = 8;

/**
 * Writes a module with some of its sections changed.
 *
 * All other sections are copied, except custom ones, which are left out.
 *
 * @param sections of `source`, in their order
 * @param edits by the number of the section
 */
export function spliceSections(
  out: ByteWriter,
  source: Uint8Array,
  sections: readonly WasmSection[],
  edits: ReadonlyMap<number, SectionEdit>,
): void {
  const missing = missingSections(sections, edits);
  out.copy(source, 0, HEADER_BYTES);
  for (const section of sections) {
    while (missing[0] !== undefined && orderOf(missing[0].id) < orderOf(section.id)) {
      writeExtended(out, source, missing[0].section, missing[0].extension);
      missing.shift();
    }
    splice(out, source, section, edits.get(section.id));
  }
  for (const { section, extension } of missing) writeExtended(out, source, section, extension);
}

interface MissingSection {
  id: number;
  section: WasmSection;
  extension: Extension;
}

/** Sections that only the edits have, in the order of the format. */
function missingSections(sections: readonly WasmSection[], edits: ReadonlyMap<number, SectionEdit>): MissingSection[] {
  const missing: MissingSection[] = [];
  for (const [id, edit] of edits) {
    if (edit.kind !== 'extend' || sections.some((section) => section.id === id)) continue;
    missing.push({ id, section: { id, offset: 0, size: 0 }, extension: edit });
  }
  return missing.sort((a, b) => orderOf(a.id) - orderOf(b.id));
}

function orderOf(id: number): number {
  return SECTION_ORDER[id] as number;
}

function splice(out: ByteWriter, source: Uint8Array, section: WasmSection, edit: SectionEdit | undefined): void {
  const { id, offset, size } = section;
  switch (edit?.kind) {
    case 'drop':
      return;
    case 'extend':
      writeExtended(out, source, section, edit);
      return;
    case 'rewrite':
      out.u8(id);
      edit.write(out, section);
      return;
    default:
      out.u8(id);
      out.u32(size);
      out.copy(source, offset, offset + size);
  }
}

/** Writes a section with more entries. A section of no bytes has no count yet. */
function writeExtended(out: ByteWriter, source: Uint8Array, section: WasmSection, extension: Extension): void {
  const { id, offset, size } = section;
  const reader = new BinaryReader(source, offset, offset + size);
  const count = size === 0 ? 0 : reader.u32();
  const content = new ByteWriter(size + extension.entries.length + 8);
  content.u32(count + extension.count);
  content.copy(source, reader.pos, reader.end);
  content.copy(extension.entries.bytes, 0, extension.entries.length);
  out.u8(id);
  out.sized(content);
}
