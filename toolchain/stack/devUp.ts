import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DaemonName, DaemonState, DevState } from '../../daemons/protocol/devState.ts';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { connectScheduler } from '../../daemons/protocol/schedulerClient.ts';
import { DEFAULT_TENANT } from '../account/account.ts';
import { fileError } from '../files/fileError.ts';
import { writeAtomically } from '../files/writeAtomically.ts';
import { writeDevTrust } from '../trust/devTrust.ts';
import { endStack } from './devDown.ts';
import { readDevState } from './devState.ts';
import { makeProgramState } from './programState.ts';
import { type SpawnedDaemon, spawnDaemon } from './spawnDaemon.ts';
import { lockStack } from './stackLock.ts';
import { stackPaths } from './stackPaths.ts';

export const DEFAULT_MEM_CAPACITY = 128 * 1024;

export interface DevUpOptions {
  /** Bytes of the cell's memory pool; {@link DEFAULT_MEM_CAPACITY} unless given. */
  memCapacity?: number;
  transport?: 'quic' | 'tcp';
  /** Fixed ports, for who must open one in a firewall; the operating system chooses all others. */
  ports?: Partial<Record<'fabric' | 'mem' | 'scheduler' | 'helper', number>>;
  tenant?: string;
  signal?: AbortSignal;
  progress?: (text: string) => void;
}

export interface DevUp {
  state: DevState;
  /** A stack of this program was running, or had been left half alive, and was ended first. */
  replaced: boolean;
  /** Milliseconds. */
  duration_ms: number;
}

/** Facts of the daemons' ready lines. */
interface FabricFacts {
  control: string;
  transport: 'quic' | 'tcp';
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
 * Starts the local stack of a program, after ending the one that runs: fresh trust, three daemons side by side, the scheduler promoted and the
 * tenant registered; `dev.json` is written last. When anything fails or `signal` aborts, all that was started is ended and nothing is left but logs.
 * @throws GrafosError with the failing daemon's own code, `stack_busy`, `not_built`, or a file error.
 */
export async function devUp(programRoot: string, options: DevUpOptions = {}): Promise<DevUp> {
  const begun = performance.now();
  const signal = options.signal ?? new AbortController().signal;
  const progress = options.progress ?? (() => {});
  const paths = stackPaths(programRoot);
  await makeProgramState(programRoot, 'dev', 'dev/logs');
  await using _lock = await lockStack(paths.lock, signal).catch((error) => {
    throw fileError(error, 'The stack cannot be locked');
  });

  const before = await readDevState(paths);
  if (before !== undefined) progress('ending the stack that runs');
  await endStack(paths, before);
  signal.throwIfAborted();

  const cellId = localCellId(programRoot);
  const tenant = options.tenant ?? DEFAULT_TENANT;
  const started = new Map<DaemonName, SpawnedDaemon<unknown>>();
  const start = <Facts>(name: DaemonName, args: string[]): SpawnedDaemon<Facts> => {
    const daemon = spawnDaemon<Facts>(name, args, paths.logs);
    started.set(name, daemon);
    return daemon;
  };
  let kept = false;
  try {
    progress('making certificates');
    const trust = writeDevTrust(paths.trust, { tenant, cellId });
    progress('starting daemons');
    const port = (name: 'fabric' | 'mem' | 'scheduler' | 'helper') => `127.0.0.1:${options.ports?.[name] ?? 0}`;
    const fabric = start<FabricFacts>('fabricbiosd', [
      'control-server',
      ...['--bind', port('fabric'), '--mem-dp-bind', port('mem')],
      ...[
        '--mem-capacity',
        String(options.memCapacity ?? DEFAULT_MEM_CAPACITY),
        '--transport',
        options.transport ?? 'quic',
      ],
      ...['--cell-id', cellId, '--provider', 'local', '--region', 'local'],
      ...['--ca', trust.ca, '--cert', trust.fabricbiosd.cert, '--key', trust.fabricbiosd.key],
      ...[
        '--mem-dp-cert',
        trust.memDataplane.cert,
        '--mem-dp-key',
        trust.memDataplane.key,
        '--state-file',
        paths.state,
      ],
    ]);
    const scheduler = start<UrlFacts>('scheduler', [
      ...['--mode', 'cell', '--auth-mode', 'mtls+token', '--bind', port('scheduler')],
      ...[
        '--fabric',
        'lifeline',
        '--cell-id',
        cellId,
        '--ca',
        trust.ca,
        '--cert',
        trust.scheduler.cert,
        '--key',
        trust.scheduler.key,
      ],
      ...['--state-dir', paths.dir, '--state-file', paths.state],
    ]);
    const helper = start<UrlFacts>('helper', [
      ...['--bind', port('helper'), '--project', programRoot, '--scheduler', 'lifeline', '--cell-id', cellId],
      ...['--ca', trust.ca, '--cert', trust.tenant.cert, '--key', trust.tenant.key],
      ...['--bearer-file', paths.bearer, '--state-file', paths.state],
    ]);
    const aborted = Promise.withResolvers<never>();
    aborted.promise.catch(() => {});
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    using _abort = { [Symbol.dispose]: () => signal.removeEventListener('abort', onAbort) };
    const facts = <Facts>(daemon: SpawnedDaemon<Facts>) => Promise.race([daemon.ready, aborted.promise]);

    const fabricReady = facts(fabric).then((ready) => {
      scheduler.tell('fabric', `${ready.transport} ${ready.control}`);
      return ready;
    });
    const schedulerReady = facts(scheduler).then(async ({ url }) => {
      helper.tell('scheduler', url);
      const admin = await connectScheduler({
        url,
        cellId,
        caPem: await readFile(trust.ca, 'utf8'),
        certPem: await readFile(trust.admin.cert, 'utf8'),
        keyPem: await readFile(trust.admin.key, 'utf8'),
      });
      try {
        await fabricReady;
        await admin.promote({ signal });
        await admin.createTenant(tenant, await readFile(trust.tenant.cert, 'utf8'), { rotate: true, signal });
      } finally {
        admin.close();
      }
      return url;
    });
    const [fabricFacts, schedulerUrl, helperFacts] = await Promise.all([fabricReady, schedulerReady, facts(helper)]);
    signal.throwIfAborted();

    const daemons = Object.fromEntries(
      await Promise.all([...started].map(async ([name, daemon]) => [name, await daemon.state()])),
    ) as Record<DaemonName, DaemonState>;
    const state: DevState = {
      version: 1,
      started_at: new Date().toISOString(),
      scheduler_url: schedulerUrl,
      tenant_name: tenant,
      ca_cert: trust.ca,
      tenant_cert: trust.tenant.cert,
      tenant_key: trust.tenant.key,
      cell_id: cellId,
      fabric: {
        control: fabricFacts.control,
        transport: fabricFacts.transport,
        mem_dataplane: fabricFacts.mem_dataplane,
        mem_dataplane_sha256: fabricFacts.mem_dataplane_sha256,
        mem_dataplane_transport: fabricFacts.mem_dataplane_transport,
        mem_capacity: fabricFacts.mem_capacity,
      },
      helper: { url: helperFacts.url },
      daemons,
    };
    await writeAtomically(paths.state, `${JSON.stringify(state, null, 2)}\n`, 0o600).catch((error) => {
      throw fileError(error, 'dev.json cannot be written');
    });
    await Promise.all([...started.values()].map((daemon) => daemon.keep()));
    kept = true;
    return { state, replaced: before !== undefined, duration_ms: performance.now() - begun };
  } catch (error) {
    throw signal.aborted
      ? new GrafosError('interrupted', 'interrupted', 'Interrupted; the stack was not started.')
      : error;
  } finally {
    if (!kept) {
      await Promise.all([...started.values()].map((daemon) => daemon.end()));
      await Promise.all([paths.state, paths.trust].map((path) => rm(path, { recursive: true, force: true })));
    }
  }
}

/** The same for every start of one program, so that its runs keep one cell; different for every program. */
function localCellId(programRoot: string): string {
  return `local-${createHash('sha256').update(programRoot).digest('hex').slice(0, 8)}`;
}

/** Path of a daemon's log, whether or not it runs. */
export function daemonLogFile(programRoot: string, name: DaemonName): string {
  return join(stackPaths(programRoot).logs, `${name}.log`);
}
