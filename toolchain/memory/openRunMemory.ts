import { setTimeout as delay } from 'node:timers/promises';
import { GrafosError } from '../../base/grafosError.ts';
import { type MemSession, openMemSession } from '../../daemons/memory/memClient.ts';
import { cellAnswerInvalid } from '../../daemons/tenant/cellAnswerInvalid.ts';
import type { CapabilityRight } from '../../daemons/wire/fabricControl.ts';
import type { Capability } from '../../daemons/wire/tenantApi.ts';
import { findRun, type RunPlace } from '../deploy/findRun.ts';

export interface RunMemory extends AsyncDisposable {
  leaseId: string;
  session: MemSession;
  /**
   * Number of bytes from `offset`, to the end of the lease unless given.
   *
   * @throws {GrafosError} out_of_bounds when the lease has fewer
   */
  lengthAt(offset: number, length?: number): number;
}

interface OpenOptions extends RunPlace {
  rights: CapabilityRight[];
  signal: AbortSignal;
  /** Lifetime of each token, milliseconds; the longest that a cell gives unless given. */
  tokenMs?: number;
}

/** Time before a waiting run is asked again for its lease, milliseconds. */
const LEASE_MS = 100;
/**
 * Milliseconds between two renewals of a token at least; else it is renewed after half of its life.
 */
const RENEW_MS_MIN = 250;

/**
 * Opens the leased fabric memory of a run over the data plane. The scheduler gives a capability
 * token for exactly this lease, and the cell takes it. The token is renewed until the lease ends.
 *
 * The memory of a run under way can only be read: a write from outside would change what it
 * computes.
 *
 * @throws {GrafosError} lease_ended where the run holds no lease, run_not_ended for a write,
 * cell_answer_invalid, a refusal, or the data plane's own error
 */
export async function openRunMemory(programRoot: string, runId: string, options: OpenOptions): Promise<RunMemory> {
  const capability = await runCapability(programRoot, runId, options);
  const session = await openMemSession({
    url: capability.mem_dataplane,
    sha256: capability.mem_dataplane_sha256,
    token: capability.token,
    leaseId: capability.lease_id,
  });
  if (session.bytes !== capability.bytes) {
    session.close();
    throw cellAnswerInvalid(
      capability.mem_dataplane,
      `its lease has ${capability.bytes} bytes here and ${session.bytes} there`,
    );
  }
  const renewal = keepRenewed(session, capability, () => runCapability(programRoot, runId, options));
  return {
    leaseId: capability.lease_id,
    session,
    lengthAt(offset, length = Math.max(1, session.bytes - offset)) {
      if (offset + length <= session.bytes) return length;
      throw new GrafosError(
        'out_of_bounds',
        `The lease has ${session.bytes} bytes; ${length} from offset ${offset} on go beyond it.`,
        { next: 'Give a smaller offset or fewer bytes.' },
      );
    },
    [Symbol.asyncDispose]: async () => {
      renewal.stop();
      session.close();
    },
  };
}

/** Asks for a capability. A run that still waits is asked again until it has its lease. */
async function runCapability(programRoot: string, runId: string, options: OpenOptions): Promise<Capability> {
  for (;;) {
    const capability = await askForCapability(programRoot, runId, options);
    if (capability !== undefined) return capability;
    await delay(LEASE_MS, undefined, { signal: options.signal });
  }
}

/** @returns undefined where the run still waits for its lease */
async function askForCapability(
  programRoot: string,
  runId: string,
  { provider, cell, rights, signal, tokenMs }: OpenOptions,
): Promise<Capability | undefined> {
  const { run, client } = await findRun(programRoot, runId, { provider, cell }, signal);
  using _client = client;
  const isUnderWay = run.ended_at === null;
  if (isUnderWay && rights.includes('write')) throw notEnded(runId);
  if (!isUnderWay && run.lease_id === null) throw leaseEnded(runId);
  try {
    return await client.capability(run, { rights, ...(tokenMs === undefined ? {} : { ttl_ms: tokenMs }) }, { signal });
  } catch (error) {
    const isEarly = isUnderWay && error instanceof GrafosError && error.code === 'lease_ended';
    if (!isEarly) throw error;
    if (run.state === 'running') throw leaseEnded(runId);
    return undefined;
  }
}

/**
 * Renews the token of a session until the lease ends. Then no newer token comes, and the cell ends
 * the session.
 */
function keepRenewed(session: MemSession, first: Capability, next: () => Promise<Capability>): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const plan = ({ expires_at }: Capability) => {
    if (isStopped) return;
    const wait = Math.max(RENEW_MS_MIN, (Date.parse(expires_at) - Date.now()) / 2);
    timer = setTimeout(() => {
      next()
        .then(async (capability) => {
          await session.renew(capability.token);
          plan(capability);
        })
        .catch(() => {});
    }, wait);
  };
  const stop = () => {
    isStopped = true;
    clearTimeout(timer);
  };
  plan(first);
  void session.closed.then(stop);
  return { stop };
}

function notEnded(runId: string): GrafosError {
  return new GrafosError('run_not_ended', `Run ${runId} has not ended; only a held lease can be written.`, {
    why: 'A write from outside would change what the run computes, and its replay.',
    next: 'Hold it after the end with: grafos deploy run --mem SIZE --hold 60s',
  });
}

function leaseEnded(runId: string): GrafosError {
  return new GrafosError('lease_ended', `Run ${runId} holds no fabric memory.`, {
    why: 'A lease ends with its run, or with its hold, and its bytes are zeroed.',
    next: 'Keep it with: grafos deploy run --mem SIZE --hold 60s',
  });
}
