import { join } from 'node:path';
import { STATE_NAME } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { isDeepJson } from '../../base/json/isDeepJson.ts';
import { decodeText } from '../../program/decodeText.ts';
import { meantQuestion } from '../../program/didYouMean.ts';
import { fileError } from '../files/fileError.ts';
import { lockProcesses } from '../lock/processLock.ts';
import { findProgramState, makeProgramState } from '../stack/programState.ts';

/** The clouds whose cells a program can be given. */
export const CLOUD_PROVIDERS = ['aws', 'gcp', 'azure'] as const;
export type CloudProvider = (typeof CLOUD_PROVIDERS)[number];

/**
 * One entry of `.grafos/cloud/<provider>-cells.json`. Files are named by absolute path, or relative
 * to the program. The key may be one that is kept elsewhere (keptKeys.ts).
 */
export interface CloudCell {
  scheduler_url: string;
  tenant_name: string;
  ca_cert: string;
  tenant_cert: string;
  tenant_key: string;
  /** The name that a person gave the cell; entries of earlier versions have none. */
  name?: string;
}

/** Bytes of the longest list that is read. An entry has some 500. */
const CELLS_BYTES_MAX = 1024 * 1024;
/** The longest wait for another command that changes the list, milliseconds. */
const WAIT_MS = 5_000;

const FIELDS = ['scheduler_url', 'tenant_name', 'ca_cert', 'tenant_cert', 'tenant_key'] as const;

/** Letters, digits and `.`, `_`, `-`, as in the id of a cell. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Name of the folder of cells in a program's state. */
const CLOUD = 'cloud';

export function cloudCellsFile(programRoot: string, provider: CloudProvider): string {
  return join(programRoot, STATE_NAME, CLOUD, cellsName(provider));
}

function cellsName(provider: CloudProvider): string {
  return `${provider}-cells.json`;
}

/** The name of a cell for `--cell`: its own, or the host and port of its scheduler. */
export function cellNameOf({ name, scheduler_url }: CloudCell): string {
  return name ?? (URL.canParse(scheduler_url) ? new URL(scheduler_url).host : scheduler_url);
}

/**
 * The option that names a cell, to be pasted into a shell. A list may come from a stranger, so a
 * name that a shell would take for more than a name is left to the reader.
 */
export function cellOption(cell: CloudCell): string {
  const name = cellNameOf(cell);
  if (/^[A-Za-z0-9._:-]+$/.test(name)) return `--cell ${name}`;
  return /^\[[0-9a-f:]+\](:\d+)?$/.test(name) ? `--cell "${name}"` : '--cell NAME';
}

/**
 * A name that a person gave to a cell.
 *
 * @throws {GrafosError} wrong_usage
 */
export function checkedName(name: string): string {
  if (NAME.test(name)) return name;
  throw new GrafosError('wrong_usage', `"${name}" is no name for a cell.`, {
    next: 'Give up to 63 letters, digits, dots, underscores and hyphens that begin with a letter or digit.',
  });
}

/**
 * The cells of a provider, in the order they are tried; empty when it is not set up.
 *
 * @throws {GrafosError} cells_file_invalid
 */
export async function readCloudCells(programRoot: string, provider: CloudProvider): Promise<CloudCell[]> {
  const file = cloudCellsFile(programRoot, provider);
  const invalid = (why: string) =>
    new GrafosError('cells_file_invalid', `${file} is not a list of cells.`, {
      why,
      next: `Correct it, or remove it and run: grafos cloud adopt ${provider} --help`,
    });
  let bytes: Buffer | undefined;
  try {
    bytes = findProgramState(programRoot, CLOUD)?.read(cellsName(provider), CELLS_BYTES_MAX);
  } catch (error) {
    if (error instanceof GrafosError && error.code === 'state_unsafe') throw invalid(error.why ?? error.message);
    throw fileError(error, `The cells of ${provider} cannot be read`);
  }
  if (bytes === undefined) return [];
  const text = decodeText(bytes);
  if (text === null) throw invalid('It is neither UTF-8 nor UTF-16 text.');
  if (isDeepJson(Buffer.from(text))) throw invalid('It is nested too deep.');
  let cells: unknown;
  try {
    cells = JSON.parse(text);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
  if (!Array.isArray(cells)) throw invalid('It must hold a JSON array.');
  cells.forEach((cell: Partial<Record<string, unknown>> | null, index) => {
    const missing = FIELDS.find((field) => typeof cell?.[field] !== 'string');
    if (missing !== undefined) throw invalid(`Entry ${index} has no text "${missing}".`);
    const name = cell?.name;
    if (name !== undefined && !(typeof name === 'string' && NAME.test(name)))
      throw invalid(`Entry ${index} has a "name" that is none.`);
  });
  const names = cells.map(cellNameOf);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`Two entries have the name ${twice}.`);
  return cells;
}

/**
 * Puts a cell in front of the provider's list; one with the same URL is replaced.
 *
 * @param options `isOwnName`: the name is that of the cell itself, and was not chosen here. An
 *   entry with the same name, CA and tenant is then that cell at the address of before, and is
 *   replaced. `before` is called once the name is free, and nothing is written where it throws.
 * @returns absolute path of the list
 * @throws {GrafosError} cell_name_used where another cell of the list has its name, cloud_cell_busy
 */
export async function addCloudCell(
  programRoot: string,
  provider: CloudProvider,
  cell: CloudCell,
  { isOwnName = false, before }: { isOwnName?: boolean; before?: () => Promise<void> } = {},
): Promise<string> {
  return writeCells(programRoot, provider, async (cells) => {
    const isReplaced = (one: CloudCell) =>
      one.scheduler_url === cell.scheduler_url || (isOwnName && isSameCell(one, cell));
    const others = cells.filter((one) => !isReplaced(one));
    refuseUsedName(provider, cell, others);
    await before?.();
    return [cell, ...others];
  });
}

/** True for two entries of one cell, of which one has an address from before. */
function isSameCell(one: CloudCell, other: CloudCell): boolean {
  return (['name', 'ca_cert', 'tenant_cert', 'tenant_name'] as const).every((field) => one[field] === other[field]);
}

/** @throws {GrafosError} cell_name_used */
function refuseUsedName(provider: CloudProvider, cell: CloudCell, cells: readonly CloudCell[]): void {
  const name = cellNameOf(cell);
  const other = cells.find((one) => cellNameOf(one) === name);
  if (other === undefined) return;
  throw new GrafosError('cell_name_used', `Another cell of ${provider} has the name ${name}.`, {
    why: `It is at ${other.scheduler_url}.`,
    next: `Choose another: --name NAME. Or remove that cell: grafos cloud remove ${provider} --scheduler ${other.scheduler_url}`,
  });
}

/**
 * The cell of that name.
 *
 * @throws {GrafosError} cell_unknown
 */
export function cellNamed(provider: CloudProvider, cells: readonly CloudCell[], name: string): CloudCell {
  const cell = cells.find((one) => cellNameOf(one) === name);
  if (cell !== undefined) return cell;
  const names = cells.map(cellNameOf);
  throw new GrafosError('cell_unknown', `${provider} has no cell with the name ${name}.`, {
    next:
      names.length === 0
        ? `This program has no cell of ${provider}.`
        : `${meantQuestion(name, names)}Its cells are: ${names.join(', ')}.`,
  });
}

/** Takes a cell out of the provider's list: the one with the same URL. */
export async function dropCloudCell(programRoot: string, provider: CloudProvider, cell: CloudCell): Promise<void> {
  await writeCells(programRoot, provider, (cells) =>
    cells.filter((other) => other.scheduler_url !== cell.scheduler_url),
  );
}

/**
 * Writes the list of a provider anew. One command at a time does so, from its read to its write.
 *
 * @returns its absolute path
 */
async function writeCells(
  programRoot: string,
  provider: CloudProvider,
  change: (cells: CloudCell[]) => CloudCell[] | Promise<CloudCell[]>,
): Promise<string> {
  const folder = await makeProgramState(programRoot, CLOUD);
  const busy = () =>
    new GrafosError('cloud_cell_busy', `Another command changes the cells of ${provider}.`, { next: 'Try again.' });
  const lock = folder.file(`${cellsName(provider)}.lock`);
  await using _lock = await lockProcesses(lock, new AbortController().signal, { waitMs: WAIT_MS, busy });
  const cells = await change(await readCloudCells(programRoot, provider));
  try {
    await folder.write(cellsName(provider), `${JSON.stringify(cells, null, 2)}\n`);
  } catch (error) {
    throw fileError(error, `The cells of ${provider} cannot be written`);
  }
  return folder.file(cellsName(provider));
}
