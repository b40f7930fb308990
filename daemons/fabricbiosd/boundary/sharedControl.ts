import { LIMITS } from '../../../base/limits.ts';

/** Appended to a log that reached its bound. */
export const LOG_TRUNCATED = `warn  [log truncated at ${LIMITS.log} bytes]\n`;

const HEADER_BYTES = 32;
const BALANCE_AT = 16;

/** Cells of {@link SharedControl.cells}, used with Atomics only. */
export const CELL = {
  /** Host status the run's fabric-memory calls must return; 0 while the lease holds. */
  leaseStatus: 0,
  /** 1 while the worker copies to or from the lease's window. */
  leaseBusy: 1,
  /** Bytes of log that are there, always whole lines. */
  logLength: 2,
  /** 1 while main has been notified of new log and has not looked yet. */
  logNotified: 3,
  /** Pages of linear memory at the run's last report; 0 before it began. */
  memoryPages: 6,
} as const;

/**
 * Memory that main and one worker share besides the pool. The log is here and not in messages, so
 * that the log of a run that was ended from outside is still known.
 */
export interface SharedControl {
  cells: Int32Array;
  /**
   * Balance (wasm/meter/balance.ts) at the run's last report; valid once `memoryPages` is not 0.
   */
  balance: BigInt64Array;
  log: Uint8Array;
}

export function newControlBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + LIMITS.log + LOG_TRUNCATED.length);
}

export function sharedControl(buffer: SharedArrayBuffer): SharedControl {
  return {
    cells: new Int32Array(buffer, 0, HEADER_BYTES / 4),
    balance: new BigInt64Array(buffer, BALANCE_AT, 1),
    log: new Uint8Array(buffer, HEADER_BYTES),
  };
}
