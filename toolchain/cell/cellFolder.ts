import { resolve } from 'node:path';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';

/** Names in the state folder of a cell. */
export const CELL_FILES = {
  config: 'cell.json',
  request: 'request.pem',
  trust: 'trust',
  scheduler: 'state',
  metered: 'metered',
  logs: 'logs',
  lock: 'lock',
  door: 'run.sock',
} as const;

/** The state folder where packages for Linux keep theirs (Filesystem Hierarchy Standard, 5.8). */
const LINUX_FOLDER = '/var/lib/grafos';

/**
 * The absolute path of a cell's state folder.
 *
 * @throws {GrafosError} state_folder_missing
 */
export function cellFolderPath(given: string | undefined): string {
  if (given !== undefined) return resolve(given);
  if (process.platform === 'linux') return LINUX_FOLDER;
  throw new GrafosError('state_folder_missing', 'The state folder of the cell is not given.', {
    why: 'Only Linux has a place for it that everybody knows.',
    next: 'Give one outside of any program: --state FOLDER',
  });
}

/**
 * Opens the state folder of a cell that `grafos cell init` made.
 *
 * @throws {GrafosError} cell_not_initialized, state_unsafe
 */
export function openCellFolder(path: string): StateFolder {
  const folder = StateFolder.findAt(path);
  if (folder?.names().includes(CELL_FILES.config)) return folder;
  throw new GrafosError('cell_not_initialized', `There is no cell in ${path}.`, {
    next: 'Make one: grafos cell init --help; or give its folder: --state FOLDER',
  });
}
