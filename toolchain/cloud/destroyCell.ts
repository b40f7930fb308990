import { randomUUID } from 'node:crypto';
import { GrafosError } from '../../base/grafosError.ts';
import type { RunState } from '../../daemons/wire/tenantApi.ts';
import { type CloudCell, readCloudCells } from '../deploy/cloudCells.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { removeCell } from '../deploy/removeCell.ts';
import { cellTarget } from '../deploy/resolveProvider.ts';
import { BY_HAND, readPem } from '../trust/readPem.ts';
import { type CellCloud, type CloudCall, type CloudResource, SCHEDULER_PORT } from './cellCloud.ts';
import { dropJournal, lockCell, readJournal, writeJournal } from './cloudJournal.ts';
import { nextLook } from './nextLook.ts';

/** Looks for what is left before it counts as left: a cloud shows removed things for a while. */
const LOOKS = 8;
const ACTIVE: readonly RunState[] = ['admitted', 'placed', 'running'];
/** Time that a cell may take to say which runs are active, milliseconds. */
const ANSWER_MS = 10_000;

export interface Destruction {
  programRoot: string;
  name: string;
  /** Destroys although runs are active. */
  force: boolean;
  signal: AbortSignal;
  report: (text: string) => void;
}

export interface DestroyedCell {
  name: string;
  regions: string[];
  /** The resources that are still there; empty when the proof succeeded. */
  left: CloudResource[];
}

/**
 * Removes everything of a cell from its cloud, and proves it: everything is looked for by tag and
 * name, in every region that the cell was ever made in. Only then the entry and the notes go.
 *
 * @param clouds one for each region
 * @throws {GrafosError} cloud_cell_busy, runs_active, cell_name_taken, resource_failed, and the
 *   errors of {@link CellCloud}
 */
export async function destroyCell(clouds: readonly CellCloud[], destruction: Destruction): Promise<DestroyedCell> {
  const { programRoot, name, force, signal, report } = destruction;
  const [first] = clouds;
  if (first === undefined) throw new Error('no region to destroy in');
  const { provider } = first;
  await using _lock = await lockCell(programRoot, provider, name, signal);
  const call: CloudCall = { signal, report: (resource, state) => report(`${resource} ${state}`) };
  const entries = await entriesOf(programRoot, clouds, name, call);
  if (!force) await refuseActiveRuns(programRoot, provider, entries, signal);
  const journal = readJournal(programRoot, provider, name);
  if (journal !== undefined) await writeJournal(programRoot, { ...journal, step: 'unmake' });
  for (const cloud of clouds) await cloud.unmake(name, randomUUID(), call);
  report('looking for what is left');
  const left = await remaining(clouds, name, call);
  if (left.length === 0) {
    for (const entry of entries) await removeCell(programRoot, provider, entry);
    dropJournal(programRoot, provider, name);
  }
  return { name, regions: clouds.map(({ region }) => region), left };
}

async function remaining(clouds: readonly CellCloud[], name: string, call: CloudCall): Promise<CloudResource[]> {
  for (let look = 0; ; look += 1) {
    const found = await Promise.all(clouds.map((cloud) => cloud.leftovers(name, call)));
    const left = found.flat();
    if (left.length === 0 || look === LOOKS) return left;
    await nextLook(look, call.signal);
  }
}

/** The entries of the provider's list that name this cell, by the address that it has or had. */
async function entriesOf(
  programRoot: string,
  clouds: readonly CellCloud[],
  name: string,
  call: CloudCall,
): Promise<CloudCell[]> {
  const [first] = clouds;
  if (first === undefined) return [];
  const urls = new Set<string | null>([readJournal(programRoot, first.provider, name)?.url ?? null]);
  for (const cloud of clouds) {
    const found = await cloud.find(name, call);
    if (found.state === 'made') urls.add(`https://${found.address}:${SCHEDULER_PORT}`);
  }
  return (await readCloudCells(programRoot, first.provider)).filter(({ scheduler_url }) => urls.has(scheduler_url));
}

async function refuseActiveRuns(
  programRoot: string,
  provider: CellCloud['provider'],
  entries: readonly CloudCell[],
  signal: AbortSignal,
): Promise<void> {
  for (const entry of entries) {
    const active = await activeRuns(programRoot, provider, entry, signal);
    if (active === 0) continue;
    throw new GrafosError('runs_active', `${active} runs are active on the cell.`, {
      why: 'They would end with it, and their records, too.',
      next: 'Wait for them, cancel them (grafos runs cancel), or give --force.',
    });
  }
}

/** A cell that does not answer runs nothing that anybody could wait for. */
async function activeRuns(
  programRoot: string,
  provider: CellCloud['provider'],
  entry: CloudCell,
  signal: AbortSignal,
): Promise<number> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  try {
    const { text } = await readPem(BY_HAND, entry.ca_cert);
    using client = await connectTarget(await cellTarget(programRoot, provider, entry, text), bounded);
    const runs = await client.listRuns({}, { signal: bounded });
    return runs.filter(({ state }) => ACTIVE.includes(state)).length;
  } catch {
    signal.throwIfAborted();
    return 0;
  }
}
