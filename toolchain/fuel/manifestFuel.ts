import { join } from 'node:path';
import { decodeText, encodeText } from '../../program/decodeText.ts';
import { type FuelEdit, fuelEdit } from '../../program/fuelEdit.ts';
import { MANIFEST_NAME } from '../../program/loadProgram.ts';
import { parseManifest } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';

/** The fuel of a tasklet in the manifest on disk, and its place there. */
interface ManifestFuel {
  /** Line from 1: of the key `fuel`, or of the tasklet's header where the default applies. */
  line: number;
  fuel: number;
  edit(fuel: number): FuelEdit | null;
  /** Gives the bytes of the manifest with another fuel; null where the text cannot be edited. */
  withFuel(fuel: number): Uint8Array | null;
}

/**
 * Reads the fuel of a tasklet from the manifest on disk; null where no manifest has such a tasklet.
 */
export async function manifestFuel(root: string, tasklet: string): Promise<ManifestFuel | null> {
  const read = await new ProgramReader(root).readSoon(join(root, MANIFEST_NAME), 'manifest');
  if (read.state !== 'ok') return null;
  const source = decodeText(read.bytes);
  if (source === null) return null;
  const parsed = parseManifest(source);
  const found = parsed.tasklets.find(({ name }) => name === tasklet);
  if (found?.tasklet == null) return null;
  const { table, values } = found;
  const at = values.fuel?.keySpan ?? table.header ?? table.span;
  return {
    line: parsed.lines.positionAt(at.start).line + 1,
    fuel: found.tasklet.fuel,
    edit: (fuel) => fuelEdit(parsed, tasklet, fuel),
    withFuel(fuel) {
      const edit = fuelEdit(parsed, tasklet, fuel);
      if (edit === null) return null;
      const { text } = parsed.document;
      const edited = text.slice(0, edit.span.start) + edit.newText + text.slice(edit.span.end);
      return encodeText(edited, read.bytes);
    },
  };
}
