import { CLOUD_PROVIDERS } from '../../toolchain/deploy/cloudCells.ts';
import { choice } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { showConfirmed } from '../showConfirmed.ts';

export async function run(context: CommandContext, given: { provider: string }): Promise<void> {
  await showConfirmed(context, choice('<provider>', given.provider, CLOUD_PROVIDERS));
}
