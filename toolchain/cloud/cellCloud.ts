import type { BundleTarget } from '../cell/bundle/bundleParts.ts';

/** The clouds in which a cell can be made. */
export const MAKING_PROVIDERS = ['aws', 'gcp'] as const;
export type MakingProvider = (typeof MAKING_PROVIDERS)[number];

/** The port of the scheduler, and the port of the enrolment door, of a cell in a cloud. */
export const SCHEDULER_PORT = 7443;
export const DOOR_PORT = 7444;

/** Whose money and rights a command uses. */
export interface CloudAccount {
  /** Number of the account, or name of the project. */
  account: string;
  /** The person or role that the cloud sees. */
  principal: string;
}

export interface PlannedResource {
  type: string;
  name: string;
}

/** A resource that is there, by the name that its cloud uses in a console. */
export interface CloudResource extends PlannedResource {
  region: string;
}

/** The facts that a cell is made from. */
export interface CellOrder {
  name: string;
  /** The cloud's own name of the kind of machine. */
  size: string;
  /** IPv4 network in CIDR notation that may reach the cell. */
  from: string;
  /** The first 32 hex digits of the SHA-256 of the CA certificate: short enough for a label. */
  ca: string;
  userData: string;
  /** Makes a repeated request one with the first. */
  token: string;
}

/** The state of a cell's resources, as its cloud has it. */
export type FoundCell =
  | { state: 'absent' }
  | { state: 'making' | 'unmaking' }
  | { state: 'failed'; resource: string; why: string }
  | { state: 'made'; address: string; machine: string; ca: string };

/** A cell as a list of the cloud's resources shows it. */
export interface ListedCell {
  name: string;
  region: string;
  state: FoundCell['state'];
}

export interface CloudCall {
  signal: AbortSignal;
  /** Is given each resource whose state changed, in the cloud's words. */
  report?: (resource: string, state: string) => void;
}

/**
 * One account and region of a cloud: all that `provision` and `destroy` ask of it. Each method may
 * be called again after it failed or its answer was lost.
 *
 * Every method throws GrafosError: cloud_unreachable, cloud_busy, cloud_credentials_missing,
 * cloud_credentials_refused, cloud_access_denied, cloud_refused, interrupted.
 */
export interface CellCloud {
  readonly provider: MakingProvider;
  readonly region: string;
  /** The size of a machine where none was asked for. */
  readonly defaultSize: string;
  account(call: CloudCall): Promise<CloudAccount>;
  /**
   * The kind of bundle that a machine of this size runs.
   *
   * @throws {GrafosError} machine_size_unfit
   */
  target(size: string, call: CloudCall): Promise<BundleTarget>;
  /** All that {@link CellCloud.make} makes. */
  resources(name: string): PlannedResource[];
  /** @throws {GrafosError} cell_name_taken when something of that name is not a cell of grafOS */
  find(name: string, call: CloudCall): Promise<FoundCell>;
  /**
   * Makes what is not there yet, and waits.
   *
   * @throws {GrafosError} resource_failed
   */
  make(order: CellOrder, call: CloudCall): Promise<void>;
  /** Waits until what is being made or removed is so. */
  settle(name: string, call: CloudCall): Promise<void>;
  /** The hash of the machine's own key, once the machine reported it; SHA-256 of its SPKI, hex. */
  machineKey(name: string, machine: string, call: CloudCall): Promise<string | undefined>;
  /** Lets exactly this network reach exactly these ports. */
  allow(name: string, from: string, ports: readonly number[], call: CloudCall): Promise<void>;
  /**
   * Removes all of it, and waits.
   *
   * @throws {GrafosError} resource_failed
   */
  unmake(name: string, token: string, call: CloudCall): Promise<void>;
  /** All that is still there of a cell, looked for by tag and by name. */
  leftovers(name: string, call: CloudCall): Promise<CloudResource[]>;
  list(call: CloudCall): Promise<ListedCell[]>;
}
