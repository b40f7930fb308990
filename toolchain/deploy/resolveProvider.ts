/**
 * The only place that knows providers. It turns `local | aws | gcp | azure`, or a scheduler given
 * by hand, into a URL and the trust to reach it with. Everything after it is the same for all of
 * them.
 */

import { resolve } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { wordList } from '../../base/text/wordList.ts';
import type { DaemonName, DevState } from '../../daemons/wire/devState.ts';
import { meantQuestion } from '../../program/didYouMean.ts';
import { MAKING_PROVIDERS } from '../cloud/cellCloud.ts';
import { cellConfirmation } from '../confirm/cellConfirmation.ts';
import { deadDaemons, usableStack } from '../stack/devState.ts';
import { type StackPaths, stackPaths } from '../stack/stackPaths.ts';
import { BY_HAND, readPem } from '../trust/readPem.ts';
import {
  CLOUD_PROVIDERS,
  type CloudCell,
  type CloudProvider,
  cellNamed,
  cellNameOf,
  readCloudCells,
} from './cloudCells.ts';
import { isKeptKey, readKeptKey } from './keptKeys.ts';
import { readUsedCells } from './usedCells.ts';

export const PROVIDERS = ['local', ...CLOUD_PROVIDERS] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** A scheduler and the trust to reach it with; all that a client needs. */
export interface Target {
  /** Name of the provider, or `direct`. */
  provider: ProviderName | 'direct';
  url: string;
  tenant: string;
  caPem: string;
  certPem: string;
  keyPem: string;
  /** Known beforehand for the local cell only; others say it themselves. */
  cellId?: string;
  /** The cell of a cloud by its name, for `--cell`. */
  cell?: string;
}

/**
 * The scheduler of a provider, where this user made or confirmed it.
 *
 * @param cell name of one of several cells; the one that was used last, or the first, unless given
 * @throws {NotConfirmedError} cell_not_confirmed, stack_not_confirmed
 * @throws {GrafosError} runtime_not_ready when the provider has no cell, provider_unknown,
 *   cell_unknown, dev_state_invalid, cells_file_invalid, trust_unreadable
 */
export async function resolveProvider(programRoot: string, provider: string, cell?: string): Promise<Target> {
  if (provider === 'local') {
    refuseLocalCell(cell);
    return resolveLocal(programRoot);
  }
  if (isCloud(provider)) return resolveCloud(programRoot, provider, cell);
  throw new GrafosError('provider_unknown', `"${provider}" is not a provider.`, {
    next: `${meantQuestion(provider, PROVIDERS)}Choose one of: ${PROVIDERS.join(', ')}.`,
  });
}

/**
 * The local stack has one cell, so a name for it is a mistake.
 *
 * @throws {GrafosError} wrong_usage
 */
export function refuseLocalCell(cell: string | undefined): void {
  if (cell === undefined) return;
  throw new GrafosError('wrong_usage', `--cell ${cell} does not go with the local stack, which has one cell.`, {
    next: `Name its provider as well: --provider aws|gcp|azure --cell ${cell}`,
  });
}

async function resolveLocal(programRoot: string): Promise<Target> {
  const paths = stackPaths(programRoot);
  const stack = await usableStack(paths);
  if (stack === undefined) {
    throw new GrafosError('runtime_not_ready', 'The local stack does not run.', {
      why: `There is no ${paths.state}.`,
      next: 'Start it: grafos dev up',
    });
  }
  const { state, caPem } = stack;
  const target = stackTarget(state, caPem);
  // Its files are read meanwhile; that the stack is broken is the better answer where both fail.
  target.catch(() => {});
  const dead = await deadDaemons(state);
  if (dead.includes('scheduler') || dead.includes('fabricbiosd')) {
    throw brokenStack(dead, paths);
  }
  return target;
}

/** The error of a local stack of which daemons ended that a run needs. */
export function brokenStack(dead: readonly DaemonName[], paths: Pick<StackPaths, 'state' | 'logs'>): GrafosError {
  return new GrafosError('runtime_not_ready', `The local stack is broken: ${wordList(dead)} ended.`, {
    why: `${dead.length === 1 ? 'The process is gone that' : 'The processes are gone that'} ${paths.state} names.`,
    next: `Start it again: grafos dev up (the log is in ${paths.logs})`,
  });
}

/**
 * A stack that this process started or that was confirmed, as a target.
 *
 * @throws {GrafosError} trust_unreadable
 */
export async function stackTarget(state: DevState, caPem: string): Promise<Target> {
  return {
    provider: 'local',
    url: state.scheduler_url,
    tenant: state.tenant_name,
    cellId: state.cell_id,
    caPem,
    ...(await readPair('local', state.tenant_cert, state.tenant_key)),
  };
}

async function resolveCloud(programRoot: string, provider: CloudProvider, name: string | undefined): Promise<Target> {
  const [first, ...others] = await preferredCells(programRoot, provider);
  if (first === undefined) throw noCell(provider);
  const cell = name === undefined ? first : cellNamed(provider, [first, ...others], name);
  return confirmedTarget(programRoot, provider, cell);
}

/**
 * A cell of a cloud that this user made or confirmed, as a target.
 *
 * @throws {NotConfirmedError} cell_not_confirmed
 * @throws {GrafosError} trust_unreadable, key_not_here
 */
export async function confirmedTarget(programRoot: string, provider: CloudProvider, cell: CloudCell): Promise<Target> {
  const { ca } = await cellConfirmation(programRoot, provider, cell);
  return cellTarget(programRoot, provider, cell, ca.text);
}

/** The cells of a provider, that of the last deploy first, then in the order of the list. */
export async function preferredCells(programRoot: string, provider: CloudProvider): Promise<CloudCell[]> {
  const cells = await readCloudCells(programRoot, provider);
  if (cells.length < 2) return cells;
  const last = (await readUsedCells(programRoot)).last[provider];
  return [...cells].sort((left, right) => Number(cellNameOf(right) === last) - Number(cellNameOf(left) === last));
}

/** The error of a provider without a cell. */
export function noCell(provider: CloudProvider): GrafosError {
  const canMake = MAKING_PROVIDERS.some((one) => one === provider);
  return new GrafosError('runtime_not_ready', `${provider} has no cell for this program.`, {
    why: `.grafos/cloud/${provider}-cells.json names none.`,
    next: [
      ...(canMake ? [`Make one: grafos cloud provision ${provider} --name edge`] : []),
      `${canMake ? 'Or add' : 'Add'} one that runs: grafos cloud adopt ${provider} --scheduler URL --ca ca.pem --cert tenant.pem --key tenant-key.pem --tenant NAME`,
    ].join('\n'),
  });
}

/**
 * The entry of a cell that this user named or confirmed, as a target; its files may be named
 * relative to the program.
 *
 * @param of whose trust files they are, for errors; the provider's unless given
 * @throws {GrafosError} trust_unreadable, key_not_here
 */
export async function cellTarget(
  programRoot: string,
  provider: CloudProvider,
  cell: CloudCell,
  caPem: string,
  of: string = provider,
): Promise<Target> {
  const key = isKeptKey(cell.tenant_key) ? cell.tenant_key : resolve(programRoot, cell.tenant_key);
  return {
    provider,
    url: cell.scheduler_url,
    tenant: cell.tenant_name,
    cell: cellNameOf(cell),
    caPem,
    ...(await readPair(of, resolve(programRoot, cell.tenant_cert), key)),
  };
}

/** A scheduler given by hand (`--scheduler URL --direct --ca --cert --key --tenant`). */
export async function directTarget(
  url: string,
  files: { ca: string; cert: string; key: string },
  tenant: string,
): Promise<Target> {
  const { text: caPem } = await readPem(BY_HAND, files.ca);
  return { provider: 'direct', url, tenant, caPem, ...(await readPair(BY_HAND, files.cert, files.key)) };
}

async function readPair(of: string, cert: string, key: string): Promise<Pick<Target, 'certPem' | 'keyPem'>> {
  const [{ text: certPem }, keyPem] = await Promise.all([
    readPem(of, cert),
    isKeptKey(key) ? readKeptKey(of, key) : readPem(of, key).then(({ text }) => text),
  ]);
  return { certPem, keyPem };
}

export function isCloud(provider: string): provider is CloudProvider {
  return (CLOUD_PROVIDERS as readonly string[]).includes(provider);
}
