/**
 * The life of runs: admitted, placed, run by the cell, ended. Each step is in the store before it
 * is reported.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { DaemonLog } from '../../protocol/daemonLog.ts';
import type { CellIdentity, Lease } from '../../protocol/fabricControl.ts';
import { sha256InTurns } from '../../protocol/sha256InTurns.ts';
import type { RunSubmit } from '../../protocol/tenantApi.ts';
import type { Actor } from '../auth/connection.ts';
import type { LargeSubmit } from '../bulk/bulkMessages.ts';
import type { CellNews } from '../fabric/cellSession.ts';
import { CellLost, type FabricLink } from '../fabric/fabricLink.ts';
import type { SuspectModules } from '../fabric/suspectModules.ts';
import type { ModuleStore } from '../moduleStore.ts';
import { Refused } from '../refused.ts';
import type { CellStore } from '../store/cellStore.ts';
import type { Decision, DecisionTable } from '../store/decisionTable.ts';
import { IN_ROW_BYTES, type RunFiles } from '../store/runFiles.ts';
import type { RunTable, StoredRun } from '../store/runTable.ts';
import type { TenantTable } from '../store/tenantTable.ts';
import { admit, newTenantUse, type TenantUse } from './admission.ts';
import { cancelled, conclude, lose, NOT_ENDED } from './endRun.ts';
import type { LeaseLedger } from './leaseLedger.ts';
import { type EndedRun, LiveRun } from './liveRun.ts';
import { newRunId } from './newRunId.ts';
import { place, readyCell, refusalByCell } from './placement.ts';
import type { RunFeed } from './runFeed.ts';
import { checkStart, decodeInput, requestHash } from './runRequest.ts';
import { RunTurns } from './runTurns.ts';

export interface RunServiceParts {
  store: CellStore;
  runs: RunTable;
  files: RunFiles;
  decisions: DecisionTable;
  tenants: TenantTable;
  modules: ModuleStore;
  leases: LeaseLedger;
  link: FabricLink;
  feed: RunFeed;
  log: DaemonLog;
  /** Modules that ended the cell; null where nothing starts it again. */
  suspects: SuspectModules | null;
}

export interface RunService {
  /**
   * Resolves once the run is in the store. A run that had ended already (same idempotency key)
   * comes as it is stored.
   *
   * @param input where it is not in the body
   */
  submit(
    tenant: string,
    body: RunSubmit,
    idempotencyKey: string | undefined,
    input?: Pick<LargeSubmit, 'input' | 'input_sha256'>,
  ): Promise<LiveRun | StoredRun>;
  /** @throws {Refused} not_found, run_of_another_tenant */
  find(actor: Actor, runId: string): LiveRun | StoredRun;
  list(actor: Actor, limit: number, before: string | undefined): StoredRun[];
  cancel(live: LiveRun): Promise<void>;
  /** The run's lease, while there is one. */
  lease(runId: string): Promise<Lease | null>;
  runsActive(tenant: string): number;
  /** Bytes of fabric memory in use by runs and held leases of the tenant. */
  memInUse(tenant: string): number;
  news: CellNews;
  /** Ends what is under way as `worker_lost`. */
  stop(): Promise<void>;
}

/** Between two tries to write the end of a run while the disk is full, milliseconds. */
const WRITE_RETRY_MS = 500;

const LOST_NEXT_START = 'The scheduler was stopped or killed while the run was under way.';

/**
 * Ends the runs that an earlier process left in flight. Their progress is unknown, and none may
 * vanish.
 */
export function endAbandonedRuns(store: CellStore, runs: RunTable): number {
  const abandoned = runs.inFlight();
  if (abandoned.length === 0) return 0;
  store.change(() => {
    for (const run of abandoned) {
      const ended = lose(run, LOST_NEXT_START);
      runs.end(ended.run, ended.output, ended.log);
    }
  });
  return abandoned.length;
}

export function runService(parts: RunServiceParts): RunService {
  const { store, runs, files, decisions, tenants, modules, leases, link, feed, log, suspects } = parts;
  const live = new Map<string, LiveRun>();
  const liveByKey = new Map<string, LiveRun>();
  const uses = new Map<string, TenantUse>();
  const turns = new RunTurns();
  let isStopping = false;
  let memLive = 0;

  const useOf = (tenant: string): TenantUse => {
    let use = uses.get(tenant);
    if (use === undefined) {
      const quota = tenants.get(tenant)?.quota;
      if (quota === undefined) throw new Refused('tenant_unknown', 'The tenant is not registered any more.');
      use = newTenantUse(quota, Date.now());
      uses.set(tenant, use);
    }
    return use;
  };

  const give = (run: Pick<StoredRun, 'tenant' | 'mem_bytes'>): void => {
    const use = uses.get(run.tenant);
    if (use === undefined) return;
    use.runs -= 1;
    use.memBytes -= run.mem_bytes;
    memLive -= run.mem_bytes;
  };

  const take = (run: Pick<StoredRun, 'tenant' | 'mem_bytes'>): void => {
    const quota = tenants.get(run.tenant)?.quota;
    if (quota === undefined) throw new Refused('tenant_unknown', 'The tenant is not registered any more.');
    const use = useOf(run.tenant);
    const held = leases.bytes(run.tenant);
    admit(use, { ...quota, mem_bytes: quota.mem_bytes - held }, run.mem_bytes, Date.now());
    memLive += run.mem_bytes;
  };

  const enter = (run: StoredRun, input: Uint8Array | null): LiveRun => {
    const entered = new LiveRun(run, input);
    entered.enter('placed');
    live.set(run.run_id, entered);
    if (run.idempotency_key !== null) liveByKey.set(keyOf(run.tenant, run.idempotency_key), entered);
    return entered;
  };

  const leave = (entered: LiveRun): void => {
    const { run } = entered;
    live.delete(run.run_id);
    if (run.idempotency_key !== null) liveByKey.delete(keyOf(run.tenant, run.idempotency_key));
    give(run);
  };

  /**
   * Ends a run. The end is reported only when it is in the store, and is tried again until then: a
   * run that ended must not look as if it had not.
   */
  const end = async (entered: LiveRun, ended: EndedRun): Promise<void> => {
    entered.isEnding = true;
    for (;;) {
      try {
        if (ended.output.length > IN_ROW_BYTES) await files.write(ended.run.run_id, 'output', ended.output);
        const { value: dropped, durable } = store.change(() => {
          runs.end(ended.run, ended.output, ended.log);
          return runs.trim();
        });
        await durable;
        if (dropped.length > 0) removeFiles(dropped);
        break;
      } catch (error) {
        if (isStopping) {
          log.error(`run ${ended.run.run_id}: its end could not be written (${String(error)})`);
          break;
        }
        log.warn(`run ${ended.run.run_id}: its end cannot be written yet (${String(error)})`);
        await new Promise((resolve) => setTimeout(resolve, WRITE_RETRY_MS));
      }
    }
    Object.assign(entered.run, ended.run);
    leave(entered);
    entered.restOfLog(ended.log);
    entered.enter(ended.run.state, ended.run.ended_at ?? Date.now());
    feed.ended(ended.run);
    entered.finish(ended);
  };

  const work = async (entered: LiveRun): Promise<void> => {
    const { run } = entered;
    const turn = turns.take(run.module_sha256);
    entered.turn = turn;
    if (!(await turn.begun)) return;
    try {
      await workInTurn(entered);
    } finally {
      const { duration_us, error } = run;
      turn.end(duration_us === null || error?.code === 'worker_lost' ? undefined : duration_us / 1000);
    }
  };

  const workInTurn = async (entered: LiveRun): Promise<void> => {
    const { run } = entered;
    let ended: EndedRun;
    try {
      const input = entered.input ?? (await files.read(run.run_id, 'input'));
      const { run_id, tenant, program, tasklet, version, module_sha256, mem_bytes, fuel } = run;
      const { linear_memory_bytes, timeout_ms, hold_ms, seed, start_unix_nanos } = run;
      const job = { run_id, tenant, program, tasklet, version, module_sha256, input, mem_bytes, fuel };
      const limits = { linear_memory_bytes, timeout_ms, hold_ms, seed, start_unix_nanos };
      const outcome = await link.run({ ...job, ...limits }, () => modules.read(module_sha256));
      if (entered.isEnding) return;
      if (outcome.lease !== null) leases.hold(outcome.lease);
      const outputSha256 = await sha256InTurns(outcome.output);
      if (entered.isEnding) return;
      ended = conclude(run, outcome, outputSha256);
    } catch (error) {
      if (entered.isEnding) return;
      const refusal = refusalByCell(error);
      if (refusal !== null && !entered.acknowledged) {
        forget(entered, refusal);
        return;
      }
      if (refusal === null && !(error instanceof CellLost)) log.error(`run ${run.run_id}: ${stackOf(error)}`);
      ended = lose(
        run,
        refusal?.message ?? (error instanceof CellLost ? sentence(error.message) : 'The scheduler failed.'),
      );
    }
    await end(entered, ended);
  };

  /** Removes files. Files that cannot be removed now are swept at the next start. */
  const removeFiles = (runIds: readonly string[]): void => {
    files.remove(runIds).catch((error: unknown) => log.warn(`files of runs could not be removed: ${String(error)}`));
  };

  /** The run's row, and the file of its input before that. */
  const insert = async (run: StoredRun, input: Uint8Array, asked: Asked): Promise<void> => {
    const isLong = input.length > IN_ROW_BYTES;
    if (isLong) await files.write(run.run_id, 'input', input);
    try {
      await store.change(() => {
        runs.insert(run, input);
        const { run_id, created_at: at, cell_id } = run;
        decisions.insert({ ...asked, at, run_id, admission: 'ok', placement: 'ok', cell_id });
      }).durable;
    } catch (error) {
      if (isLong) removeFiles([run.run_id]);
      throw error;
    }
  };

  /**
   * Abandons a run because the scheduler stops. A run that is not in the store has no end there;
   * its submit fails.
   */
  const abandon = async (entered: LiveRun): Promise<void> => {
    entered.isEnding = true;
    entered.turn?.giveUp();
    const isStored = await entered.stored.then(
      () => true,
      () => false,
    );
    if (isStored) await end(entered, lose(entered.run, LOST_NEXT_START));
  };

  /**
   * Drops a run that was not reported yet and that the cell refused. It is a refused submit and no
   * run.
   */
  const forget = (entered: LiveRun, refusal: Refused): void => {
    const { run } = entered;
    try {
      store.change(() => {
        runs.remove(run);
        decisions.refusePlacement(run.run_id, refusal.reason);
      });
    } catch (error) {
      log.error(`run ${run.run_id}: a refused run could not be removed (${String(error)})`);
    }
    if (run.input_bytes > IN_ROW_BYTES) removeFiles([run.run_id]);
    leave(entered);
    feed.refused(run, refusal.reason);
    entered.refuse(refusal);
  };

  const start = (entered: LiveRun): void => {
    feed.entered(entered.run);
    work(entered).catch((error: unknown) => log.error(`run ${entered.run.run_id}: ${stackOf(error)}`));
  };

  const refuse = (refusal: Refused, decision: Omit<Decision, 'at' | 'cell_id'>): Refused => {
    try {
      store.change(() => decisions.insert({ ...decision, at: Date.now(), cell_id: null }));
    } catch (error) {
      log.warn(`a refusal could not be written: ${String(error)}`);
    }
    return refusal;
  };

  /** Same key and body: the same run. Null when the key is new. */
  const again = (tenant: string, key: string, requestSha256: string): Promise<LiveRun | StoredRun> | null => {
    const underWay = liveByKey.get(keyOf(tenant, key));
    const known = underWay?.run ?? runs.byKey(tenant, key);
    if (known === undefined) return null;
    if (known.request_sha256 !== requestSha256) {
      throw new Refused(
        'idempotency_key_reused',
        `The Idempotency-Key belongs to run ${known.run_id}, which was asked for with another body.`,
        'Choose a new key for a new run.',
      );
    }
    if (underWay !== undefined) return underWay.stored.then(() => underWay);
    if (known.error?.code !== 'worker_lost') return Promise.resolve(known);
    return rerun(known);
  };

  const rerun = async (run: StoredRun): Promise<LiveRun> => {
    readyCell(link.status());
    take(run);
    const fresh: StoredRun = { ...run, ...NOT_ENDED, state: 'placed' };
    const entered = enter(fresh, runs.bytes(run).input);
    entered.acknowledged = true;
    try {
      entered.stored = store.change(() => runs.reopen(fresh)).durable;
      await entered.stored;
    } catch (error) {
      leave(entered);
      entered.refuse(error);
      throw error;
    }
    start(entered);
    return entered;
  };

  const submit: RunService['submit'] = async (tenant, body, idempotencyKey, large) => {
    if (isStopping) throw new Refused('shutting_down', 'The scheduler is stopping.', 'Try again once it is back.');
    const input = large?.input ?? decodeInput(body.input_b64);
    checkStart(body.start_unix_nanos);
    const inputSha256 = large?.input_sha256 ?? createHash('sha256').update(input).digest('hex');
    const requestSha256 = idempotencyKey === undefined ? null : requestHash(body, inputSha256);
    if (idempotencyKey !== undefined && requestSha256 !== null) {
      // There is no pause between the look and the entry, so the second of two equal submits finds
      // the first.
      const same = again(tenant, idempotencyKey, requestSha256);
      if (same !== null) return same;
    }
    if (!modules.has(tenant, body.module_sha256)) {
      throw new Refused('module_unknown', 'This tenant has not put this module.', 'PUT it to /api/v1/modules/ first.');
    }
    if (suspects?.has(body.module_sha256)) {
      throw new Refused(
        'module_suspect',
        'The cell died twice while this module was running, so the module is set aside.',
        'grafos dev doctor says why it died. A new start of the stack takes the module again: grafos dev up',
      );
    }
    const { program, tasklet, version, mem_bytes } = body;
    const asked = { tenant, program, tasklet };
    try {
      take({ tenant, mem_bytes });
    } catch (error) {
      if (error instanceof Refused)
        throw refuse(error, { ...asked, run_id: null, admission: error.reason, placement: null });
      throw error;
    }
    const now = Date.now();
    const runId = newRunId(now);
    let cell: CellIdentity;
    try {
      cell = place(link.status(), memLive + leases.bytes(null), mem_bytes);
    } catch (error) {
      give({ tenant, mem_bytes });
      if (!(error instanceof Refused)) throw error;
      throw refuse(error, { ...asked, run_id: runId, admission: 'ok', placement: error.reason });
    }
    const run: StoredRun = {
      ...NOT_ENDED,
      seq: 0,
      run_id: runId,
      tenant,
      program,
      tasklet,
      version,
      provider: cell.provider,
      region: cell.region,
      cell_id: cell.cell_id,
      module_sha256: body.module_sha256,
      input_sha256: inputSha256,
      input_bytes: input.length,
      seed: body.seed ?? randomBytes(32).toString('hex'),
      start_unix_nanos: body.start_unix_nanos ?? `${now}000000`,
      mem_bytes,
      fuel: body.fuel,
      linear_memory_bytes: body.linear_memory_bytes,
      timeout_ms: body.timeout_ms,
      hold_ms: body.hold_ms ?? 0,
      idempotency_key: idempotencyKey ?? null,
      request_sha256: requestSha256,
      state: 'placed',
      created_at: now,
    };
    const entered = enter(run, input);
    try {
      entered.stored = insert(run, input, asked);
      await entered.stored;
    } catch (error) {
      leave(entered);
      entered.refuse(error);
      throw error;
    }
    // A stop that came meanwhile has ended it already.
    if (!entered.isEnding) start(entered);
    return entered;
  };

  return {
    submit,
    find: (actor, runId) => {
      const found = live.get(runId) ?? runs.byId(runId);
      if (found === undefined)
        throw new Refused('not_found', `There is no run ${runId}.`, 'List them: grafos runs list.');
      const run = found instanceof LiveRun ? found.run : found;
      if (actor.role !== 'admin' && run.tenant !== actor.name) {
        throw new Refused('run_of_another_tenant', 'The run belongs to another tenant.');
      }
      return found;
    },
    list: (actor, limit, before) => {
      const older = before === undefined ? null : runs.byId(before);
      // A run of another tenant is answered as one that does not exist: a page is no place to learn
      // which ids there are.
      const isSeen = older === null || actor.role === 'admin' || older?.tenant === actor.name;
      if (older === undefined || !isSeen) throw new Refused('not_found', `There is no run ${before}.`);
      const rows = runs.list(actor.role === 'admin' ? null : actor.name, limit, older?.seq ?? null);
      return rows.map((run) => live.get(run.run_id)?.run ?? run);
    },
    cancel: async (entered) => {
      if (entered.turn?.giveUp()) {
        entered.isEnding = true;
        await end(entered, cancelled(entered.run));
        return;
      }
      const session = link.session();
      if (session === null)
        throw new Refused('runtime_not_ready', 'The cell that runs it does not answer.', 'grafos dev doctor');
      await session.cancel(entered.run.run_id);
    },
    lease: async (runId) => {
      const held = leases.ofRun(runId);
      if (held !== null) return held;
      // While it runs, only the cell knows which lease is its.
      const session = live.has(runId) ? link.session() : null;
      if (session === null) return null;
      return (await session.leases()).find((lease) => lease.run_id === runId) ?? null;
    },
    runsActive: (tenant) => uses.get(tenant)?.runs ?? 0,
    memInUse: (tenant) => (uses.get(tenant)?.memBytes ?? 0) + leases.bytes(tenant),
    news: {
      running: (runId) => {
        const entered = live.get(runId);
        if (entered === undefined || entered.run.state === 'running') return;
        entered.enter('running');
        feed.entered(entered.run);
      },
      log: (runId, text) => live.get(runId)?.log(text),
    },
    stop: async () => {
      isStopping = true;
      await Promise.all([...live.values()].filter((entered) => !entered.isEnding).map(abandon));
    },
  };
}

/** The fields of a decision that come from the submit. */
type Asked = Pick<Decision, 'tenant' | 'program' | 'tasklet'>;

function keyOf(tenant: string, key: string): string {
  return `${tenant} ${key}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
