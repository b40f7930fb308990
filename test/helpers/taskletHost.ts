/**
 * The host side of tasklet-profile-v0, as small as it can be: real wasm, no metering, no limits but
 * those of the contract.
 */

export interface HostRun {
  input?: Uint8Array | string;
  /** The init context. */
  context?: unknown;
  /** Fabric memory; none when absent. */
  lease?: Uint8Array;
  startNanos?: bigint;
}

export interface HostOutcome {
  /** The result of run, or null after a trap. */
  code: number | null;
  trap: string | null;
  /** Labels in the order `fail` got them. */
  labels: string[];
  output: Uint8Array;
  text: string;
  log: Array<[level: number, text: string]>;
  memoryPages: number;
}

const UNSUPPORTED = -5;
const CAPACITY_EXCEEDED = -4;
const CONTEXT = 7;
const INPUT = 9;

export function runOnHost(wasm: Uint8Array, run: HostRun = {}): HostOutcome {
  const blobs = new Map<number, Uint8Array>([
    [CONTEXT, Buffer.from(JSON.stringify(run.context ?? {}), 'utf8')],
    [INPUT, typeof run.input === 'string' ? Buffer.from(run.input, 'utf8') : (run.input ?? new Uint8Array(0))],
  ]);
  const output: Buffer[] = [];
  const outcome: HostOutcome = {
    code: null,
    trap: null,
    labels: [],
    output: new Uint8Array(0),
    text: '',
    log: [],
    memoryPages: 0,
  };
  let clock = run.startNanos ?? 0n;
  let random = 0;
  // The memory grows, so its buffer is asked for anew each time.
  const memory = () => new Uint8Array((instance.exports.memory as { buffer: ArrayBuffer }).buffer);
  const text = (at: number, length: number) =>
    new TextDecoder('utf-8', { fatal: true }).decode(memory().subarray(at, at + length));
  const lease = (offset: bigint, length: number, use: (window: Uint8Array) => void): number => {
    if (run.lease === undefined) return UNSUPPORTED;
    if (offset < 0n || offset + BigInt(length) > BigInt(run.lease.length)) return CAPACITY_EXCEEDED;
    use(run.lease.subarray(Number(offset), Number(offset) + length));
    return 0;
  };
  const imports = {
    grafos_tasklet_v0: {
      blob_read(handle: number, offset: number, to: number, length: number) {
        const blob = blobs.get(handle);
        if (blob === undefined) return UNSUPPORTED;
        const part = blob.subarray(offset, offset + length);
        memory().set(part, to);
        return part.length;
      },
      output_write(from: number, length: number) {
        output.push(Buffer.from(memory().subarray(from, from + length)));
        return 0;
      },
      fail: (at: number, length: number) => void outcome.labels.push(text(at, length)),
      clock_unix_nanos: () => clock++,
      random_fill(to: number, length: number) {
        const bytes = memory();
        for (let at = to; at < to + length; at++) bytes[at] = ++random;
      },
      log: (level: number, at: number, length: number) => void outcome.log.push([level, text(at, length)]),
    },
    fabricbios_fbmu_v0: {
      fbmu_hello: () => BigInt(run.lease?.length ?? UNSUPPORTED),
      fbmu_read: (offset: bigint, to: number, length: number) =>
        lease(offset, length, (window) => memory().set(window, to)),
      fbmu_write: (offset: bigint, from: number, length: number) =>
        lease(offset, length, (window) => window.set(memory().subarray(from, from + length))),
    },
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(wasm)), imports);
  const exported = (name: string) => instance.exports[name] as (...values: number[]) => number;
  try {
    exported('_grafos_tasklet_init')(CONTEXT, blobs.get(CONTEXT)?.length ?? 0);
    outcome.code = exported('_grafos_tasklet_run')(INPUT, blobs.get(INPUT)?.length ?? 0);
    exported('_grafos_tasklet_finalize')();
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    outcome.trap = error.message;
  }
  outcome.output = new Uint8Array(Buffer.concat(output));
  outcome.text = Buffer.from(outcome.output).toString('utf8');
  outcome.memoryPages = memory().length / 65_536;
  return outcome;
}
