import { LIMITS } from '../../../base/limits.ts';
import type { Capability, CapabilityRequest, RunSubmit } from '../../wire/tenantApi.ts';
import { CellRefusedError } from '../fabric/cellSession.ts';
import type { FabricLink } from '../fabric/fabricLink.ts';
import { RefusedError } from '../refused.ts';
import { LiveRun } from '../runs/liveRun.ts';
import { renderRun } from '../runs/renderRun.ts';
import type { RunContent } from '../runs/runContent.ts';
import type { RunFeed } from '../runs/runFeed.ts';
import type { RunService } from '../runs/runService.ts';
import type { RunTable, StoredRun } from '../store/runTable.ts';
import { allRunEvents } from './allRunEvents.ts';
import type { Answer, Call, Handlers } from './call.ts';
import { createReadRunRoutes, endedAnswer, storedOf } from './createReadRunRoutes.ts';
import { preferWait } from './preferWait.ts';

export interface RunRouteParts {
  service: RunService;
  runs: RunTable;
  content: RunContent;
  feed: RunFeed;
  link: FabricLink;
  /** @throws {RefusedError} scheduler_standby */
  mustBeActive(): void;
  /** Resolves when the first attempt to reach the cell is decided, or has taken too long. */
  firstConnect: Promise<void>;
}

/** Nothing runs longer than its timeout; the rest is for queueing. */
const WAIT_MAX_MS = LIMITS.timeoutMsMax + 60_000;

type RunHandlers = Pick<
  Handlers,
  | 'submitRun'
  | 'listRuns'
  | 'allRunEvents'
  | 'getRun'
  | 'cancelRun'
  | 'runEvents'
  | 'listArtifacts'
  | 'getArtifact'
  | 'capability'
>;

export function createRunRoutes(parts: RunRouteParts): RunHandlers {
  const { service, content, feed, link, mustBeActive, firstConnect } = parts;
  const find = (call: Call): LiveRun | StoredRun => service.find(call.actor, call.params.id ?? '');

  /** 200 with the ended run, or 202 with it as it is when the wait is over. */
  const hold = async (found: LiveRun | StoredRun, waitMs: number): Promise<Answer> => {
    if (!(found instanceof LiveRun)) return endedAnswer(content, found);
    if (waitMs > 0) {
      const result = await within(found.ended, waitMs);
      if (result !== null) return endedAnswer(content, result.run, result.output);
    }
    found.acknowledged = true;
    return { status: 202, json: renderRun(found.run, null) };
  };

  return {
    ...createReadRunRoutes(parts),
    submitRun: async (call) => {
      mustBeActive();
      await firstConnect;
      const key = call.headers['idempotency-key'];
      // The record comes before the run. A log that cannot be written then starts none.
      const found = await service.submit(call.actor.name, call.body as RunSubmit, key, call.large, call.allow);
      call.allow((found instanceof LiveRun ? found.run : found).run_id);
      return hold(found, preferWait(call.headers.prefer, WAIT_MAX_MS));
    },
    allRunEvents: (call) => {
      const events = allRunEvents(feed, call.actor);
      try {
        call.allow(null);
      } catch (error) {
        events.destroy();
        throw error;
      }
      return { status: 200, events };
    },
    cancelRun: async (call) => {
      const found = find(call);
      call.allow(call.params.id ?? null);
      if (found instanceof LiveRun) await service.cancel(found);
      return hold(found, preferWait(call.headers.prefer, WAIT_MAX_MS));
    },
    capability: async (call) => {
      mustBeActive();
      const run = storedOf(find(call));
      const { rights, ttl_ms } = call.body as CapabilityRequest;
      const session = link.session();
      if (session === null)
        throw new RefusedError('runtime_not_ready', 'The cell does not answer.', 'grafos dev doctor');
      const lease = await service.lease(run.run_id);
      if (lease === null) throw leaseEnded();
      try {
        const ttl = ttl_ms ?? LIMITS.tokenSeconds * 1000;
        const asked = { lease_id: lease.lease_id, tenant: run.tenant, rights, ttl_ms: ttl };
        const { token, lease_id, expires_at } = await session.capability(asked);
        const { mem_dataplane, mem_dataplane_sha256 } = session.identity;
        const json: Capability = {
          token,
          lease_id,
          bytes: lease.bytes,
          expires_at,
          mem_dataplane,
          mem_dataplane_sha256,
        };
        return { status: 200, json, subject: run.run_id };
      } catch (error) {
        if (error instanceof CellRefusedError && error.code === 'lease_unknown') throw leaseEnded();
        throw error;
      }
    },
  };
}

function leaseEnded(): RefusedError {
  return new RefusedError(
    'lease_ended',
    'The run holds no fabric memory now.',
    'Hold its lease beyond its end to look at its memory afterwards.',
  );
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
