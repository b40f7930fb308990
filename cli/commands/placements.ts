import type { CommandContext } from '../command.ts';
import { type RecordsGiven, showRecords } from '../showRecords.ts';

export async function run(context: CommandContext, given: RecordsGiven): Promise<void> {
  await showRecords(context, given, 'placements');
}
