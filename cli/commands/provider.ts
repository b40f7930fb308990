import type { CellReport } from '../../toolchain/deploy/cellReport.ts';
import { PROVIDERS } from '../../toolchain/deploy/resolveProvider.ts';
import { choice } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import type { Paint } from '../printedLine.ts';
import { programRootOf } from '../programRootOf.ts';
import { table } from '../table.ts';

export async function list({ cwd, out, signal }: CommandContext): Promise<void> {
  const { providerStatus } = await import('../../toolchain/deploy/providerStatus.ts');
  const root = programRootOf(cwd);
  const all = await Promise.all(PROVIDERS.map((provider) => providerStatus(root, provider, signal)));
  out.result(all, (paint) =>
    table([
      ['PROVIDER', 'STATE', 'CELL', 'SCHEDULER'],
      ...all.map(({ provider, ready, cell_id, scheduler_url }) => [
        provider,
        ready ? paint('green', 'ready') : 'not ready',
        cell_id ?? '',
        ready ? (scheduler_url ?? '') : paint('dim', `why: grafos provider status ${provider}`),
      ]),
    ]),
  );
}

export async function status({ cwd, out, signal }: CommandContext, given: { provider: string }): Promise<number> {
  const { providerStatus } = await import('../../toolchain/deploy/providerStatus.ts');
  const seen = await providerStatus(programRootOf(cwd), choice('<provider>', given.provider, PROVIDERS), signal);
  out.result(seen, (paint) => [
    `${seen.provider}  ${seen.ready ? paint('green', 'ready') : paint('red', 'not ready')}${seen.cell_id === null ? '' : `  ${seen.cell_id}`}`,
    ...seen.requirements.map(
      ({ name, met, message }) =>
        `  ${met ? paint('green', 'ok  ') : paint('red', 'fail')}  ${name.padEnd(28)}  ${message}`,
    ),
    ...(seen.next === null ? [] : [`  next: ${seen.next}`]),
    ...cellLines(seen.cells, paint),
  ]);
  return seen.ready ? 0 : 3;
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

/** Confirms the cell or stack of a provider for this program and user, and prints what it is. */
export async function confirm({ cwd, out }: CommandContext, given: { provider: string; cell?: string }): Promise<void> {
  const { confirmProvider } = await import('../../toolchain/confirm/confirmProvider.ts');
  const provider = choice('<provider>', given.provider, PROVIDERS);
  const facts = await confirmProvider(programRootOf(cwd), provider, given.cell);
  out.result({ provider, confirmed: Object.fromEntries(facts ?? []), is_new: facts !== null }, (paint) =>
    facts === null
      ? [`${provider} was confirmed before`]
      : [
          `${paint('green', 'confirmed')}  ${provider}, for this program and user`,
          ...facts.map(([name, value]) => `  ${name.padEnd(12)}${value}`),
        ],
  );
}
