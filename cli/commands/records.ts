import { GrafosError } from '../../base/grafosError.ts';
import { type Admission, type Placement, REFUSAL_REASONS } from '../../daemons/wire/tenantApi.ts';
import { connectTarget } from '../../toolchain/deploy/connectTarget.ts';
import { directTarget, resolveProvider, type Target } from '../../toolchain/deploy/resolveProvider.ts';
import { countOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { type DirectOptions, directFiles } from '../direct.ts';
import { programRootOf } from '../programRootOf.ts';
import { table } from '../table.ts';
import { timeText } from '../text.ts';

interface RecordsGiven extends DirectOptions {
  provider?: string;
  cell?: string;
  limit: string;
  reason?: string[];
}

const LABELS = ['ok', ...REFUSAL_REASONS];

/** Prints which runs the scheduler admitted or refused. */
export async function admissions(context: CommandContext, given: RecordsGiven): Promise<void> {
  await showRecords(context, given, 'admissions');
}

/** Prints where the scheduler placed runs. */
export async function placements(context: CommandContext, given: RecordsGiven): Promise<void> {
  await showRecords(context, given, 'placements');
}

/**
 * Prints decisions of the scheduler: the server's own body as JSON, or the newest rows as a table.
 */
async function showRecords(
  { cwd, out, signal }: CommandContext,
  given: RecordsGiven,
  what: 'admissions' | 'placements',
): Promise<void> {
  const limit = countOption('--limit', given.limit, Number.MAX_SAFE_INTEGER, 1);
  const unknown = given.reason?.find((reason) => !LABELS.includes(reason));
  if (unknown !== undefined) {
    throw new GrafosError('wrong_usage', `--reason "${unknown}" is not a reason.`, {
      next: `Choose from: ${LABELS.join(', ')}`,
    });
  }
  using client = await connectTarget(await targetOf(cwd, given), signal);
  const { text, value } = await client[what]({}, { signal });
  if (out.json) {
    out.jsonText(text);
    return;
  }
  const rows = (value as Array<Admission | Placement>)
    .filter(({ reason }) => given.reason === undefined || given.reason.includes(reason))
    .slice(0, limit);
  out.result(rows, (paint) =>
    rows.length === 0
      ? [`no ${what} yet`]
      : table([
          ['AT', 'RUN', 'TENANT', 'DECISION', 'REASON', 'CELL'],
          ...rows.map((row) => [
            timeText(row.at),
            row.run_id ?? '',
            row.tenant,
            row.decision === 'refused' ? paint('red', row.decision) : row.decision,
            row.reason,
            'cell_id' in row ? (row.cell_id ?? '') : '',
          ]),
        ]),
  );
}

/**
 * Finds the scheduler to ask: the one given by hand, or that of a provider.
 *
 * Without `--provider`, the environment may name the scheduler.
 *
 * @throws {GrafosError} wrong_usage, and those of {@link directTarget} and {@link resolveProvider}
 */
async function targetOf(cwd: string, given: RecordsGiven): Promise<Target> {
  const option = (['scheduler', 'ca', 'cert', 'key'] as const).find((name) => given[name] !== undefined);
  if (given.provider === undefined && (option !== undefined || process.env.GRAFOS_SCHEDULER))
    return directTarget(...directFiles(given), '');
  if (option !== undefined) {
    throw new GrafosError('wrong_usage', `--${option} does not go with --provider.`, {
      next: 'Name a provider, or a scheduler by --scheduler, --ca, --cert and --key.',
    });
  }
  return resolveProvider(programRootOf(cwd), given.provider ?? 'local', given.cell);
}
