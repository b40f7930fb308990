import { fbmu_hello, fbmu_read, fbmu_write } from "./host";

/**
 * The answers of a host function. 0 is success; any number that is not here is an I/O error
 * code.
 */
export namespace hostStatus {
  /** The call worked. */
  export const OK: i32 = 0;
  /** The memory cannot be reached now. */
  export const DISCONNECTED: i32 = -1;
  /** The lease ended. */
  export const LEASE_EXPIRED: i32 = -2;
  /** Another holder took the lease over. */
  export const FENCED: i32 = -3;
  /** The range leaves the lease. */
  export const CAPACITY_EXCEEDED: i32 = -4;
  /** The run has no lease, or the cell does not have this function. */
  export const UNSUPPORTED: i32 = -5;
  /** The cell took the lease back. */
  export const REVOKED: i32 = -6;
}

/**
 * The fabric memory this run leases (`mem` in grafos.toml, `--mem`): outside linear memory, seen by
 * other holders of the lease.
 */
export namespace fabricMemory {
  /** Size in bytes; a negative {@link hostStatus} where there is no lease. */
  export function size(): i64 {
    return fbmu_hello();
  }

  /**
   * Fills `into` from `offset`; a {@link hostStatus}. Nothing is read where the range leaves the
   * lease.
   */
  export function read(offset: i64, into: Uint8Array): i32 {
    return fbmu_read(offset, into.dataStart, into.length);
  }

  /**
   * Writes all of `bytes` at `offset`; a {@link hostStatus}. Nothing is written where the range
   * leaves the lease.
   */
  export function write(offset: i64, bytes: Uint8Array): i32 {
    return fbmu_write(offset, bytes.dataStart, bytes.length);
  }
}
