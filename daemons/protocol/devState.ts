/** `.grafos/dev/dev.json` (docs/dev-json.md): written atomically, last, once every daemon answers. Holds no secret. */
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
  daemons: Record<DaemonName, DaemonState>;
}

export const DAEMON_NAMES = ['fabricbiosd', 'scheduler', 'helper'] as const;
export type DaemonName = (typeof DAEMON_NAMES)[number];

export interface DaemonState {
  pid: number;
  /** The operating system's start time of the process, in its own terms: tells a recycled pid from ours. */
  started: string;
  log: string;
}
