import { Buffer } from 'node:buffer';
import { LIMITS } from '../../../base/limits.ts';
import { fuelLeft } from '../../../wasm/meter/balance.ts';
import { PROFILE } from '../../../wasm/profile.ts';
import { PAGE_BYTES } from '../../../wasm/read/pages.ts';
import { HOST_STATUS } from '../boundary/hostStatus.ts';
import { CELL, type SharedControl } from '../boundary/sharedControl.ts';
import type { RunRequest } from '../boundary/workerMessages.ts';
import { HostTrapError } from './hostTrap.ts';
import { randomStream } from './randomStream.ts';
import type { RunLog } from './runLog.ts';

/** Blob handles a run gets. */
export const HANDLE = { context: 1, input: 2 } as const;

/** The label used for one that is not snake_case, or is longer than 64 bytes. */
export const INVALID_LABEL = 'invalid_label';

/** Most calls of `fail` in one run whose stack is taken: taking one is slower than the call. */
const FAILURES_PLACED = 64;

/** Bytes of a refused label that are looked at. */
const REFUSED_SHOWN = 256;

const LABEL = /^[a-z][a-z0-9_]*$/;
const EMPTY = new Uint8Array(0);

/**
 * The imports of tasklet-profile-v0 (docs/reference/tasklet-abi.md), made once for a worker and
 * lent to one run after another: `begin`, instantiate, `attach`, call, `finish`, `release`.
 *
 * Nothing of a run is left after `release`.
 *
 * Every pointer and length is unsigned and is checked against the memory as it is at the call. A
 * place outside of it ends the run before anything is read or written, also for a length of zero.
 * Handle, offset and lease are checked after that.
 */
export class HostFunctions {
  readonly imports: WebAssembly.Imports;
  readonly #pool: SharedArrayBuffer;
  readonly #control: SharedControl;
  readonly #log: RunLog;

  #memory: WebAssembly.Memory | null = null;
  #balance: WebAssembly.Global | null = null;
  #view: Uint8Array = EMPTY;
  #request: RunRequest | null = null;
  #random: ((target: Uint8Array) => void) | null = null;
  #lease: Uint8Array | null = null;
  #output: Uint8Array = EMPTY;
  #outputLength = 0;
  /** Stack of the first `output_write` that did not fit; null while all did. */
  refusedAt: Error | null = null;
  /** The label that the last `fail` gave. */
  label: string | null = null;
  /** The words that the last `fail` gave and that are no label; null where it gave one. */
  refusedLabel: string | null = null;
  /** Stack of the last `fail`; null after more than {@link FAILURES_PLACED} of them. */
  failedAt: Error | null = null;
  #failures = 0;

  constructor(pool: SharedArrayBuffer, control: SharedControl, log: RunLog) {
    this.#pool = pool;
    this.#control = control;
    this.#log = log;
    this.imports = {
      grafos_tasklet_v0: {
        blob_read: (handle: number, offset: number, dst: number, len: number) =>
          this.#blobRead(handle, offset >>> 0, dst >>> 0, len >>> 0),
        output_write: (src: number, len: number) => this.#outputWrite(src >>> 0, len >>> 0),
        fail: (label: number, len: number) => this.#fail(label >>> 0, len >>> 0),
        clock_unix_nanos: () => this.#clock(),
        random_fill: (dst: number, len: number) => this.#randomFill(dst >>> 0, len >>> 0),
        log: (level: number, src: number, len: number) => {
          this.#mark();
          this.#log.write(level >>> 0, this.#slice('log', src >>> 0, len >>> 0));
        },
      },
      fabricbios_fbmu_v0: {
        fbmu_hello: () => BigInt(this.#leaseStatus() || (this.#lease?.length ?? 0)),
        fbmu_read: (offset: bigint, dst: number, len: number) => {
          const target = this.#slice('fbmu_read', dst >>> 0, len >>> 0);
          return this.#copy(offset, target.length, (window) => target.set(window));
        },
        fbmu_write: (offset: bigint, src: number, len: number) => {
          const source = this.#slice('fbmu_write', src >>> 0, len >>> 0);
          return this.#copy(offset, source.length, (window) => window.set(source));
        },
      },
      // This cell has no block unit: nothing is looked at, not even the pointers.
      fabricbios_fbbu_v0: Object.fromEntries(
        PROFILE.imports.fabricbios_fbbu_v0.map(({ name, results }) => {
          const status = results[0] === 'i64' ? BigInt(HOST_STATUS.unsupported) : HOST_STATUS.unsupported;
          return [name, () => status];
        }),
      ),
    };
  }

  begin(request: RunRequest): void {
    this.#request = request;
    this.#lease =
      request.leaseBytes === -1 ? null : new Uint8Array(this.#pool, request.leaseOffset, request.leaseBytes);
    this.#log.reset();
  }

  /** @param balance the metered instance's fuel global */
  attach(memory: WebAssembly.Memory, balance: WebAssembly.Global): void {
    this.#memory = memory;
    this.#balance = balance;
    this.#mark();
  }

  /**
   * Shares the run's progress with the main thread.
   *
   * A run that is ended from outside reports nothing more, and between two calls its code alone has
   * the balance. `fail` and calls to fabric memory share nothing: the latter come too often.
   */
  #mark(): void {
    const memory = this.#memory;
    const balance = this.#balance;
    const control = this.#control;
    if (memory === null || balance === null) return;
    control.balance[0] = balance.value;
    Atomics.store(control.cells, CELL.memoryPages, memory.buffer.byteLength / PAGE_BYTES);
  }

  /** The output so far, in a buffer of its own. */
  takeOutput(): Uint8Array {
    return this.#output.length === this.#outputLength ? this.#output : this.#output.slice(0, this.#outputLength);
  }

  release(): void {
    this.#memory = null;
    this.#balance = null;
    this.#view = EMPTY;
    this.#request = null;
    this.#random = null;
    this.#lease = null;
    this.#output = EMPTY;
    this.#outputLength = 0;
    this.refusedAt = null;
    this.label = null;
    this.refusedLabel = null;
    this.failedAt = null;
    this.#failures = 0;
  }

  #slice(name: string, pointer: number, length: number): Uint8Array {
    // Growth detaches the old buffer, which empties the view on it.
    if (this.#view.length === 0 && this.#memory !== null) this.#view = new Uint8Array(this.#memory.buffer);
    if (pointer + length > this.#view.length) throw new HostTrapError(name);
    return this.#view.subarray(pointer, pointer + length);
  }

  #blobRead(handle: number, offset: number, dst: number, len: number): number {
    this.#mark();
    const target = this.#slice('blob_read', dst, len);
    const blob =
      handle === HANDLE.input ? this.#request?.input : handle === HANDLE.context ? this.#request?.context : undefined;
    if (blob === undefined) return HOST_STATUS.badHandle;
    const part = blob.subarray(offset, offset + len);
    target.set(part);
    return part.length;
  }

  #outputWrite(src: number, len: number): number {
    this.#mark();
    const source = this.#slice('output_write', src, len);
    const length = this.#outputLength + len;
    if (length > LIMITS.output) {
      this.refusedAt ??= new Error('output refused');
      return HOST_STATUS.capacityExceeded;
    }
    if (length > this.#output.length) {
      const bigger = new Uint8Array(Math.min(LIMITS.output, Math.max(length, this.#output.length * 2)));
      bigger.set(this.#output.subarray(0, this.#outputLength));
      this.#output = bigger;
    }
    this.#output.set(source, this.#outputLength);
    this.#outputLength = length;
    return HOST_STATUS.success;
  }

  #fail(pointer: number, len: number): void {
    const bytes = this.#slice('fail', pointer, len);
    const label = len > LIMITS.failLabel ? '' : Buffer.from(bytes).toString('latin1');
    const isLabel = LABEL.test(label);
    this.label = isLabel ? label : INVALID_LABEL;
    // A copy of its beginning: the bytes are the tasklet's, and may be many.
    this.refusedLabel = isLabel ? null : Buffer.from(bytes.subarray(0, REFUSED_SHOWN)).toString('utf8');
    this.failedAt = ++this.#failures > FAILURES_PLACED ? null : new Error('failed');
  }

  #clock(): bigint {
    this.#mark();
    const request = this.#request;
    const balance = this.#balance;
    if (request === null || balance === null) return 0n;
    return BigInt(request.startUnixNanos) + BigInt(request.fuel - fuelLeft(balance.value));
  }

  #randomFill(dst: number, len: number): void {
    this.#mark();
    const target = this.#slice('random_fill', dst, len);
    this.#random ??= randomStream(this.#request?.seed ?? '');
    this.#random(target);
  }

  /**
   * Unsupported where the cell has no memory unit at all; Disconnected where only this run has no
   * lease of it.
   */
  #leaseStatus(): number {
    if (this.#pool.byteLength === 0) return HOST_STATUS.unsupported;
    if (this.#lease === null) return HOST_STATUS.disconnected;
    return Atomics.load(this.#control.cells, CELL.leaseStatus);
  }

  /** CapacityExceeded where not all of the bytes are inside the lease. Then none is copied. */
  #copy(offset: bigint, length: number, move: (window: Uint8Array) => void): number {
    const { cells } = this.#control;
    const start = BigInt.asUintN(64, offset);
    // Busy is set before the status is read: the end of a lease sets the status and then waits
    // until busy is cleared.
    Atomics.store(cells, CELL.leaseBusy, 1);
    try {
      const status = this.#leaseStatus();
      const lease = this.#lease;
      if (status !== HOST_STATUS.success || lease === null) return status;
      if (start + BigInt(length) > BigInt(lease.length)) return HOST_STATUS.capacityExceeded;
      move(lease.subarray(Number(start), Number(start) + length));
      return HOST_STATUS.success;
    } finally {
      Atomics.store(cells, CELL.leaseBusy, 0);
    }
  }
}
