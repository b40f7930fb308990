/**
 * The only place that knows providers: turns `local | aws | gcp`, or a scheduler given by hand, into a URL and the trust to reach it with.
 * Everything after it is the same for all of them.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { DevState } from '../../daemons/protocol/devState.ts';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { deadDaemons, readDevState } from '../stack/devState.ts';
import { stackPaths } from '../stack/stackPaths.ts';
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

/** @throws GrafosError `runtime_not_ready` when the provider has no cell, `provider_unknown`, or a file error's code. */
export async function resolveProvider(programRoot: string, provider: string): Promise<Target> {
  if (provider === 'local') return resolveLocal(programRoot);
  if (isCloud(provider)) return resolveCloud(programRoot, provider);
  throw new GrafosError('usage', 'provider_unknown', `"${provider}" is not a provider.`, {
    next: `Choose one of: ${PROVIDERS.join(', ')}.`,
  });
}

async function resolveLocal(programRoot: string): Promise<Target> {
  const paths = stackPaths(programRoot);
  const state = await readDevState(paths);
  if (state === undefined) {
    throw new GrafosError('unreachable', 'runtime_not_ready', 'The local stack does not run.', {
      why: `There is no ${paths.state}.`,
      next: 'Start it: grafos dev up',
    });
  }
  const dead = await deadDaemons(state);
  if (dead.includes('scheduler') || dead.includes('fabricbiosd')) {
    throw new GrafosError(
      'unreachable',
      'runtime_not_ready',
      `The local stack is broken: ${dead.join(' and ')} ended.`,
      {
        why: `The process named in ${paths.state} is gone.`,
        next: `Start it again: grafos dev up (the log is in ${paths.logs})`,
      },
    );
  }
  return stackTarget(state);
}

/** Names a local stack that runs as a target. @throws GrafosError `trust_unreadable` */
export async function stackTarget(state: DevState): Promise<Target> {
  return {
    provider: 'local',
    url: state.scheduler_url,
    tenant: state.tenant_name,
    cellId: state.cell_id,
    ...(await readTrust('local', { ca: state.ca_cert, cert: state.tenant_cert, key: state.tenant_key })),
  };
}

async function resolveCloud(programRoot: string, provider: CloudProvider): Promise<Target> {
  const [cell] = await readCloudCells(programRoot, provider);
  if (cell === undefined) {
    throw new GrafosError('unreachable', 'runtime_not_ready', `${provider} has no cell for this program.`, {
      why: `.grafos/cloud/${provider}-cells.json names none.`,
      next: `Add one: grafos cloud adopt ${provider} --scheduler URL --ca ca.pem --cert tenant.pem --key tenant-key.pem --tenant NAME`,
    });
  }
  return cellTarget(programRoot, provider, cell);
}

/** A cell's entry as a target; its files may be named relative to the program. */
export async function cellTarget(programRoot: string, provider: CloudProvider, cell: CloudCell): Promise<Target> {
  return {
    provider,
    url: cell.scheduler_url,
    tenant: cell.tenant_name,
    ...(await readTrust(provider, {
      ca: resolve(programRoot, cell.ca_cert),
      cert: resolve(programRoot, cell.tenant_cert),
      key: isKeptKey(cell.tenant_key) ? cell.tenant_key : resolve(programRoot, cell.tenant_key),
    })),
  };
}

/** A scheduler given by hand (`--scheduler URL --direct --ca --cert --key --tenant`). */
export async function directTarget(
  url: string,
  files: { ca: string; cert: string; key: string },
  tenant: string,
): Promise<Target> {
  return { provider: 'direct', url, tenant, ...(await readTrust('the scheduler', files)) };
}

async function readTrust(
  of: string,
  files: { ca: string; cert: string; key: string },
): Promise<Pick<Target, 'caPem' | 'certPem' | 'keyPem'>> {
  const read = (file: string) =>
    readFile(file, 'utf8').catch((error: unknown) => {
      throw new GrafosError('usage', 'trust_unreadable', `A trust file of ${of} cannot be read: ${file}.`, {
        why: error instanceof Error ? error.message : String(error),
        next: of === 'local' ? 'Start the stack again: grafos dev up' : 'Check the path and its permissions.',
        cause: error,
      });
    });
  const [caPem, certPem, keyPem] = await Promise.all([
    read(files.ca),
    read(files.cert),
    isKeptKey(files.key) ? readKeptKey(files.key) : read(files.key),
  ]);
  return { caPem, certPem, keyPem };
}

function isCloud(provider: string): provider is CloudProvider {
  return (CLOUD_PROVIDERS as readonly string[]).includes(provider);
}
