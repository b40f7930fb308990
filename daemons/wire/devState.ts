/**
 * `.grafos/dev/dev.json` (docs/reference/dev-json.md): written atomically, last, once every daemon
 * answers. Holds no secret.
 */
export interface DevState {
  version: 1;
  /** RFC 3339. */
  started_at: string;
  scheduler_url: string;
  tenant_name: string;
  /** Absolute paths. */
  ca_cert: string;
  tenant_cert: string;
  tenant_key: string;
  cell_id: string;
  fabric: {
    /** host:port of the control plane. */
    control: string;
    transport: 'quic' | 'tcp';
    mem_dataplane: string;
    mem_dataplane_sha256: string;
    mem_dataplane_transport: 'http3' | 'http2';
    mem_capacity: number;
  };
  helper: { url: string };
  /** The grafos that started the stack. An earlier one wrote no `grafos`, `folder` or `options`. */
  grafos?: { version: string; path: string };
  /** The program's folder that the stack belongs to. */
  folder?: {
    /** Real path. */
    path: string;
    /** Decimal numbers of the file system; null where it has no lasting ones. */
    device: string | null;
    inode: string | null;
  };
  /** The request that made the stack. */
  options?: StackRequest;
  daemons: Record<DaemonName, DaemonState>;
}

/** Most further tenants of a stack, and most host names that its helper allows. */
export const STACK_NAMES_MAX = 64;
/** Characters of such a name (RFC 1035, section 2.3.4). */
export const STACK_NAME_CHARACTERS = 253;

/** Properties of a stack that `dev up` asks for. */
export interface StackRequest {
  /** Bytes. */
  mem_capacity: number;
  transport: 'auto' | 'quic' | 'tcp';
  /** Fixed ports by name. */
  ports: Partial<Record<'fabric' | 'mem' | 'scheduler' | 'helper', number>>;
  tenant: string;
  /** Further tenants, whose certificates lie in `trust/tenants/`. */
  tenants: string[];
  /** Host names besides its own that the helper answers to. */
  helper_hosts: string[];
}

export const DAEMON_NAMES = ['fabricbiosd', 'scheduler', 'helper'] as const;
export type DaemonName = (typeof DAEMON_NAMES)[number];

export interface DaemonState {
  pid: number;
  /**
   * The operating system's start time of the process, in its own terms. It distinguishes a recycled
   * pid from our process.
   */
  started: string;
  log: string;
}
