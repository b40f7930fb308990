import { cellFolderPath } from '../../toolchain/cell/cellFolder.ts';
import { type CellStatus, cellStatus } from '../../toolchain/cell/cellStatus.ts';
import type { CommandContext } from '../command.ts';
import type { Paint } from '../printedLine.ts';
import { timeText } from '../timeText.ts';

const EXIT = { running: 0, unhealthy: 1, stopped: 3 } as const;
const STYLE = { running: 'green', unhealthy: 'red', stopped: 'dim' } as const;

export async function run({ out }: CommandContext, given: { state?: string }): Promise<number> {
  const status = await cellStatus(cellFolderPath(given.state));
  out.result(status, (paint) => lines(status, paint));
  return EXIT[status.state];
}

function lines(status: CellStatus, paint: Paint): string[] {
  const { state, cell_id, provider, region, hosts, ports, certificates, notes, running } = status;
  const shown = [
    `${paint(STYLE[state], state)}  ${cell_id} of ${provider} in ${region}`,
    `  reached at   https://${hosts[0]}:${ports.scheduler}, memory at port ${ports.memory}`,
    `  state        ${status.folder}`,
  ];
  for (const { name, pid, since, restarts } of running?.daemons ?? []) {
    const again = restarts === 0 ? '' : `, started again ${restarts} times`;
    shown.push(
      `  ${name.padEnd(12)} ${pid === null ? 'does not run' : `process ${pid} since ${timeText(since ?? '')}`}${again}`,
    );
  }
  const scheduler = running?.scheduler;
  if (scheduler) {
    const link = scheduler.cell === null ? 'no link to the cell' : `linked over ${scheduler.cell.transport}`;
    shown.push(
      `  runs         ${scheduler.runs_active} under way, ${scheduler.runs_kept} kept; ${scheduler.role}, ${link}`,
    );
  }
  for (const { name, not_after } of certificates) shown.push(`  certificate  ${name} until ${not_after}`);
  for (const note of notes) shown.push(`  ${paint('yellow', 'note')}         ${note}`);
  if (state === 'stopped') shown.push('  next: grafos cell run, or start its service');
  return shown;
}
