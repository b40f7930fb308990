import type { CellReport } from '../../toolchain/deploy/cellReport.ts';
import { providerStatus } from '../../toolchain/deploy/providerStatus.ts';
import { PROVIDERS } from '../../toolchain/deploy/resolveProvider.ts';
import { choice } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import type { Paint } from '../printedLine.ts';
import { programRootOf } from '../programRootOf.ts';
import { table } from '../table.ts';

export async function run({ cwd, out, signal }: CommandContext, given: { provider: string }): Promise<number> {
  const status = await providerStatus(programRootOf(cwd), choice('<provider>', given.provider, PROVIDERS), signal);
  out.result(status, (paint) => [
    `${status.provider}  ${status.ready ? paint('green', 'ready') : paint('red', 'not ready')}${status.cell_id === null ? '' : `  ${status.cell_id}`}`,
    ...status.requirements.map(
      ({ name, met, message }) =>
        `  ${met ? paint('green', 'ok  ') : paint('red', 'fail')}  ${name.padEnd(28)}  ${message}`,
    ),
    ...(status.next === null ? [] : [`  next: ${status.next}`]),
    ...cellLines(status.cells, paint),
  ]);
  return status.ready ? 0 : 3;
}

/** A table of the cells of a cloud. The one for the next run has a mark. */
function cellLines(cells: readonly CellReport[], paint: Paint): string[] {
  if (cells.length === 0) return [];
  const rows = cells.map((cell) => [
    `${cell.is_next ? '*' : ' '} ${cell.name}`,
    cell.ready ? paint('green', 'ready') : paint('red', 'not ready'),
    cell.region ?? 'unknown',
    cell.version ?? 'unknown',
    cell.last_heartbeat ?? 'none',
    cell.certificate_ends ?? 'unknown',
    cell.cost,
  ]);
  const header = ['  CELL', 'STATE', 'REGION', 'VERSION', 'HEARTBEAT', 'CERTIFICATE ENDS', 'COST'];
  return [
    '',
    ...table([header, ...rows]),
    ...cells.filter(({ ready, is_next }) => !ready && !is_next).map(({ name, message }) => `  ${name}: ${message}`),
  ];
}
