import { join } from 'node:path';
import { type FuelEdit, fuelEdit } from '../../program/fuelEdit.ts';
import { MANIFEST_NAME } from '../../program/loadProgram.ts';
import { parseManifest } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';

/** Where the manifest on disk says how much fuel a tasklet has. */
export interface ManifestFuel {
  /** Line from 1: of the key `fuel`, or of the tasklet's header where the default applies. */
  line: number;
  /** The manifest gives it, and it is not the default. */
  given: boolean;
  fuel: number;
  /** The text, without a byte order mark, that an edit is for. */
  text: string;
  /** Whether the file begins with a byte order mark. */
  marked: boolean;
  edit(fuel: number): FuelEdit | null;
}

/** Reads the fuel of a tasklet from the manifest on disk; null where the manifest cannot be read or has no such tasklet. */
export async function manifestFuel(root: string, tasklet: string): Promise<ManifestFuel | null> {
  const read = await new ProgramReader(root).readSoon(join(root, MANIFEST_NAME), 'manifest');
  if (read.state !== 'ok') return null;
  const source = read.bytes.toString('utf8');
  const parsed = parseManifest(source);
  const found = parsed.tasklets.find(({ name }) => name === tasklet);
  if (found?.tasklet == null) return null;
  const { table, values } = found;
  const at = values.fuel?.keySpan ?? table.header ?? table.span;
  return {
    line: parsed.lines.positionAt(at.start).line + 1,
    given: values.fuel !== undefined,
    fuel: found.tasklet.fuel,
    text: parsed.document.text,
    marked: source.startsWith('\uFEFF'),
    edit: (fuel) => fuelEdit(parsed, tasklet, fuel),
  };
}
