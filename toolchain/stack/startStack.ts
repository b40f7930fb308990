import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { packageRoot } from '../../base/packageRoot.ts';
import { packageVersion } from '../../base/packageVersion.ts';
import { connectScheduler, type SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { CellProcess } from '../../daemons/wire/cellProcess.ts';
import type { DaemonName, DaemonState, DevState } from '../../daemons/wire/devState.ts';
import { DEFAULT_TENANT } from '../account/account.ts';
import { fileError } from '../files/fileError.ts';
import { type DevTrust, writeDevTrust } from '../trust/devTrust.ts';
import { boundFolder } from './boundFolder.ts';
import { meteredFolder } from './meteredFolder.ts';
import { provenLink } from './provenLink.ts';
import { type SpawnedDaemon, spawnDaemon } from './spawnDaemon.ts';
import { daemonLogFile, type StackPaths } from './stackPaths.ts';
import { DEFAULT_MEM_CAPACITY, stackRequest } from './stackRequest.ts';
import { giveStateNotice } from './stateNotices.ts';

export interface StackOptions {
  /** Bytes of the cell's memory pool; {@link DEFAULT_MEM_CAPACITY} unless given. */
  memCapacity?: number;
  /**
   * Transport of fabric control; `auto`, the default, takes TCP where QUIC does not load or
   * connect.
   */
  transport?: 'auto' | 'quic' | 'tcp';
  /**
   * Fixed ports, for a user who must open one in a firewall. The operating system chooses all
   * others.
   */
  ports?: Partial<Record<'fabric' | 'mem' | 'scheduler' | 'helper', number>>;
  tenant?: string;
  /** Further tenants of the stack, to try quotas and refusals with. */
  tenants?: readonly string[];
  /** Further host names that the helper answers to, such as that of a forwarded port. */
  helperHosts?: readonly string[];
  signal?: AbortSignal;
  progress?: (text: string) => void;
  /** Called with the state before `dev.json` shows it, while the tenants are registered. */
  beforeState?: (state: DevState) => Promise<void>;
}

/** A stack whose daemons still end with this process, however that ends. */
export interface StartedStack {
  state: DevState;
  /** Lets the daemons live on alone. */
  keep(): Promise<void>;
  /** Ends the daemons and removes `dev.json` and every key. */
  end(): Promise<void>;
}

/** Facts of the daemons' ready lines. */
interface FabricFacts {
  control: string;
  transport: 'auto' | 'quic' | 'tcp';
  transport_note?: string;
  mem_dataplane: string;
  mem_dataplane_sha256: string;
  mem_dataplane_transport: 'http3' | 'http2';
  mem_capacity: number;
  cell_id: string;
}
interface UrlFacts {
  url: string;
}

/**
 * Starts a stack where none is: new trust, three daemons side by side, a promoted scheduler,
 * registered tenants. `dev.json` is written last, once the scheduler has its link to the cell.
 * After a failure or an abort all daemons are ended, and only logs are left. The caller holds the
 * lock.
 *
 * @throws {GrafosError} the failing daemon's own code, quic_unavailable, quic_unreachable,
 * cell_unreachable, not_built, interrupted, or a file error's code
 */
export async function startStack(
  programRoot: string,
  paths: StackPaths,
  options: StackOptions = {},
): Promise<StartedStack> {
  const signal = options.signal ?? new AbortController().signal;
  const progress = options.progress ?? (() => {});
  const cellId = localCellId(programRoot);
  const tenant = options.tenant ?? DEFAULT_TENANT;
  const started = new Map<DaemonName, SpawnedDaemon<unknown>>();
  const end = async () => {
    await Promise.all([...started.values()].map((daemon) => daemon.end()));
    const folder = StateFolder.findAt(paths.dir);
    for (const path of [paths.state, paths.trust]) folder?.remove(basename(path));
  };
  try {
    signal.throwIfAborted();
    progress('making certificates');
    const trust = writeDevTrust(paths.trust, { tenant, cellId, tenants: options.tenants ?? [] });
    progress('starting daemons');
    const args = daemonArguments(programRoot, paths, trust, cellId, options);
    const start = <Facts>(name: DaemonName): SpawnedDaemon<Facts> => {
      const daemon = spawnDaemon<Facts>(name, args[name], daemonLogFile(paths, name));
      started.set(name, daemon);
      return daemon;
    };
    const spawned: Spawned = {
      fabric: start<FabricFacts>('fabricbiosd'),
      scheduler: start<UrlFacts>('scheduler'),
      helper: start<UrlFacts>('helper'),
    };
    const facts = await introduce(spawned, { trust, tenant, cellId, transport: options.transport, signal });
    sayTransport(facts.fabric, facts.linked);
    const daemons = Object.fromEntries(
      await Promise.all([...started].map(async ([name, daemon]) => [name, await daemon.state()])),
    ) as Record<DaemonName, DaemonState>;
    const cell = cellProcess(spawned.fabric.command, daemons.fabricbiosd, facts.fabric);
    spawned.scheduler.tell('cell', JSON.stringify(cell));
    const state = devState(facts, { programRoot, trust, tenant, cellId, options, daemons });
    await Promise.all([options.beforeState?.(state), facts.registered]);
    signal.throwIfAborted();
    await StateFolder.at(paths.dir).write(basename(paths.state), `${JSON.stringify(state, null, 2)}\n`);
    const keep = async () => {
      await Promise.all([...started.values()].map((daemon) => daemon.keep()));
    };
    return { state, keep, end };
  } catch (error) {
    await end();
    throw signal.aborted
      ? new GrafosError('interrupted', 'Interrupted; the stack was not started.')
      : fileError(error, 'The stack cannot be started');
  }
}

interface Spawned {
  fabric: SpawnedDaemon<FabricFacts>;
  scheduler: SpawnedDaemon<UrlFacts>;
  helper: SpawnedDaemon<UrlFacts>;
}

interface StackFacts {
  fabric: FabricFacts;
  /** Transport of the scheduler's first link to the cell. */
  linked: 'quic' | 'tcp';
  schedulerUrl: string;
  helperUrl: string;
  /** Resolves once the tenants are registered. */
  registered: Promise<void>;
}

interface Introduction {
  trust: DevTrust;
  tenant: string;
  cellId: string;
  transport: StackOptions['transport'];
  signal: AbortSignal;
}

/** Waits until all daemons are ready. Each gets the facts of the others once they are known. */
async function introduce(spawned: Spawned, introduction: Introduction): Promise<StackFacts> {
  const { fabric, scheduler, helper } = spawned;
  const { transport, signal } = introduction;
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  using _abort = { [Symbol.dispose]: () => signal.removeEventListener('abort', onAbort) };
  const ready = <Facts>(daemon: SpawnedDaemon<Facts>) => Promise.race([daemon.ready, aborted.promise]);

  const fabricReady = ready(fabric).then((facts) => {
    if (transport === 'quic' && facts.transport === 'tcp') throw quicUnavailable(facts.transport_note);
    scheduler.tell('fabric', `${facts.transport} ${facts.control}`);
    return facts;
  });
  const schedulerReady = ready(scheduler).then(async ({ url }) => {
    helper.tell('scheduler', url);
    return { url, ...(await promote(url, scheduler, fabricReady, introduction)) };
  });
  const all = await Promise.all([fabricReady, schedulerReady, ready(helper)]);
  const [facts, { url: schedulerUrl, linked, registered }, { url: helperUrl }] = all;
  return { fabric: facts, linked, schedulerUrl, helperUrl, registered };
}

/** Promotes the scheduler. The tenants are registered while the link is proved, and after that. */
async function promote(
  url: string,
  scheduler: SpawnedDaemon<UrlFacts>,
  fabricReady: Promise<FabricFacts>,
  { trust, tenant, cellId, signal }: Introduction,
): Promise<Pick<StackFacts, 'linked' | 'registered'>> {
  const admin = await connectScheduler({
    url,
    cellId,
    caPem: await readFile(trust.ca, 'utf8'),
    certPem: await readFile(trust.admin.cert, 'utf8'),
    keyPem: await readFile(trust.admin.key, 'utf8'),
  });
  try {
    const { control, transport } = await fabricReady;
    await admin.promote({ signal });
    const registered = registerTenants(admin, trust, tenant, signal).finally(() => admin.close());
    registered.catch(() => {});
    return { linked: await provenLink(scheduler.hear('linked'), { control, transport }, signal), registered };
  } catch (error) {
    admin.close();
    throw error;
  }
}

async function registerTenants(
  admin: SchedulerClient,
  trust: DevTrust,
  tenant: string,
  signal: AbortSignal,
): Promise<void> {
  for (const [name, { cert }] of [[tenant, trust.tenant] as const, ...trust.tenants])
    await admin.createTenant(name, await readFile(cert, 'utf8'), { rotate: true, signal });
}

function devState(
  { fabric, linked, schedulerUrl, helperUrl }: StackFacts,
  known: Omit<Introduction, 'transport' | 'signal'> & {
    programRoot: string;
    options: StackOptions;
    daemons: Record<DaemonName, DaemonState>;
  },
): DevState {
  const { programRoot, trust, tenant, cellId, options, daemons } = known;
  return {
    version: 1,
    started_at: new Date().toISOString(),
    scheduler_url: schedulerUrl,
    tenant_name: tenant,
    ca_cert: trust.ca,
    tenant_cert: trust.tenant.cert,
    tenant_key: trust.tenant.key,
    cell_id: cellId,
    fabric: {
      control: fabric.control,
      transport: linked,
      mem_dataplane: fabric.mem_dataplane,
      mem_dataplane_sha256: fabric.mem_dataplane_sha256,
      mem_dataplane_transport: fabric.mem_dataplane_transport,
      mem_capacity: fabric.mem_capacity,
    },
    helper: { url: helperUrl },
    grafos: { version: packageVersion(), path: packageRoot },
    folder: boundFolder(programRoot),
    options: stackRequest(options),
    daemons,
  };
}

/** Makes the error of a stack that must use QUIC where its native library does not load. */
function quicUnavailable(why: string | undefined): GrafosError {
  return new GrafosError('quic_unavailable', 'QUIC does not load on this machine.', {
    ...(why === undefined ? {} : { why }),
    next: 'Use TCP, which works as well: grafos dev up --transport tcp. Without --transport it is taken by itself.',
  });
}

/**
 * Gives a notice where fabric control runs over TCP although no option asked for that, with the
 * cause.
 */
function sayTransport({ transport, transport_note }: FabricFacts, linked: 'quic' | 'tcp'): void {
  if (linked === 'quic' || (transport === 'tcp' && transport_note === undefined)) return;
  const why =
    transport === 'tcp'
      ? 'QUIC does not load on this machine'
      : 'QUIC does not connect within a second: no UDP gets through';
  giveStateNotice('note', `${why}. Fabric control runs over TCP, which works as well. See: grafos dev doctor`);
}

/** The cell as it is started again after a death: at the addresses that it has now. */
function cellProcess(command: readonly string[], daemon: DaemonState, facts: FabricFacts): CellProcess {
  const changed = [...command];
  const put = (flag: string, value: string) => changed.splice(changed.indexOf(flag) + 1, 1, value);
  put('--bind', facts.control);
  put('--mem-dp-bind', new URL(facts.mem_dataplane).host);
  put('--transport', facts.transport);
  return { ...daemon, command: changed };
}

function daemonArguments(
  programRoot: string,
  paths: StackPaths,
  trust: DevTrust,
  cellId: string,
  options: StackOptions,
): Record<DaemonName, string[]> {
  const port = (name: 'fabric' | 'mem' | 'scheduler' | 'helper') => `127.0.0.1:${options.ports?.[name] ?? 0}`;
  const pair = ({ cert, key }: { cert: string; key: string }) => ['--cert', cert, '--key', key];
  const common = ['--cell-id', cellId, '--ca', trust.ca, '--state-file', paths.state];
  return {
    fabricbiosd: [
      'control-server',
      ...common,
      ...pair(trust.fabricbiosd),
      ...['--bind', port('fabric'), '--transport', options.transport ?? 'auto'],
      ...['--provider', 'local', '--region', 'local'],
      ...meteredArguments(),
      ...['--mem-capacity', String(options.memCapacity ?? DEFAULT_MEM_CAPACITY), '--mem-dp-bind', port('mem')],
      ...['--mem-dp-cert', trust.memDataplane.cert, '--mem-dp-key', trust.memDataplane.key],
    ],
    scheduler: [
      ...common,
      ...pair(trust.scheduler),
      ...['--mode', 'cell', '--auth-mode', 'mtls+token', '--bind', port('scheduler')],
      ...['--fabric', 'lifeline', '--state-dir', paths.dir],
    ],
    helper: [
      ...common,
      ...pair(trust.tenant),
      ...['--bind', port('helper'), '--project', programRoot],
      ...['--scheduler', 'lifeline', '--bearer-file', paths.bearer],
      ...(options.helperHosts ?? []).flatMap((host) => ['--allow-host', host]),
    ],
  };
}

/** The cache of metered modules, which all cells of this user share, where there can be one. */
function meteredArguments(): string[] {
  const folder = meteredFolder();
  return folder === undefined ? [] : ['--metered-dir', folder];
}

/**
 * The same for every start of one program, so that its runs keep one cell; different for every
 * program.
 */
function localCellId(programRoot: string): string {
  return `local-${createHash('sha256').update(programRoot).digest('hex').slice(0, 8)}`;
}
