import { GrafosError } from '../../base/grafosError.ts';
import { CLOUD_PROVIDERS, readCloudCells } from '../../toolchain/deploy/cloudCells.ts';
import { keptKeyName } from '../../toolchain/deploy/keptKeys.ts';
import { removeCell } from '../../toolchain/deploy/removeCell.ts';
import { choice } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';

export async function run({ cwd, out }: CommandContext, given: { provider: string; scheduler: string }): Promise<void> {
  const provider = choice('<provider>', given.provider, CLOUD_PROVIDERS);
  const root = programRootOf(cwd);
  const cells = await readCloudCells(root, provider);
  const cell = cells.find(({ scheduler_url: url }) => isSame(url, given.scheduler));
  if (cell === undefined) {
    const urls = cells.map(({ scheduler_url: url }) => url).join(', ');
    throw new GrafosError('cell_unknown', `${provider} has no cell at ${given.scheduler}.`, {
      next: urls === '' ? `This program has no cell of ${provider}.` : `Its cells are at: ${urls}.`,
    });
  }
  await removeCell(root, provider, cell);
  const { scheduler_url, ca_cert, tenant_cert, tenant_key } = cell;
  const isKept = keptKeyName(tenant_key) !== undefined;
  out.result({ provider, scheduler_url, left: [ca_cert, tenant_cert, ...(isKept ? [] : [tenant_key])] }, (paint) => [
    `${paint('green', 'removed')}  ${scheduler_url} of ${provider}`,
    '  The files of its certificates stay where they are.',
    isKept ? '  Its key stays in the secret storage of the editor that keeps it.' : `  So does its key: ${tenant_key}`,
  ]);
}

/** Compares addresses as URLs, so that a slash at the end makes no difference. */
function isSame(url: string, given: string): boolean {
  return url === given || (URL.canParse(url) && URL.canParse(given) && new URL(url).href === new URL(given).href);
}
