/**
 * The only place that knows providers. It turns `local | aws | gcp | azure`, or a scheduler given
 * by hand, into a URL and the trust to reach it with. Everything after it is the same for all of
 * them.
 */
import { resolve } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import type { DevState } from '../../daemons/wire/devState.ts';
import { cellConfirmation } from '../confirm/cellConfirmation.ts';
import { deadDaemons, usableStack } from '../stack/devState.ts';
import { stackPaths } from '../stack/stackPaths.ts';
import { BY_HAND, readPem } from '../trust/readPem.ts';
import { CLOUD_PROVIDERS, type CloudCell, type CloudProvider, readCloudCells } from './cloudCells.ts';
import { isKeptKey, readKeptKey } from './keptKeys.ts';

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
}

/**
 * The scheduler of a provider, where this user made or confirmed it.
 *
 * @throws {NotConfirmedError} cell_not_confirmed, stack_not_confirmed
 * @throws {GrafosError} runtime_not_ready when the provider has no cell, provider_unknown,
 *   dev_state_invalid, cells_file_invalid, trust_unreadable
 */
export async function resolveProvider(programRoot: string, provider: string): Promise<Target> {
  if (provider === 'local') return resolveLocal(programRoot);
  if (isCloud(provider)) return resolveCloud(programRoot, provider);
  throw new GrafosError('provider_unknown', `"${provider}" is not a provider.`, {
    next: `Choose one of: ${PROVIDERS.join(', ')}.`,
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
    throw new GrafosError(
      'runtime_not_ready',
      `The local stack is broken: ${new Intl.ListFormat('en-GB').format(dead)} ended.`,
      {
        why: `The process named in ${paths.state} is gone.`,
        next: `Start it again: grafos dev up (the log is in ${paths.logs})`,
      },
    );
  }
  return target;
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

async function resolveCloud(programRoot: string, provider: CloudProvider): Promise<Target> {
  const [cell] = await readCloudCells(programRoot, provider);
  if (cell === undefined) {
    throw new GrafosError('runtime_not_ready', `${provider} has no cell for this program.`, {
      why: `.grafos/cloud/${provider}-cells.json names none.`,
      next: `Add one: grafos cloud adopt ${provider} --scheduler URL --ca ca.pem --cert tenant.pem --key tenant-key.pem --tenant NAME`,
    });
  }
  const { ca } = await cellConfirmation(programRoot, provider, cell);
  return cellTarget(programRoot, provider, cell, ca.text);
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
