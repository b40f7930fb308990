/**
 * The memory data plane: a WebTransport listener. Each session holds one lease open, by a
 * capability token.
 */

import { DOOR_LIMITS } from '../../doors/doorLimits.ts';
import { WaitingRoom } from '../../doors/waitingRoom.ts';
import type { DaemonLog } from '../../kit/daemonLog.ts';
import { MEM_PATH, type MemErrorCode } from '../../memory/memFrames.ts';
import { listenWebTransport, type WtSession, type WtTransport } from '../../memory/webTransport.ts';
import type { CapabilityMint } from '../../peers/capabilityToken.ts';
import type { CellClock } from '../leases/cellClock.ts';
import type { LeaseEndReason, LeaseTable, LiveLease } from '../leases/leaseTable.ts';
import type { LeaseWatchers } from '../leases/leaseWatchers.ts';
import { type Grant, GrantRefusedError, MemSession } from './memSession.ts';

export interface MemDataPlane {
  readonly url: string;
  readonly sha256: string;
  readonly transport: WtTransport;
  leaseEnded(lease: LiveLease, why: LeaseEndReason): void;
  leaseRenewed(lease: LiveLease): void;
  stop(): void;
}

export interface MemDataPlaneOptions {
  host: string;
  port: number;
  certPem: string;
  keyPem: string;
  mint: CapabilityMint;
  leases: Pick<LeaseTable, 'get'>;
  watchers: LeaseWatchers;
  clock: CellClock;
  log: DaemonLog;
}

/** All sessions close with the same number. The reason is a word of MEM_ERROR_CODES. */
const CLOSE_CODE = 1;

export async function startMemDataPlane(options: MemDataPlaneOptions): Promise<MemDataPlane> {
  const { mint, leases, watchers, clock, log } = options;
  const sessions = new Set<MemSession>();
  let open = 0;
  const silent = new WaitingRoom(DOOR_LIMITS.memSilent, DOOR_LIMITS.memSilentMs);

  const admit = (token: string): Grant => {
    const claims = mint.verify(token);
    const lease = leases.get(claims.lease_id);
    if (lease === undefined) throw new GrantRefusedError('lease_ended', `The lease ${claims.lease_id} has ended.`);
    if (lease.generation !== claims.generation) {
      throw new GrantRefusedError('token_superseded', 'The lease was renewed since; ask for a new token.');
    }
    const { rights, offset, length } = claims.caveats;
    const expiresAt = Date.parse(claims.expires_at);
    return { lease, generation: claims.generation, rights, offset, length, expiresAt };
  };

  const serve = async (wt: WtSession): Promise<void> => {
    open++;
    const granted = silent.enter(() => wt.close(CLOSE_CODE, 'hello_required' satisfies MemErrorCode));
    void wt.closed.then(() => {
      open--;
      granted();
    });
    // One stream, one lease, one session: what else a client opens is left unread.
    const stream = await wt.nextStream();
    if (stream === undefined) return;
    const close = (why: MemErrorCode) => wt.close(CLOSE_CODE, why);
    const session = new MemSession({ stream, clock, watchers, admit, granted, close });
    sessions.add(session);
    void wt.closed.then(() => session.dispose());
    await session.serve().finally(() => sessions.delete(session));
  };

  const listener = await listenWebTransport({
    host: options.host,
    port: options.port,
    certPem: options.certPem,
    keyPem: options.keyPem,
    path: MEM_PATH,
    onSession: (wt) => {
      // A stranger makes room for whoever comes; sessions with a lease do not.
      if (open >= DOOR_LIMITS.memSessions && !silent.endOldest()) {
        wt.close(CLOSE_CODE, 'too_many_sessions' satisfies MemErrorCode);
        return;
      }
      serve(wt).catch((error: unknown) => {
        log.error(`memory session: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        wt.close(CLOSE_CODE, 'internal_error' satisfies MemErrorCode);
      });
    },
  });

  const endWhere = (why: MemErrorCode, matches: (grant: Grant) => boolean) => {
    for (const session of sessions) {
      if (session.grant !== undefined && matches(session.grant)) session.end(why);
    }
  };

  return {
    url: `https://${listener.address}${MEM_PATH}`,
    sha256: listener.sha256,
    transport: listener.transport,
    leaseEnded: (lease, why) => endWhere(why, (grant) => grant.lease === lease),
    leaseRenewed: (lease) =>
      endWhere('token_superseded', (grant) => grant.lease === lease && grant.generation !== lease.generation),
    stop: () => {
      for (const session of sessions) session.end('shutting_down');
      listener.close();
    },
  };
}
