import { makingProvider, openCloud } from '../../toolchain/cloud/openCloud.ts';
import { CLOUD_PROVIDERS } from '../../toolchain/deploy/cloudCells.ts';
import { choice } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { table } from '../table.ts';

export async function run(
  { out, signal }: CommandContext,
  given: { provider: string; region?: string },
): Promise<void> {
  const provider = makingProvider(choice('<provider>', given.provider, CLOUD_PROVIDERS));
  using cloud = await openCloud(provider, given.region);
  const cells = await cloud.list({ signal });
  out.result(cells, () =>
    cells.length === 0
      ? [`no cells in ${cloud.region}`]
      : table([['NAME', 'REGION', 'STATE'], ...cells.map(({ name, region, state }) => [name, region, state])]),
  );
}
