/** A submit on its way to a stored run: admitted, placed, and written. */
import { createHash } from 'node:crypto';
import type { CellIdentity } from '../../wire/fabricControl.ts';
import type { RunSubmit } from '../../wire/tenantApi.ts';
import type { LargeSubmit } from '../bulk/bulkMessages.ts';
import { RefusedError } from '../refused.ts';
import type { Decision } from '../store/decisionTable.ts';
import { IN_ROW_BYTES } from '../store/runFiles.ts';
import type { StoredRun } from '../store/runTable.ts';
import { NOT_ENDED } from './endRun.ts';
import { executeRun } from './executeRun.ts';
import { removeFiles } from './finishRun.ts';
import type { LiveRun } from './liveRun.ts';
import { newRunId } from './newRunId.ts';
import { chooseCell, readyCell } from './placement.ts';
import type { RunServiceParts, RunWork } from './runParts.ts';
import { checkStart, completeSpec, decodeInput, requestHash } from './runRequest.ts';

/** The fields of a decision that come from the submit. */
type Asked = Pick<Decision, 'tenant' | 'program' | 'tasklet'>;

export type InputApart = Pick<LargeSubmit, 'input' | 'input_sha256'>;

export async function submitRun(
  work: RunWork,
  tenant: string,
  body: RunSubmit,
  idempotencyKey: string | undefined,
  large?: InputApart,
  starting: (runId: string) => void = () => {},
): Promise<LiveRun | StoredRun> {
  if (work.isStopping || work.isDraining)
    throw new RefusedError('shutting_down', 'The scheduler is stopping.', 'Try again once it is back.');
  const input = large?.input ?? decodeInput(body.input_b64);
  checkStart(body.start_unix_nanos);
  const inputSha256 = large?.input_sha256 ?? createHash('sha256').update(input).digest('hex');
  const requestSha256 = idempotencyKey === undefined ? null : requestHash(body, inputSha256);
  if (idempotencyKey !== undefined && requestSha256 !== null) {
    // There is no pause between the look and the entry, so the second of two equal submits finds
    // the first.
    const same = findSame(work, tenant, idempotencyKey, requestSha256, starting);
    if (same !== null) return same;
  }
  checkModule(work, tenant, body.module_sha256);
  const { program, tasklet, version } = body;
  const asked = { tenant, program, tasklet };
  const now = Date.now();
  const runId = newRunId(now);
  const cell = admitAndPlace(work, asked, runId, body.mem_bytes);
  announce(work, { tenant, mem_bytes: body.mem_bytes }, () => starting(runId));
  const run: StoredRun = {
    ...NOT_ENDED,
    seq: 0,
    run_id: runId,
    ...asked,
    version,
    provider: cell.provider,
    region: cell.region,
    cell_id: cell.cell_id,
    module_sha256: body.module_sha256,
    input_sha256: inputSha256,
    input_bytes: input.length,
    ...completeSpec(body, now),
    idempotency_key: idempotencyKey ?? null,
    request_sha256: requestSha256,
    state: 'placed',
    created_at: now,
  };
  const entered = work.live.enter(run, input);
  await store(work, entered, () => insert(work, run, input, asked));
  // A stop that came meanwhile has ended it already.
  if (!entered.isEnding) executeRun(work, entered);
  return entered;
}

/** Same key and body: the same run. Null when the key is new. */
function findSame(
  work: RunWork,
  tenant: string,
  key: string,
  requestSha256: string,
  starting: (runId: string) => void,
): Promise<LiveRun | StoredRun> | null {
  const underWay = work.live.byKey(tenant, key);
  const known = underWay?.run ?? work.runs.byKey(tenant, key);
  if (known === undefined) return null;
  if (known.request_sha256 !== requestSha256) {
    throw new RefusedError(
      'idempotency_key_reused',
      `The Idempotency-Key belongs to run ${known.run_id}, which was asked for with another body.`,
      'Choose a new key for a new run.',
    );
  }
  if (underWay !== undefined) return underWay.stored.then(() => underWay);
  if (known.error?.code !== 'worker_lost') return Promise.resolve(known);
  return rerun(work, known, starting);
}

async function rerun(work: RunWork, run: StoredRun, starting: (runId: string) => void): Promise<LiveRun> {
  const { link, live, runs } = work;
  readyCell(link.status());
  live.take(run);
  announce(work, run, () => starting(run.run_id));
  const fresh: StoredRun = { ...run, ...NOT_ENDED, state: 'placed' };
  const entered = live.enter(fresh, runs.bytes(run).input);
  entered.acknowledged = true;
  await store(work, entered, () => work.store.change(() => runs.reopen(fresh)).durable);
  executeRun(work, entered);
  return entered;
}

/** @throws {RefusedError} module_unknown, module_suspect */
function checkModule({ modules, suspects }: RunServiceParts, tenant: string, sha256: string): void {
  if (!modules.has(tenant, sha256)) {
    throw new RefusedError(
      'module_unknown',
      'This tenant has not put this module.',
      'PUT it to /api/v1/modules/ first.',
    );
  }
  if (!suspects?.has(sha256)) return;
  throw new RefusedError(
    'module_suspect',
    'The cell died twice while this module was running, so the module is set aside.',
    'grafos dev doctor says why it died. A new start of the stack takes the module again: grafos dev up',
  );
}

/** Reports a run before it starts. Where that fails, its part of the quota goes back. */
function announce({ live }: RunWork, claim: Pick<StoredRun, 'tenant' | 'mem_bytes'>, report: () => void): void {
  try {
    report();
  } catch (error) {
    live.give(claim);
    throw error;
  }
}

/** Takes the run's part of its tenant's quota, and chooses its cell. */
function admitAndPlace(work: RunWork, asked: Asked, runId: string, mem_bytes: number): CellIdentity {
  const { live, link, leases } = work;
  const claim = { tenant: asked.tenant, mem_bytes };
  try {
    live.take(claim);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    throw recordRefusal(work, error, { ...asked, run_id: null, admission: error.reason, placement: null });
  }
  try {
    return chooseCell(link.status(), live.memBytes + leases.bytes(null), mem_bytes);
  } catch (error) {
    live.give(claim);
    if (!(error instanceof RefusedError)) throw error;
    throw recordRefusal(work, error, { ...asked, run_id: runId, admission: 'ok', placement: error.reason });
  }
}

function recordRefusal(
  { store, decisions, log }: RunServiceParts,
  refusal: RefusedError,
  decision: Omit<Decision, 'at' | 'cell_id'>,
): RefusedError {
  try {
    store.change(() => decisions.insert({ ...decision, at: Date.now(), cell_id: null }));
  } catch (error) {
    log.warn(`a refusal could not be written: ${String(error)}`);
  }
  return refusal;
}

/** Waits until the run is in the store. A run that cannot be written is none. */
async function store({ live }: RunWork, entered: LiveRun, write: () => Promise<void>): Promise<void> {
  try {
    entered.stored = write();
    await entered.stored;
  } catch (error) {
    live.leave(entered);
    entered.refuse(error);
    throw error;
  }
}

/** Writes the run's row, and the file of its input before that. */
async function insert(work: RunWork, run: StoredRun, input: Uint8Array, asked: Asked): Promise<void> {
  const { files, runs, decisions } = work;
  const isLong = input.length > IN_ROW_BYTES;
  if (isLong) await files.write(run.run_id, 'input', input);
  try {
    await work.store.change(() => {
      runs.insert(run, input);
      const { run_id, created_at: at, cell_id } = run;
      decisions.insert({ ...asked, at, run_id, admission: 'ok', placement: 'ok', cell_id });
    }).durable;
  } catch (error) {
    if (isLong) removeFiles(work, [run.run_id]);
    throw error;
  }
}
