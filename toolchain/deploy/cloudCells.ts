import { join } from 'node:path';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { isDeepJson } from '../../daemons/protocol/isDeepJson.ts';
import { readSmallFile } from '../../daemons/protocol/readSmallFile.ts';
import { fileError } from '../files/fileError.ts';
import { writeAtomically } from '../files/writeAtomically.ts';
import { makeProgramState } from '../stack/programState.ts';

/** The clouds whose cells a program can be given. */
export const CLOUD_PROVIDERS = ['aws', 'gcp'] as const;
export type CloudProvider = (typeof CLOUD_PROVIDERS)[number];

/** One entry of `.grafos/cloud/<provider>-cells.json`; the files are named by absolute path, or relative to the program; the key may be one that is kept elsewhere (keptKeys.ts). */
export interface CloudCell {
  scheduler_url: string;
  tenant_name: string;
  ca_cert: string;
  tenant_cert: string;
  tenant_key: string;
}

/** A cell has some 500. */
const CELLS_BYTES_MAX = 1024 * 1024;

const FIELDS = ['scheduler_url', 'tenant_name', 'ca_cert', 'tenant_cert', 'tenant_key'] as const;

export function cloudCellsFile(programRoot: string, provider: CloudProvider): string {
  return join(programRoot, '.grafos', 'cloud', `${provider}-cells.json`);
}

/** The cells of a provider, in the order they are tried; empty when it is not set up. @throws GrafosError `cells_file_invalid` */
export async function readCloudCells(programRoot: string, provider: CloudProvider): Promise<CloudCell[]> {
  const file = cloudCellsFile(programRoot, provider);
  const invalid = (why: string) =>
    new GrafosError('usage', 'cells_file_invalid', `${file} is not a list of cells.`, {
      why,
      next: `Correct it, or remove it and run: grafos cloud adopt ${provider} --help`,
    });
  let bytes: Buffer;
  try {
    bytes = await readSmallFile(file, CELLS_BYTES_MAX);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!('code' in error)) throw invalid(error.message);
    if (error.code === 'ENOENT') return [];
    throw fileError(error, `The cells of ${provider} cannot be read`);
  }
  if (isDeepJson(bytes)) throw invalid('It is nested too deep.');
  let cells: unknown;
  try {
    cells = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
  if (!Array.isArray(cells)) throw invalid('It must hold a JSON array.');
  cells.forEach((cell: Partial<Record<string, unknown>> | null, index) => {
    const missing = FIELDS.find((field) => typeof cell?.[field] !== 'string');
    if (missing !== undefined) throw invalid(`Entry ${index} has no text "${missing}".`);
  });
  return cells;
}

/** Puts a cell in front of the provider's list; one with the same URL is replaced. */
export async function addCloudCell(programRoot: string, provider: CloudProvider, cell: CloudCell): Promise<string> {
  await makeProgramState(programRoot, 'cloud');
  const others = (await readCloudCells(programRoot, provider)).filter(
    (other) => other.scheduler_url !== cell.scheduler_url,
  );
  const file = cloudCellsFile(programRoot, provider);
  try {
    await writeAtomically(file, `${JSON.stringify([cell, ...others], null, 2)}\n`, 0o600);
  } catch (error) {
    throw fileError(error, `The cells of ${provider} cannot be written`);
  }
  return file;
}
