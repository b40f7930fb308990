/**
 * Leased fabric memory over the memory data plane (docs/internals/mem-dataplane.md), for `grafos
 * mem` and the editor.
 */

import { GrafosError } from '../../base/grafosError.ts';
import { CoalescingWriter } from '../streams/coalescingWriter.ts';
import { FrameReader } from '../streams/frames.ts';
import {
  jsonFields,
  MEM,
  MEM_BODY_BYTES_MAX,
  MEM_CHUNK_BYTES_MAX,
  MEM_ERROR_CODES,
  MEM_LEASE_BYTES_MAX,
  type MemError,
  type MemErrorCode,
  type MemHello,
  memFrame,
  offsetField,
  parseMemFrame,
  rangeFields,
  readU64,
} from './memFrames.ts';
import { connectWebTransport, type WtSession } from './webTransport.ts';

export interface MemChange {
  offset: number;
  length: number;
}

export interface MemSession {
  /** Size of the lease, bytes. */
  readonly bytes: number;
  readonly hello: MemHello;
  read(offset: number, length: number): Promise<Uint8Array>;
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /**
   * Reports changes until the signal is aborted or the session ends, and resolves then. Changes
   * close in time come as one range.
   */
  watch(offset: number, length: number, onChange: (change: MemChange) => void, signal: AbortSignal): Promise<void>;
  /** Round trip, milliseconds. */
  ping(): Promise<number>;
  /** Shows a newer token for the same lease, so that the session outlives the first. */
  renew(token: string): Promise<void>;
  /**
   * The reason for the end of the session: a code of MEM_ERROR_CODES from the cell, or `closed`.
   * Never rejects.
   */
  readonly closed: Promise<string>;
  close(): void;
}

export interface MemTarget {
  /** https://host:port/mem, as the cell reports it. */
  url: string;
  /** SHA-256 of the server's certificate, lower-case hex. */
  sha256: string;
  token: string;
  leaseId: string;
  /** Milliseconds to connect and be let in; 5000 when not given. */
  timeoutMs?: number;
}

/**
 * Opens a session.
 *
 * @throws {GrafosError} the code of the cell's refusal, one of MEM_ERROR_CODES;
 *   mem_unreachable when no session comes about, which is also how a certificate with another hash
 *   appears; mem_session_lost when the session ends without a reason
 */
export async function openMemSession({
  url,
  sha256,
  token,
  leaseId,
  timeoutMs = 5_000,
}: MemTarget): Promise<MemSession> {
  let wt: WtSession;
  try {
    wt = await connectWebTransport({ url, sha256, timeoutMs });
  } catch (cause) {
    throw new GrafosError('mem_unreachable', `Cannot open the memory data plane at ${url}.`, {
      why: `${cause instanceof Error ? cause.message : String(cause)} Either nothing answers there, or it shows another certificate.`,
      next: 'See whether the stack runs: `grafos dev status`.',
      cause,
    });
  }
  try {
    const wire = new Wire(wt, await wt.open());
    return await greet(wire, wt, token, leaseId);
  } catch (error) {
    wt.close(0, '');
    throw error;
  }
}

async function greet(wire: Wire, wt: WtSession, token: string, leaseId: string): Promise<MemSession> {
  const hello = await wire.hello(token, leaseId);
  return {
    bytes: hello.bytes,
    hello,
    read: async (offset, length) => {
      const parts = await Promise.all(
        cut(length).map(async ([at, size]) => {
          const part = await wire.ask(MEM.read, MEM.data, rangeFields(offset + at, size));
          if (part.length !== size) throw wrongAnswer(`It sent ${part.length} bytes where ${size} were asked for.`);
          return part;
        }),
      );
      return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    },
    write: async (offset, bytes) => {
      await Promise.all(
        cut(bytes.length).map(([at, size]) =>
          wire.ask(MEM.write, MEM.written, offsetField(offset + at), bytes.subarray(at, at + size)),
        ),
      );
    },
    watch: (offset, length, onChange, signal) => wire.watch(offset, length, onChange, signal),
    ping: async () => {
      const start = performance.now();
      await wire.ask(MEM.ping, MEM.pong);
      return performance.now() - start;
    },
    renew: async (newer) => {
      await wire.hello(newer, leaseId);
    },
    closed: wire.closed,
    close: () => {
      wt.close(0, '');
      wire.end('closed');
    },
  };
}

/** Pieces of a read or write: [offset in it, size]. */
function cut(length: number): Array<[number, number]> {
  const pieces: Array<[number, number]> = [[0, Math.min(length, MEM_CHUNK_BYTES_MAX)]];
  for (let at = MEM_CHUNK_BYTES_MAX; at < length; at += MEM_CHUNK_BYTES_MAX) {
    pieces.push([at, Math.min(MEM_CHUNK_BYTES_MAX, length - at)]);
  }
  return pieces;
}

interface Pending {
  expect: number;
  resolve(rest: Buffer): void;
  reject(error: Error): void;
}

class Wire {
  readonly closed: Promise<string>;
  readonly #out: CoalescingWriter;
  readonly #pending = new Map<number, Pending>();
  readonly #watches = new Map<number, (change: MemChange) => void>();
  #nextId = 1;
  #ended: string | undefined;
  #resolveClosed: (why: string) => void = () => {};

  constructor(wt: WtSession, stream: Awaited<ReturnType<WtSession['open']>>) {
    this.#out = new CoalescingWriter((chunk) => stream.write(chunk));
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    const frames = new FrameReader(MEM_BODY_BYTES_MAX, (body) => this.#onFrame(body));
    const read = async () => {
      for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) frames.push(chunk);
    };
    read().catch((error: unknown) => {
      wt.close(0, 'frame_invalid');
      this.end(error instanceof Error ? error.message : String(error));
    });
    void wt.closed.then(({ reason }) => this.end(reason === '' ? 'closed' : reason));
  }

  async hello(token: string, leaseId: string): Promise<MemHello> {
    const hello = parsed<MemHello>(await this.ask(MEM.hello, MEM.helloOk, jsonFields({ token, lease_id: leaseId })));
    const { bytes } = hello;
    if (!Number.isInteger(bytes) || bytes < 1 || bytes > MEM_LEASE_BYTES_MAX) {
      throw wrongAnswer('It names a lease that no cell can give.');
    }
    return hello;
  }

  async ask(type: number, expect: number, fields?: Uint8Array, data?: Uint8Array): Promise<Buffer> {
    return (await this.#send(type, expect, fields, data)).answer;
  }

  async watch(
    offset: number,
    length: number,
    onChange: (change: MemChange) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return;
    const { id, answer } = this.#send(MEM.watch, MEM.watching, rangeFields(offset, length));
    // This happens before the answer: a change may be reported in the same turn.
    this.#watches.set(id, onChange);
    let onAbort = () => {};
    try {
      await answer;
      const aborted = new Promise<void>((resolve) => {
        onAbort = resolve;
        signal.addEventListener('abort', onAbort);
      });
      if (!signal.aborted) await Promise.race([aborted, this.closed]);
      if (this.#ended === undefined) await this.ask(MEM.unwatch, MEM.unwatched, u32(id));
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#watches.delete(id);
    }
  }

  end(why: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    this.#out.close();
    for (const { reject } of this.#pending.values()) reject(this.#lost());
    this.#pending.clear();
    this.#resolveClosed(why);
  }

  #send(type: number, expect: number, fields?: Uint8Array, data?: Uint8Array): { id: number; answer: Promise<Buffer> } {
    const id = this.#nextId;
    this.#nextId = id === 0xffff_ffff ? 1 : id + 1;
    const answer = new Promise<Buffer>((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#lost());
        return;
      }
      this.#pending.set(id, { expect, resolve, reject });
      this.#out.push(...memFrame(type, id, fields, data));
    });
    return { id, answer };
  }

  #lost(): GrafosError {
    const why = this.#ended ?? '';
    if (isMemErrorCode(why)) return new GrafosError(why, MEANING[why]);
    return new GrafosError('mem_session_lost', 'The memory session was lost.', { why });
  }

  #onFrame(body: Buffer): void {
    const { type, id, rest } = parseMemFrame(body);
    if (type === MEM.changed) {
      this.#watches.get(id)?.({ offset: readU64(rest, 0), length: readU64(rest, 8) });
      return;
    }
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (pending === undefined) return;
    if (type === MEM.error) {
      pending.reject(refusalIn(rest));
    } else if (type === pending.expect) {
      pending.resolve(Buffer.from(rest));
    } else {
      pending.reject(wrongAnswer(`It answered with frame ${type}.`));
    }
  }
}

function refusalIn(rest: Buffer): GrafosError {
  try {
    const { code, message } = parsed<Partial<MemError>>(rest);
    if (code === undefined || !isMemErrorCode(code) || typeof message !== 'string')
      throw wrongAnswer('Its refusal is none.');
    return new GrafosError(code, message);
  } catch (error) {
    if (error instanceof GrafosError) return error;
    throw error;
  }
}

/** @throws {GrafosError} mem_answer_invalid */
function parsed<T extends object>(rest: Buffer): T {
  let value: unknown;
  try {
    value = JSON.parse(rest.toString('utf8'));
  } catch {
    // Reported below, as what is JSON and no object is.
  }
  if (typeof value !== 'object' || value === null) throw wrongAnswer('It sent something that is no JSON object.');
  return value as T;
}

function wrongAnswer(why: string): GrafosError {
  return new GrafosError('mem_answer_invalid', 'The cell gave a wrong answer over the memory data plane.', {
    why,
    next: 'Use a grafos as new as the cell, or ask whoever runs it.',
  });
}

function isMemErrorCode(text: string): text is MemErrorCode {
  return (MEM_ERROR_CODES as readonly string[]).includes(text);
}

/** The meaning of each close reason, for a person. */
const MEANING: Record<MemErrorCode, string> = {
  frame_invalid: 'The cell could not read what was sent.',
  hello_required: 'The cell closed a session that did not begin with HELLO.',
  token_malformed: 'The capability token is malformed.',
  token_algorithm_refused: 'The capability token is signed in a way the cell does not accept.',
  token_signature_invalid: 'The capability token was not signed by this cell.',
  token_audience_mismatch: 'The capability token is for another cell.',
  token_expired: 'The capability token has expired.',
  token_superseded: 'The lease was renewed since the capability token was made.',
  token_of_another_lease: 'The capability token is for another lease.',
  lease_ended: 'The lease has ended; its bytes are gone.',
  lease_expired: 'The lease has expired; its bytes are gone.',
  lease_freed: 'The lease was freed; its bytes are gone.',
  right_missing: 'The capability token does not give this right.',
  out_of_bounds: 'The range is outside the lease.',
  too_many_watches: 'The session has too many watches.',
  too_many_sessions: 'The cell has too many memory sessions.',
  shutting_down: 'The cell is shutting down.',
  internal_error: 'The cell failed; its log says why.',
};

function u32(value: number): Buffer {
  const out = Buffer.allocUnsafe(4);
  out.writeUInt32BE(value, 0);
  return out;
}
