import type { StateFolder } from '../../base/files/stateFolder.ts';
import { hostPort } from '../../base/hostPort.ts';
import type { CellConfig } from './cellConfig.ts';
import { doorAddress } from './cellDoor.ts';
import { CELL_FILES } from './cellFolder.ts';
import { type CellRole, cellTrust, certificateFile, keyFile } from './cellTrust.ts';
import { memoryPair } from './memoryPair.ts';
import { notReady } from './notReady.ts';

/** The address of fabric control, which the scheduler alone uses. */
export const CONTROL_HOST = '127.0.0.1';

/**
 * The arguments of a cell's `fabricbiosd`, with a pair of the memory data plane that lasts.
 *
 * @throws {GrafosError} cell_not_ready
 */
export async function fabricArguments(folder: StateFolder, config: CellConfig): Promise<string[]> {
  const { ports, listen, provider, region, mem_capacity } = config;
  const memory = await memoryPair(folder, config);
  return [
    'control-server',
    ...trustArguments(folder, config, 'cell'),
    ...['--bind', hostPort(CONTROL_HOST, ports.control), '--transport', 'auto'],
    ...['--provider', provider, '--region', region, '--mem-capacity', String(mem_capacity)],
    ...['--mem-dp-bind', hostPort(listen, ports.memory), '--mem-dp-host', config.hosts[0] ?? listen],
    ...['--mem-dp-cert', memory.cert, '--mem-dp-key', memory.key],
    ...['--metered-dir', folder.make(CELL_FILES.metered).path],
  ];
}

/**
 * The arguments of a cell's scheduler.
 *
 * @throws {GrafosError} cell_not_ready
 */
export async function schedulerArguments(folder: StateFolder, config: CellConfig): Promise<string[]> {
  const { ports, listen } = config;
  return [
    ...trustArguments(folder, config, 'scheduler'),
    ...['--mode', 'cell', '--auth-mode', 'mtls+token', '--bind', hostPort(listen, ports.scheduler)],
    ...['--fabric', hostPort(CONTROL_HOST, ports.control), '--fabric-transport', 'auto'],
    ...['--state-dir', folder.make(CELL_FILES.scheduler).path, '--door', doorAddress(folder)],
  ];
}

function trustArguments(folder: StateFolder, config: CellConfig, role: CellRole): string[] {
  const trust = cellTrust(folder);
  if (trust === undefined) throw notReady(folder.path);
  const pair = ['--cert', trust.file(certificateFile(role)), '--key', trust.file(keyFile(role))];
  return ['--cell-id', config.cell_id, '--ca', trust.file('ca.pem'), ...pair];
}
