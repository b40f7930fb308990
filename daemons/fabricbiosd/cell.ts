/** Puts the parts of a cell together and takes them down again. */
import { basename } from 'node:path/posix';
import { CapabilityMint } from '../protocol/capabilityToken.ts';
import type { ControlListener, ListenOptions } from '../protocol/controlLink.ts';
import { hostPort } from '../protocol/controlLink.ts';
import type { RunningDaemon } from '../protocol/daemonLifetime.ts';
import type { DaemonLog } from '../protocol/daemonLog.ts';
import type { CellIdentity } from '../protocol/fabricControl.ts';
import { GrafosError } from '../protocol/grafosError.ts';
import { memPool } from '../protocol/memPool.ts';
import { packageVersion } from '../protocol/packageVersion.ts';
import { cellClock, rfc3339 } from './cellClock.ts';
import { readControlTrust, readPinnedPair } from './certificates.ts';
import { ControlServer } from './controlServer.ts';
import { LeaseTable } from './leaseTable.ts';
import { LeaseWatchers } from './leaseWatchers.ts';
import type { MemDataPlane } from './memDataPlane.ts';
import type { Bind, CellOptions } from './options.ts';
import { createRuntime } from './runtime/runtime.ts';
import { TaskletRuns } from './taskletRuns.ts';

/** Facts of the ready line. */
export interface CellFacts {
  /** host:port. */
  control: string;
  transport: CellOptions['transport'];
  /** Why it is not the transport that was asked for. */
  transport_note?: string;
  /** URL. */
  mem_dataplane: string;
  mem_dataplane_sha256: string;
  mem_dataplane_transport: 'http3' | 'http2';
  /** Bytes. */
  mem_capacity: number;
  cell_id: string;
}

/** Throws GrafosError for everything a person can put right. */
export async function startCell(options: CellOptions, log: DaemonLog): Promise<RunningDaemon<CellFacts>> {
  // Their loading is most of the start; nothing of it waits for the files.
  const loadingControl = loadTransport(options.transport);
  const loadingMem = import('./memDataPlane.ts');
  loadingControl.catch(() => {});
  loadingMem.catch(() => {});
  const startedAt = rfc3339(cellClock());
  const [trust, memPair] = await Promise.all([
    readControlTrust(options, options.bind.host),
    readPinnedPair({ cert: options.memCert, key: options.memKey }),
  ]);
  const pool = memPool(options.memCapacity);
  const runtime = createRuntime({
    memPool: pool,
    workerUrl: codeUrl('runtime/runWorker'),
    trialUrls: { main: codeUrl('trial/trialMain'), thread: codeUrl('trial/trialThread') },
    workers: options.workers,
    meteredFolder: options.meteredFolder,
    log,
  });
  const clock = cellClock;
  const mint = new CapabilityMint(options.cellId, clock);
  const watchers = new LeaseWatchers();
  let mem: MemDataPlane | undefined;
  const leases = new LeaseTable(pool, clock, {
    ended: (lease, why) => {
      watchers.forget(lease);
      mem?.leaseEnded(lease, why);
    },
    renewed: (lease) => mem?.leaseRenewed(lease),
  });
  const cell = { cell_id: options.cellId, provider: options.provider, region: options.region };
  const runs = new TaskletRuns({ runtime, leases, watchers, cell });
  let identity: CellIdentity | undefined;
  const server = new ControlServer({
    identity: () => {
      if (identity === undefined) throw new Error('asked before the cell was ready');
      return identity;
    },
    leases,
    mint,
    runtime,
    runs,
    clock,
    log,
  });
  let control: ControlListener | undefined;
  const stop = async (): Promise<void> => {
    server.stop();
    leases.stop();
    mem?.stop();
    await Promise.all([control?.close('the cell is shutting down'), runtime.stop()]);
  };

  try {
    const { transport, listen, note } = await loadingControl;
    if (note !== undefined) log.warn(note);
    const { startMemDataPlane } = await loadingMem;
    const memStart = startMemDataPlane({ ...options.memBind, ...memPair, mint, leases, watchers, clock, log }).then(
      (started) => {
        mem = started;
        return started;
      },
    );
    const controlStart = listen({
      ...options.bind,
      trust,
      alsoTcp: transport === 'auto',
      onLink: (link) => (identity === undefined ? link.close('the cell is starting') : server.serve(link)),
      onRefused: (address, why) => log.warn(`control: refused ${address}: ${why}`),
    }).then((started) => {
      control = started;
      return started;
    });
    // Both are waited for even when one fails: what was started is taken down again.
    await Promise.allSettled([memStart, controlStart]);
    const dataPlane = await memStart.catch(bindFailed(options.memBind, 'mem-dp-bind'));
    const listener = await controlStart.catch(bindFailed(options.bind, 'bind'));
    identity = {
      ...cell,
      version: packageVersion(),
      started_at: startedAt,
      // A link over TCP says so for itself.
      transport: transport === 'tcp' ? 'tcp' : 'quic',
      mem_dataplane: dataPlane.url,
      mem_dataplane_sha256: dataPlane.sha256,
      mem_dataplane_transport: dataPlane.transport,
    };
    return {
      facts: {
        control: listener.address,
        transport,
        ...(note === undefined ? {} : { transport_note: note }),
        mem_dataplane: dataPlane.url,
        mem_dataplane_sha256: dataPlane.sha256,
        mem_dataplane_transport: dataPlane.transport,
        mem_capacity: leases.capacity,
        cell_id: options.cellId,
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface LoadedTransport {
  transport: CellOptions['transport'];
  listen(options: ListenOptions): Promise<ControlListener>;
  note?: string;
}

/**
 * Loads the transport. TCP is used where the QUIC binding does not load: it is a native module, and
 * not every platform has one.
 */
async function loadTransport(wanted: CellOptions['transport']): Promise<LoadedTransport> {
  let note: string | undefined;
  if (wanted !== 'tcp') {
    try {
      return { transport: wanted, listen: (await import('../protocol/controlQuic.ts')).listenControlQuic };
    } catch (error) {
      note = `QUIC does not load here, so the control plane uses TCP: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
    }
  }
  const { listenControlTcp } = await import('../protocol/controlTcp.ts');
  return { transport: 'tcp', listen: listenControlTcp, ...(note === undefined ? {} : { note }) };
}

/** The code of a thread or process: a source beside this one, or a bundle of the same name. */
function codeUrl(path: string): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL(`./${path}.ts`, import.meta.url)
    : new URL(`./${basename(path)}.js`, import.meta.url);
}

const BIND_PROBLEMS: Record<string, { code: string; what: string; next: string }> = {
  EADDRINUSE: { code: 'port_in_use', what: 'is in use', next: 'Give another port, or port 0 to get a free one.' },
  EACCES: {
    code: 'port_refused',
    what: 'may not be used',
    next: 'Give a port from 1024 on, or port 0 to get a free one.',
  },
  EADDRNOTAVAIL: {
    code: 'address_unavailable',
    what: 'is not of this machine',
    next: 'Give an address this machine has.',
  },
  ENOTFOUND: { code: 'address_unavailable', what: 'is not of this machine', next: 'Give an address this machine has.' },
  EINVAL: { code: 'address_unavailable', what: 'is not of this machine', next: 'Give an address this machine has.' },
};

function bindFailed({ host, port }: Bind, flag: string): (error: unknown) => never {
  return (error) => {
    const problem = BIND_PROBLEMS[systemCode(error) ?? ''];
    if (problem === undefined) throw error;
    throw new GrafosError(
      'unreachable',
      problem.code,
      `The address ${hostPort(host, port)} of --${flag} ${problem.what}.`,
      {
        why: error instanceof Error ? error.message : String(error),
        next: problem.next,
        cause: error,
      },
    );
  };
}

/** The system's error code, through whatever a library wrapped it in. */
function systemCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && at.code in BIND_PROBLEMS) return at.code;
  }
  return undefined;
}
