/**
 * The life of runs: admitted, placed, run by the cell, ended. Each step is in the store before it
 * is reported.
 */
import type { Lease } from '../../wire/fabricControl.ts';
import type { RunSubmit } from '../../wire/tenantApi.ts';
import type { Actor } from '../auth/connection.ts';
import type { CellNews } from '../fabric/cellSession.ts';
import { RefusedError } from '../refused.ts';
import type { StoredRun } from '../store/runTable.ts';
import { endAsCancelled } from './endRun.ts';
import { abandonRun, finishRun } from './finishRun.ts';
import { LiveRun } from './liveRun.ts';
import { LiveRuns } from './liveRuns.ts';
import type { RunServiceParts, RunWork } from './runParts.ts';
import { type InputApart, submitRun } from './submitRun.ts';

export interface RunService {
  /**
   * Resolves once the run is in the store. A run that had ended already (same idempotency key)
   * comes as it is stored.
   *
   * @param input where it is not in the body
   * @param starting is called with the id before a run starts. No run starts where it throws
   */
  submit(
    tenant: string,
    body: RunSubmit,
    idempotencyKey: string | undefined,
    input?: InputApart,
    starting?: (runId: string) => void,
  ): Promise<LiveRun | StoredRun>;
  /** @throws {RefusedError} not_found, run_of_another_tenant */
  find(actor: Actor, runId: string): LiveRun | StoredRun;
  list(actor: Actor, limit: number, before: string | undefined): StoredRun[];
  cancel(live: LiveRun): Promise<void>;
  /** The run's lease, while there is one. */
  lease(runId: string): Promise<Lease | null>;
  runsActive(tenant: string): number;
  /** Bytes of fabric memory in use by runs and held leases of the tenant. */
  memInUse(tenant: string): number;
  news: CellNews;
  /** Runs under way, of all tenants. */
  active(): number;
  /** Resolves once no run is under way. */
  idle(): Promise<void>;
  /** Refuses new runs from now on, and resolves once no run is under way. */
  drain(): Promise<void>;
  /** Ends what is under way as `worker_lost`. */
  stop(): Promise<void>;
}

export function createRunService(parts: RunServiceParts): RunService {
  const live = new LiveRuns(parts.tenants, parts.leases);
  const work: RunWork = { ...parts, live, isDraining: false, isStopping: false };
  const { leases, link, feed } = parts;
  return {
    submit: (tenant, body, key, input, starting) => submitRun(work, tenant, body, key, input, starting),
    find: (actor, runId) => findRun(work, actor, runId),
    list: (actor, limit, before) => listRuns(work, actor, limit, before),
    cancel: (entered) => cancelRun(work, entered),
    lease: async (runId) => {
      const held = leases.ofRun(runId);
      if (held !== null) return held;
      // While it runs, only the cell knows which lease is its.
      const session = live.byId(runId) === undefined ? null : link.session();
      if (session === null) return null;
      return (await session.leases()).find((lease) => lease.run_id === runId) ?? null;
    },
    runsActive: (tenant) => live.useOf(tenant).runs,
    memInUse: (tenant) => live.useOf(tenant).memBytes + leases.bytes(tenant),
    news: {
      running: (runId) => {
        const entered = live.byId(runId);
        if (entered === undefined || entered.run.state === 'running') return;
        entered.enter('running');
        feed.entered(entered.run);
      },
      log: (runId, text) => live.byId(runId)?.log(text),
    },
    active: () => live.count,
    idle: () => live.idle(),
    drain: async () => {
      work.isDraining = true;
      await live.idle();
    },
    stop: async () => {
      work.isStopping = true;
      const left = [...live.all].filter((entered) => !entered.isEnding);
      await Promise.all(left.map((entered) => abandonRun(work, entered)));
    },
  };
}

function findRun({ live, runs }: RunWork, actor: Actor, runId: string): LiveRun | StoredRun {
  const found = live.byId(runId) ?? runs.byId(runId);
  if (found === undefined)
    throw new RefusedError('not_found', `There is no run ${runId}.`, 'List them: grafos runs list.');
  const run = found instanceof LiveRun ? found.run : found;
  if (actor.role !== 'admin' && run.tenant !== actor.name) {
    throw new RefusedError('run_of_another_tenant', 'The run belongs to another tenant.');
  }
  return found;
}

function listRuns({ live, runs }: RunWork, actor: Actor, limit: number, before: string | undefined): StoredRun[] {
  const older = before === undefined ? null : runs.byId(before);
  // A run of another tenant is answered as one that does not exist: a page is no place to learn
  // which ids there are.
  const isSeen = older === null || actor.role === 'admin' || older?.tenant === actor.name;
  if (older === undefined || !isSeen) throw new RefusedError('not_found', `There is no run ${before}.`);
  const rows = runs.list(actor.role === 'admin' ? null : actor.name, limit, older?.seq ?? null);
  return rows.map((run) => live.byId(run.run_id)?.run ?? run);
}

async function cancelRun(work: RunWork, entered: LiveRun): Promise<void> {
  if (entered.grant?.giveUp()) {
    entered.isEnding = true;
    await finishRun(work, entered, endAsCancelled(entered.run));
    return;
  }
  const session = work.link.session();
  if (session === null)
    throw new RefusedError('runtime_not_ready', 'The cell that runs it does not answer.', 'grafos dev doctor');
  await session.cancel(entered.run.run_id);
}
