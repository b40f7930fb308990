import { isDeepStrictEqual } from 'node:util';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { wordList } from '../../base/text/wordList.ts';
import type { Authority } from '../trust/authority.ts';
import { type CellConfig, configFault, readCellConfig } from './cellConfig.ts';
import { CELL_FILES, openCellFolder } from './cellFolder.ts';
import { cellTrust, issueCertificates, requestCertificates, settleTrust, takeCertificates } from './cellTrust.ts';
import { lockSetup } from './lockSetup.ts';

/** A cell's state folder after `grafos cell init`. */
export interface InitedCell {
  /** Absolute path of the state folder. */
  state: string;
  cell_id: string;
  /** True when the cell has its certificates, so that it can run. */
  ready: boolean;
  /** Absolute path of the signing request that waits for an answer. */
  request: string | null;
}

/**
 * Makes the state folder of a cell: its configuration, its keys, and its certificates or the
 * request for them. A call that was cut off is made again with the same words; what is there stays.
 *
 * @param path absolute path of the state folder
 * @param issuer the CA to issue from, and the days of the certificates; undefined for a request
 * @throws {GrafosError} cell_config_unfit, cell_state_differs, folder_not_empty, state_unsafe,
 *   cell_busy
 */
export async function initCell(
  path: string,
  config: CellConfig,
  issuer: { authority: Authority; days: number } | undefined,
  signal: AbortSignal,
): Promise<InitedCell> {
  const fault = configFault(config);
  if (fault !== undefined)
    throw new GrafosError('cell_config_unfit', 'A cell cannot be made as asked.', {
      why: fault,
      next: 'Give it another value. See: grafos cell init --help',
    });
  const folder = StateFolder.at(path);
  await using _lock = await lockSetup(folder, signal);
  if (folder.names().includes(CELL_FILES.config)) refuseOther(folder, config);
  else {
    refuseForeign(folder);
    await folder.write(CELL_FILES.config, `${JSON.stringify(config, null, 2)}\n`);
  }
  settleTrust(folder);
  const inited = { state: folder.path, cell_id: config.cell_id };
  if (cellTrust(folder) !== undefined) return { ...inited, ready: true, request: null };
  if (issuer === undefined) return { ...inited, ready: false, request: await requestCertificates(folder, config) };
  await issueCertificates(folder, config, issuer.authority, issuer.days);
  return { ...inited, ready: true, request: null };
}

/**
 * Gives a cell the certificates that its request was answered with.
 *
 * @param path absolute path of the state folder
 * @param answer PEM text of `grafos cell sign`
 * @throws {GrafosError} cell_not_initialized, cell_answer_unfit, cell_config_invalid, cell_busy
 */
export async function takeAnswer(path: string, answer: string, signal: AbortSignal): Promise<InitedCell> {
  const folder = openCellFolder(path);
  await using _lock = await lockSetup(folder, signal);
  settleTrust(folder);
  const config = readCellConfig(folder);
  await takeCertificates(folder, config, answer);
  return { state: folder.path, cell_id: config.cell_id, ready: true, request: null };
}

function refuseOther(folder: StateFolder, wanted: CellConfig): void {
  const there = readCellConfig(folder);
  const differing = (Object.keys(wanted) as Array<keyof CellConfig>).filter(
    (key) => !isDeepStrictEqual(there[key], wanted[key]),
  );
  if (differing.length === 0) return;
  throw new GrafosError('cell_state_differs', `There is another cell in ${folder.path}.`, {
    why: differing.map((key) => `${key} is ${JSON.stringify(there[key])} there.`).join('\n'),
    next: 'Give the same values to go on, or another folder for another cell: --state FOLDER',
  });
}

function refuseForeign(folder: StateFolder): void {
  const own: string[] = [CELL_FILES.trust, `${CELL_FILES.trust}.next`, 'lost+found'];
  const foreign = folder
    .names()
    .filter((name) => !name.startsWith('.') && !name.startsWith('setup.') && !own.includes(name));
  if (foreign.length === 0) return;
  throw new GrafosError('folder_not_empty', `${folder.path} is not empty.`, {
    why: `It holds ${wordList(foreign, 3)}, which ${foreign.length === 1 ? 'is' : 'are'} no part of a cell.`,
    next: 'Give a folder that is empty or not there: --state FOLDER',
  });
}
