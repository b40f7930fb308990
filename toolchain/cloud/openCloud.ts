import { GrafosError } from '../../base/grafosError.ts';
import type { CloudProvider } from '../deploy/cloudCells.ts';
import type { CellCloud, MakingProvider } from './cellCloud.ts';

/**
 * An account and region of a cloud; its libraries are loaded here, and nowhere else.
 *
 * @param region the one that the cloud's own tools would take unless given
 * @throws {GrafosError} cloud_region_missing, cloud_credentials_missing
 */
export async function openCloud(provider: MakingProvider, region: string | undefined): Promise<CellCloud & Disposable> {
  if (provider === 'aws') return (await import('./aws/awsCloud.ts')).openAws(region);
  return (await import('./gcp/gcpCloud.ts')).openGcp(region);
}

/**
 * The provider, where cells can be made in it.
 *
 * @throws {GrafosError} provider_cannot_make
 */
export function makingProvider(provider: CloudProvider): MakingProvider {
  if (provider !== 'azure') return provider;
  throw new GrafosError('provider_cannot_make', 'A cell in azure cannot be made by grafos yet.', {
    why: 'Cells are made in aws and gcp only. A cell in azure is used like any other once it is there.',
    next: 'Run one on a machine of yours (docs/guide/own-server.md), then add it: grafos cloud adopt azure --help',
  });
}
