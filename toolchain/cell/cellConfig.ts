import type { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { ipOctets, isDnsName } from '../../daemons/peers/peerAddress.ts';
import { PEER_NAME } from '../../daemons/wire/peerRole.ts';
import { CLOUD_PROVIDERS, type CloudProvider } from '../deploy/cloudCells.ts';
import { CELL_FILES } from './cellFolder.ts';

/** The facts of a cell that `grafos cell init` was given, as `cell.json` has them. */
export interface CellConfig {
  version: 1;
  cell_id: string;
  provider: CloudProvider;
  region: string;
  /** DNS names and IP addresses that clients use. They get the first for the memory data plane. */
  hosts: string[];
  /** The address of this machine that the ports for others are opened on. */
  listen: string;
  ports: { scheduler: number; memory: number; control: number };
  /** Bytes of fabric memory. */
  mem_capacity: number;
}

const HOSTS_MAX = 16;
const LABEL = /^[\x21-\x7e]{1,64}$/;

/**
 * Reads `cell.json`.
 *
 * @throws {GrafosError} cell_config_invalid, state_unsafe
 */
export function readCellConfig(folder: StateFolder): CellConfig {
  const file = folder.file(CELL_FILES.config);
  let config: unknown;
  try {
    config = JSON.parse(folder.readText(CELL_FILES.config) ?? '');
  } catch (cause) {
    if (cause instanceof GrafosError) throw cause;
    throw invalid(file, 'It is not JSON.');
  }
  const fault = configFault(config as CellConfig);
  if (fault !== undefined) throw invalid(file, fault);
  return config as CellConfig;
}

/** Finds the first fault of a configuration, in words; undefined where it has none. */
export function configFault(config: CellConfig): string | undefined {
  if (typeof config !== 'object' || config === null) return 'It is no object.';
  const { version, cell_id, provider, region, hosts, listen, ports, mem_capacity } = config;
  if (version !== 1) return `Its version is ${JSON.stringify(version)}, not 1.`;
  if (typeof cell_id !== 'string' || !PEER_NAME.test(cell_id))
    return 'The cell id needs 1 to 63 of a-z 0-9 . _ -, a letter or digit first.';
  if (!CLOUD_PROVIDERS.includes(provider)) return `The provider is none of ${CLOUD_PROVIDERS.join(', ')}.`;
  if (typeof region !== 'string' || !LABEL.test(region)) return 'The region needs 1 to 64 printable ASCII characters.';
  if (!Array.isArray(hosts) || hosts.length === 0 || hosts.length > HOSTS_MAX)
    return `The hosts need 1 to ${HOSTS_MAX} names.`;
  const odd = hosts.find((host) => typeof host !== 'string' || !(isDnsName(host) || ipOctets(host) !== undefined));
  if (odd !== undefined)
    return `The host ${JSON.stringify(odd)} is neither a DNS name in lower case nor an IP address.`;
  if (hosts.some((host) => isEverywhere(host))) return 'A host is the address of no machine.';
  if (typeof listen !== 'string' || ipOctets(listen) === undefined) return 'The address to listen on is no IP address.';
  const all = [ports?.scheduler, ports?.memory, ports?.control];
  if (!all.every((port) => Number.isInteger(port) && port >= 1 && port <= 65_535))
    return 'Each port needs a whole number from 1 to 65535.';
  if (new Set(all).size !== all.length) return 'Two ports are the same.';
  if (!Number.isSafeInteger(mem_capacity) || mem_capacity < 0) return 'The memory capacity is no number of bytes.';
  return undefined;
}

/** True for 0.0.0.0 and ::, which mean every address of the machine. */
function isEverywhere(host: string): boolean {
  return ipOctets(host)?.every((octet) => octet === 0) === true;
}

function invalid(file: string, why: string): GrafosError {
  return new GrafosError('cell_config_invalid', `The file ${file} is damaged.`, {
    why,
    next: 'Put it back as it was, or make the cell anew in another folder: grafos cell init --state FOLDER',
  });
}
