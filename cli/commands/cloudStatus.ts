import { type CloudJournal, readJournals } from '../../toolchain/cloud/cloudJournal.ts';
import { type CloudCellStatus, cloudStatus } from '../../toolchain/cloud/cloudStatus.ts';
import { openCloud } from '../../toolchain/cloud/openCloud.ts';
import type { CommandContext } from '../command.ts';
import type { Paint } from '../printedLine.ts';
import { programRootOf } from '../programRootOf.ts';

export async function run({ cwd, out, signal }: CommandContext, given: { name?: string }): Promise<number> {
  const programRoot = programRootOf(cwd);
  const journals = readJournals(programRoot).filter(({ name }) => given.name === undefined || name === given.name);
  const cells: CloudCellStatus[] = [];
  for (const journal of journals) {
    out.progress(`asking ${journal.provider} for ${journal.name}`);
    cells.push(await statusOf(programRoot, journal, signal));
  }
  out.result(cells, (paint) =>
    cells.length === 0
      ? ['no cell was made from here; those of an account: grafos cloud list aws']
      : cells.flatMap((cell) => linesOf(cell, paint)),
  );
  return cells.every(({ healthy }) => healthy) ? 0 : 3;
}

async function statusOf(programRoot: string, journal: CloudJournal, signal: AbortSignal): Promise<CloudCellStatus> {
  using cloud = await openCloud(journal.provider, journal.regions.at(-1));
  return await cloudStatus(programRoot, cloud, journal, signal);
}

function linesOf(cell: CloudCellStatus, paint: Paint): string[] {
  const state = cell.healthy
    ? paint('green', 'ready')
    : paint('red', cell.cloud.state === 'made' ? 'ill' : cell.cloud.state);
  return [
    `${cell.name} of ${cell.provider}  ${state}  ${cell.region}`,
    `  address      ${cell.url ?? 'none yet'}`,
    `  version      ${cell.version ?? 'unknown'}`,
    `  heartbeat    ${cell.last_heartbeat ?? 'none'}`,
    `  certificate  ${cell.certificate_ends === null ? 'unknown' : `until ${cell.certificate_ends}`}`,
    ...(cell.next === null ? [] : [`  next: ${cell.next}`]),
  ];
}
