import type { CommandContext } from '../command.ts';
import { showConfirmed } from '../showConfirmed.ts';

export async function run(context: CommandContext): Promise<void> {
  await showConfirmed(context, 'local');
}
