import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { MEM_LEASE_BYTES_MAX } from '../../daemons/memory/memFrames.ts';
import { createMemPool } from '../../daemons/memory/memPool.ts';
import { DAEMON_NAMES, type DevState, type StackRequest } from '../../daemons/wire/devState.ts';
import { deadDaemons } from './devState.ts';
import { quicUnreachable } from './quicUnreachable.ts';
import { daemonEntry } from './spawnDaemon.ts';
import type { StackPaths } from './stackPaths.ts';
import { udpGetsThrough } from './udpGetsThrough.ts';

export type PortName = keyof StackRequest['ports'];

const PORT_NAMES: readonly PortName[] = ['fabric', 'mem', 'scheduler', 'helper'];
/** Certificates, logs and `dev.json` of a start take less. */
const START_BYTES = 256 * 1024;

/**
 * Checks all that can be known beforehand of a start, so that one which must fail leaves the stack
 * that runs as it is: its size, ports, transport, programs and disk.
 *
 * @param running the stack that would be replaced; its ports are free then
 * @param ofManifest ports that `[stack]` of the manifest gave, and no option
 * @throws {GrafosError} flag_invalid, port_in_use, port_refused, mem_capacity_unavailable,
 *   quic_unreachable, not_built
 * @throws an error of the file system
 */
export async function checkStart(
  paths: StackPaths,
  request: StackRequest,
  running: DevState | undefined,
  ofManifest: readonly PortName[] = [],
): Promise<void> {
  for (const name of DAEMON_NAMES) daemonEntry(name);
  checkMemory(request.mem_capacity);
  await checkPorts(request, running, (name) => portText(name, ofManifest));
  if (request.transport === 'quic' && !(await udpGetsThrough())) throw quicUnreachable('a port of this machine');
  await checkDisk(paths);
}

function checkMemory(bytes: number): void {
  if (bytes > MEM_LEASE_BYTES_MAX) {
    throw new GrafosError('flag_invalid', `A memory pool cannot have ${bytes} bytes.`, {
      next: 'Give --mem-capacity, or memory under [stack] in grafos.toml, of at most 4GiB.',
    });
  }
  // Made and dropped: what is not touched takes no memory.
  createMemPool(bytes);
}

/** Names the option or the key that gave a port. */
function portText(name: PortName, ofManifest: readonly PortName[]): string {
  return ofManifest.includes(name) ? `${name}_port under [stack] in grafos.toml` : `--${name}-port`;
}

async function checkPorts(
  { ports, transport }: StackRequest,
  running: DevState | undefined,
  text: (name: PortName) => string,
): Promise<void> {
  const given = PORT_NAMES.flatMap((name) => (ports[name] ? [{ name, port: ports[name] }] : []));
  for (const [index, { name, port }] of given.entries()) {
    const other = given.slice(0, index).find((one) => one.port === port);
    if (other === undefined) continue;
    throw new GrafosError('flag_invalid', `${text(other.name)} and ${text(name)} are both ${port}.`, {
      next: 'Give each a port of its own.',
    });
  }
  const own = running === undefined ? new Set<number>() : await heldPorts(running);
  for (const { name, port } of given) {
    if (own.has(port)) continue;
    try {
      await bindTcp(port);
      if (name === 'fabric' && transport !== 'tcp') await bindUdp(port);
    } catch (error) {
      throw portProblem(text(name), port, error);
    }
  }
}

/** Ports of a stack whose daemons live, all of them. */
async function heldPorts(state: DevState): Promise<Set<number>> {
  if ((await deadDaemons(state)).length > 0) return new Set();
  const { fabric, scheduler_url, helper } = state;
  const urls = [`tcp://${fabric.control}`, fabric.mem_dataplane, scheduler_url, helper.url];
  return new Set(urls.map((url) => Number(new URL(url).port)));
}

function bindTcp(port: number): Promise<void> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve()));
  });
}

function bindUdp(port: number): Promise<void> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => socket.close(() => resolve()));
  });
}

function portProblem(given: string, port: number, cause: unknown): GrafosError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const isRefused = code === 'EACCES' || code === 'EPERM';
  return new GrafosError(
    isRefused ? 'port_refused' : 'port_in_use',
    `Port ${port} of ${given} ${isRefused ? 'may not be used' : 'is in use'}.`,
    {
      why: cause instanceof Error ? cause.message : String(cause),
      next: `Give another ${given}${isRefused ? ' from 1024 on' : ''}, or leave it out: the operating system then chooses a free one.`,
      cause,
    },
  );
}

async function checkDisk({ dir }: StackPaths): Promise<void> {
  const folder = StateFolder.at(dir);
  const name = `.space.${process.pid}`;
  await folder.write(name, Buffer.alloc(START_BYTES));
  folder.remove(name);
}
