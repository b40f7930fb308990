import type { SchedulerStatus } from '../../daemons/wire/schedulerStatus.ts';
import { askCell } from './askCell.ts';
import { readCellConfig } from './cellConfig.ts';
import { openCellFolder } from './cellFolder.ts';
import { certificateEnds } from './certificateEnds.ts';
import type { KeptDaemonState } from './keptDaemon.ts';

/** The answer of a running cell to its own user. */
export interface RunningCell {
  pid: number;
  version: string;
  /** RFC 3339. */
  since: string;
  daemons: KeptDaemonState[];
  /** Null while the scheduler does not answer. */
  scheduler: SchedulerStatus | null;
}

export interface CellStatus {
  state: 'running' | 'unhealthy' | 'stopped';
  /** Sentences on what is wrong, or will be soon. */
  notes: string[];
  /** Absolute path of the state folder. */
  folder: string;
  cell_id: string;
  provider: string;
  region: string;
  hosts: string[];
  ports: { scheduler: number; memory: number; control: number };
  certificates: Array<{ name: string; not_after: string }>;
  running: RunningCell | null;
}

/** Time before the end of a certificate when the status begins to say so, milliseconds. */
const SOON_MS = 14 * 86_400_000;
const DAY_MS = 86_400_000;

/**
 * Reads the state of a cell: what is in its folder, and what its process says.
 *
 * @param path absolute path of the state folder
 * @throws {GrafosError} cell_not_initialized, cell_config_invalid, state_unsafe
 */
export async function cellStatus(path: string, now = new Date()): Promise<CellStatus> {
  const folder = openCellFolder(path);
  const { cell_id, provider, region, hosts, ports } = readCellConfig(folder);
  const certificates = certificateEnds(folder);
  const running = (await askCell<RunningCell>(folder, 'status')) ?? null;
  const faults = running === null ? [] : faultsOf(running);
  const ended = certificates.filter(({ not_after }) => Date.parse(not_after) <= now.getTime());
  const isUnhealthy = faults.length > 0 || ended.length > 0;
  return {
    state: running === null ? 'stopped' : isUnhealthy ? 'unhealthy' : 'running',
    notes: [...faults, ...certificateNotes(certificates, now)],
    folder: folder.path,
    cell_id,
    provider,
    region,
    hosts,
    ports,
    certificates,
    running,
  };
}

function faultsOf({ daemons, scheduler }: RunningCell): string[] {
  const faults = daemons
    .filter(({ pid }) => pid === null)
    .map(({ name }) => `${name} does not run; it is being started.`);
  if (scheduler === null) return [...faults, 'The scheduler does not answer.'];
  if (scheduler.cell === null) faults.push('The scheduler has no link to fabricbiosd.');
  return faults;
}

function certificateNotes(certificates: CellStatus['certificates'], now: Date): string[] {
  if (certificates.length === 0) return ['Its signing request waits for an answer: grafos cell sign'];
  return certificates.flatMap(({ name, not_after }) => {
    const left = Date.parse(not_after) - now.getTime();
    if (left > SOON_MS) return [];
    const when = left <= 0 ? 'has ended' : `ends in ${Math.floor(left / DAY_MS)} days`;
    const next = name === 'ca' ? 'make a new CA and a new cell' : 'grafos cell renew';
    return [`The certificate of the ${name} ${when}: ${next}`];
  });
}
