/** Puts the parts of a cell together and takes them down again. */
import { packageVersion } from '../../base/packageVersion.ts';
import type { ControlListener, ListenOptions } from '../fabric/controlLink.ts';
import { codeUrl } from '../kit/codeUrl.ts';
import type { RunningDaemon } from '../kit/daemonLifetime.ts';
import type { DaemonLog } from '../kit/daemonLog.ts';
import type { HostPort } from '../kit/flags.ts';
import { type ListenCodes, listenError } from '../kit/listenError.ts';
import { readTrust } from '../kit/trust.ts';
import { createMemPool } from '../memory/memPool.ts';
import { CapabilityMint } from '../peers/capabilityToken.ts';
import type { CellIdentity, CellWorkers } from '../wire/fabricControl.ts';
import { ControlServer } from './control/controlServer.ts';
import type { CellOptions } from './flags.ts';
import { cellClock, rfc3339 } from './leases/cellClock.ts';
import { LeaseTable } from './leases/leaseTable.ts';
import { LeaseWatchers } from './leases/leaseWatchers.ts';
import type { MemDataPlane } from './memory/memDataPlane.ts';
import { readPinnedPair } from './memory/pinnedPair.ts';
import { defaultWorkers } from './pool/defaultWorkers.ts';
import { LONG_MS, SHORT_MS } from './pool/policy.ts';
import { createRuntime } from './pool/runtime.ts';
import { TaskletRuns } from './runs/taskletRuns.ts';

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

const TRUST_CODES = { unreadable: 'file_unreadable', notPem: 'certificate_unreadable' } as const;
const LISTEN_CODES: ListenCodes = { refused: 'port_refused', unavailable: 'address_unavailable' };

/**
 * @throws {GrafosError} file_unreadable, certificate_unreadable, ca_unreadable, certificate_unfit,
 *   key_encrypted, mem_capacity_unavailable, port_in_use, port_refused, address_unavailable
 */
export async function startCell(options: CellOptions, log: DaemonLog): Promise<RunningDaemon<CellFacts>> {
  // Their loading is most of the start; nothing of it waits for the files.
  const loadingControl = loadTransport(options.transport);
  const loadingMem = import('./memory/memDataPlane.ts');
  loadingControl.catch(() => {});
  loadingMem.catch(() => {});
  const startedAt = rfc3339(cellClock());
  const [trust, memPair] = await Promise.all([
    readTrust(options, { usage: 'server', roles: ['cell'], host: options.bind.host }, TRUST_CODES),
    readPinnedPair({ cert: options.memCert, key: options.memKey }, TRUST_CODES),
  ]);
  const doors: Doors = {};
  const parts = createParts(options, doors, log);
  const { server, leases, runtime, mint, watchers } = parts;
  const stop = async (): Promise<void> => {
    server.stop();
    leases.stop();
    doors.mem?.stop();
    await Promise.all([doors.control?.close('the cell is shutting down'), runtime.stop()]);
  };
  try {
    const { transport, listen, note } = await loadingControl;
    if (note !== undefined) log.warn(note);
    const { startMemDataPlane } = await loadingMem;
    const startMem = () =>
      startMemDataPlane({ ...options.memBind, ...memPair, mint, leases, watchers, clock: cellClock, log });
    const startControl = () =>
      listen({
        ...options.bind,
        trust,
        alsoTcp: transport === 'auto',
        onLink: (link) => (doors.identity === undefined ? link.close('the cell is starting') : server.serve(link)),
        onRefused: (address, why) => log.warn(`control: refused ${address}: ${why}`),
      });
    const { mem, control } = await openDoors(doors, options, startMem, startControl);
    const dataPlane = {
      mem_dataplane: toldUrl(mem.url, options.memHost),
      mem_dataplane_sha256: mem.sha256,
      mem_dataplane_transport: mem.transport,
    };
    doors.identity = {
      ...parts.cell,
      ...parts.workers,
      version: packageVersion(),
      started_at: startedAt,
      // A link over TCP says so for itself.
      transport: transport === 'tcp' ? 'tcp' : 'quic',
      ...dataPlane,
    };
    const { cell_id } = parts.cell;
    const noted = note === undefined ? {} : { transport_note: note };
    const mem_capacity = leases.capacity;
    return { facts: { control: control.address, transport, ...noted, ...dataPlane, mem_capacity, cell_id }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The parts of a cell that appear while it starts. */
interface Doors {
  mem?: MemDataPlane;
  control?: ControlListener;
  /** Known once both doors are open. */
  identity?: CellIdentity & CellWorkers;
}

function createParts(options: CellOptions, doors: Doors, log: DaemonLog) {
  const pool = createMemPool(options.memCapacity);
  const workers = { workers_max: options.workers ?? defaultWorkers(), short_ms: SHORT_MS, long_ms: LONG_MS };
  const runtime = createRuntime({
    memPool: pool,
    workerUrl: codeUrl(import.meta.url, './worker/runWorker.ts'),
    trialUrls: {
      main: codeUrl(import.meta.url, './trial/trialMain.ts'),
      thread: codeUrl(import.meta.url, './trial/trialThread.ts'),
    },
    workers: workers.workers_max,
    meteredFolder: options.meteredFolder,
    log,
  });
  const clock = cellClock;
  const mint = new CapabilityMint(options.cellId, clock);
  const watchers = new LeaseWatchers();
  const leases = new LeaseTable(pool, clock, {
    ended: (lease, why) => {
      watchers.forget(lease);
      doors.mem?.leaseEnded(lease, why);
    },
    renewed: (lease) => doors.mem?.leaseRenewed(lease),
  });
  const cell = { cell_id: options.cellId, provider: options.provider, region: options.region };
  const runs = new TaskletRuns({ runtime, leases, watchers, cell });
  const identity = () => {
    if (doors.identity === undefined) throw new Error('asked before the cell was ready');
    return doors.identity;
  };
  const server = new ControlServer({ identity, leases, mint, runtime, runs, clock, log });
  return { cell, workers, runtime, mint, watchers, leases, server };
}

/**
 * Opens both doors. Both are waited for even when one fails: what was started is taken down again.
 *
 * @throws {GrafosError} port_in_use, port_refused, address_unavailable
 */
async function openDoors(
  doors: Doors,
  { bind, memBind }: CellOptions,
  startMem: () => Promise<MemDataPlane>,
  startControl: () => Promise<ControlListener>,
): Promise<{ mem: MemDataPlane; control: ControlListener }> {
  const [mem, control] = await Promise.allSettled([startMem(), startControl()]);
  if (mem.status === 'fulfilled') doors.mem = mem.value;
  if (control.status === 'fulfilled') doors.control = control.value;
  if (mem.status === 'rejected') return cannotListen(memBind, 'mem-dp-bind')(mem.reason);
  if (control.status === 'rejected') return cannotListen(bind, 'bind')(control.reason);
  return { mem: mem.value, control: control.value };
}

/** The URL of the memory data plane for clients, who may know the machine by another host. */
function toldUrl(bound: string, host: string | undefined): string {
  if (host === undefined) return bound;
  const url = new URL(bound);
  url.hostname = host.includes(':') ? `[${host}]` : host;
  return url.href;
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
      return { transport: wanted, listen: (await import('../fabric/controlQuic.ts')).listenControlQuic };
    } catch (error) {
      note = `QUIC does not load here, so the control plane uses TCP: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
    }
  }
  const { listenControlTcp } = await import('../fabric/controlTcp.ts');
  return { transport: 'tcp', listen: listenControlTcp, ...(note === undefined ? {} : { note }) };
}

function cannotListen(bind: HostPort, flag: string): (error: unknown) => never {
  return (error) => {
    throw listenError(error, bind, flag, LISTEN_CODES);
  };
}
