/**
 * One session of the memory data plane. It reads frames, answers them, and keeps to the bounds of
 * the lease and the rights of the token (docs/internals/mem-dataplane.md).
 */

import {
  jsonFields,
  MEM,
  MEM_BODY_BYTES_MAX,
  MEM_CHUNK_BYTES_MAX,
  MEM_PING_BYTES_MAX,
  type MemError,
  type MemErrorCode,
  type MemFrame,
  type MemHello,
  memFrame,
  parseMemFrame,
  rangeFields,
  readU64,
} from '../../memory/memFrames.ts';
import type { WtStream } from '../../memory/webTransport.ts';
import { CapabilityRefusedError } from '../../peers/capabilityToken.ts';
import { CoalescingWriter } from '../../streams/coalescingWriter.ts';
import { FrameInvalidError, FrameReader } from '../../streams/frames.ts';
import type { CapabilityRight } from '../../wire/fabricControl.ts';
import { type CellClock, rfc3339 } from '../leases/cellClock.ts';
import type { LiveLease } from '../leases/leaseTable.ts';
import type { Change, LeaseWatchers } from '../leases/leaseWatchers.ts';

/** The rights of a token, once everything about it was checked. */
export interface Grant {
  lease: LiveLease;
  generation: number;
  rights: readonly CapabilityRight[];
  /** Offset in the lease, bytes. */
  offset: number;
  length: number;
  /** Cell time, milliseconds. */
  expiresAt: number;
}

export class GrantRefusedError extends Error {
  readonly code: MemErrorCode;

  constructor(code: MemErrorCode, message: string) {
    super(message);
    this.name = 'GrantRefusedError';
    this.code = code;
  }
}

/**
 * The reason for which a session ends at the end of its token. A token lives until its lease ends
 * at most, to the millisecond. Then the lease is the reason, whichever timer is first.
 */
export function expiryOf({ lease, expiresAt }: Pick<Grant, 'lease' | 'expiresAt'>): MemErrorCode {
  const endsWithLease = lease.holder === null && Math.floor(lease.expiresAt) <= expiresAt;
  return endsWithLease ? 'lease_expired' : 'token_expired';
}

export interface MemSessionOptions {
  stream: WtStream;
  clock: CellClock;
  watchers: LeaseWatchers;
  /** Throws CapabilityRefusedError or GrantRefusedError. */
  admit(token: string): Grant;
  /**
   * Called when a HELLO was admitted: until then the session is a stranger's, and its owner bounds
   * how long.
   */
  granted(): void;
  /** Closes the whole session; called once. */
  close(why: MemErrorCode): void;
}

const WATCHES_MAX = 64;
/** A client that does not read its answers is not asked for more. */
const UNSENT_BYTES_MAX = 1024 * 1024;

export class MemSession {
  readonly #options: MemSessionOptions;
  readonly #out: CoalescingWriter;
  readonly #watches = new Map<number, { dispose(): void; pending: Change | undefined }>();
  #grant: Grant | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(options: MemSessionOptions) {
    this.#options = options;
    this.#out = new CoalescingWriter((chunk) => options.stream.write(chunk));
  }

  get grant(): Grant | undefined {
    return this.#grant;
  }

  /** Reads frames until the session is over. */
  async serve(): Promise<void> {
    const frames: MemFrame[] = [];
    // Copied: a frame may wait here for the client to read its answers.
    const reader = new FrameReader(MEM_BODY_BYTES_MAX, (body) => frames.push(parseMemFrame(Buffer.from(body))));
    try {
      for (;;) {
        const chunk = await this.#options.stream.read();
        if (chunk === undefined) return;
        reader.push(chunk);
        for (let frame = frames.shift(); frame !== undefined; frame = frames.shift()) {
          if (this.#ended) return;
          this.#handle(frame);
          await this.#out.drained(UNSENT_BYTES_MAX);
        }
      }
    } catch (error) {
      if (!(error instanceof FrameInvalidError)) throw error;
      this.end('frame_invalid');
    } finally {
      this.dispose();
    }
  }

  /** Closes the session with a reason, after what was answered before. */
  end(why: MemErrorCode): void {
    if (this.#ended) return;
    this.#ended = true;
    this.dispose();
    void this.#out.drained(0).then(() => {
      this.#out.close();
      this.#options.close(why);
    });
  }

  /** Stops timers and watches; answers nothing any more. */
  dispose(): void {
    clearTimeout(this.#timer);
    for (const { dispose } of this.#watches.values()) dispose();
    this.#watches.clear();
    this.#grant = undefined;
  }

  #handle(frame: MemFrame): void {
    const { type, id } = frame;
    if (id === 0) throw new FrameInvalidError('a request with the id 0');
    try {
      if (type === MEM.hello) this.#hello(frame);
      else if (this.#grant === undefined)
        throw new GrantRefusedError('hello_required', 'The first frame must be HELLO.');
      else this.#serveGranted(frame, this.#grant);
    } catch (error) {
      if (!(error instanceof GrantRefusedError || error instanceof CapabilityRefusedError)) throw error;
      const { code, message } = error;
      if (type === MEM.hello || code === 'hello_required') this.end(code);
      else this.#send(MEM.error, id, jsonFields({ code, message } satisfies MemError));
    }
  }

  #hello({ id, rest }: MemFrame): void {
    const { token, leaseId } = parseHello(rest);
    const grant = this.#options.admit(token);
    if (grant.lease.id !== leaseId || (this.#grant !== undefined && this.#grant.lease !== grant.lease)) {
      throw new GrantRefusedError('token_of_another_lease', `The token is not for the lease ${leaseId}.`);
    }
    this.#grant = grant;
    this.#options.granted();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.end(expiryOf(grant)),
      Math.max(0, Math.ceil(grant.expiresAt - this.#options.clock())),
    );
    const answer: MemHello = {
      lease_id: grant.lease.id,
      generation: grant.generation,
      bytes: grant.lease.bytes,
      rights: [...grant.rights],
      offset: grant.offset,
      length: grant.length,
      expires_at: rfc3339(grant.expiresAt),
    };
    this.#send(MEM.helloOk, id, jsonFields(answer));
  }

  #serveGranted({ type, id, rest }: MemFrame, grant: Grant): void {
    // A timer may be late; the clock is not.
    if (grant.expiresAt <= this.#options.clock()) {
      this.end(expiryOf(grant));
      return;
    }
    const { lease } = grant;
    switch (type) {
      case MEM.read: {
        const { offset, length } = rangeOf(rest, grant, 'read');
        if (length > MEM_CHUNK_BYTES_MAX) throw new FrameInvalidError(`a READ of ${length} bytes`);
        // The pool is shared memory: what is sent must be a copy that does not change on the way.
        this.#send(MEM.data, id, undefined, Buffer.from(lease.window.subarray(offset, offset + length)));
        return;
      }
      case MEM.write: {
        const data = rest.subarray(8);
        const change = allowed(grant, 'write', readU64(rest, 0), data.length);
        lease.window.set(data, change.offset);
        this.#send(MEM.written, id);
        this.#options.watchers.wrote(lease, change);
        return;
      }
      case MEM.watch:
        this.#watch(id, lease, rangeOf(rest, grant, 'read'));
        return;
      case MEM.unwatch: {
        if (rest.length !== 4) throw new FrameInvalidError('a malformed UNWATCH');
        const watch = rest.readUInt32BE(0);
        this.#watches.get(watch)?.dispose();
        this.#watches.delete(watch);
        this.#send(MEM.unwatched, id);
        return;
      }
      case MEM.ping:
        if (rest.length > MEM_PING_BYTES_MAX) throw new FrameInvalidError(`a PING of ${rest.length} bytes`);
        this.#send(MEM.pong, id, rest);
        return;
      default:
        throw new FrameInvalidError(`a frame of type ${type}`);
    }
  }

  #watch(id: number, lease: LiveLease, range: Change): void {
    if (this.#watches.has(id)) throw new FrameInvalidError(`WATCH ${id} is there already`);
    if (this.#watches.size >= WATCHES_MAX) {
      throw new GrantRefusedError('too_many_watches', `A session may have ${WATCHES_MAX} watches.`);
    }
    const watch = { dispose: () => {}, pending: undefined as Change | undefined };
    watch.dispose = this.#options.watchers.watch(lease, range, (change) => {
      // Changes within one turn of the event loop are reported as the one range that spans them, so
      // at most one frame waits.
      if (watch.pending === undefined) setImmediate(() => this.#tell(id, watch));
      watch.pending = watch.pending === undefined ? change : span(watch.pending, change);
    });
    this.#watches.set(id, watch);
    this.#send(MEM.watching, id);
  }

  #tell(id: number, watch: { pending: Change | undefined }): void {
    const change = watch.pending;
    if (change === undefined || !this.#watches.has(id)) return;
    if (this.#out.pending > UNSENT_BYTES_MAX) {
      void this.#out.drained(UNSENT_BYTES_MAX).then(() => this.#tell(id, watch));
      return;
    }
    watch.pending = undefined;
    this.#send(MEM.changed, id, rangeFields(change.offset, change.length));
  }

  #send(type: number, id: number, fields?: Uint8Array, data?: Uint8Array): void {
    this.#out.push(...memFrame(type, id, fields, data));
  }
}

function parseHello(rest: Buffer): { token: string; leaseId: string } {
  let value: unknown;
  try {
    value = JSON.parse(rest.toString('utf8'));
  } catch {
    throw new FrameInvalidError('a HELLO that is not JSON');
  }
  const { token, lease_id: leaseId } = (value ?? {}) as Record<string, unknown>;
  if (typeof token !== 'string' || typeof leaseId !== 'string')
    throw new FrameInvalidError('a HELLO without token and lease_id');
  return { token, leaseId };
}

function rangeOf(rest: Buffer, grant: Grant, right: CapabilityRight): Change {
  if (rest.length !== 16) throw new FrameInvalidError('a malformed range');
  return allowed(grant, right, readU64(rest, 0), readU64(rest, 8));
}

function allowed(grant: Grant, right: CapabilityRight, offset: number, length: number): Change {
  if (!grant.rights.includes(right)) {
    throw new GrantRefusedError('right_missing', `The token does not give the right to ${right}.`);
  }
  if (offset < grant.offset || offset + length > grant.offset + grant.length) {
    throw new GrantRefusedError(
      'out_of_bounds',
      `Bytes ${offset} to ${offset + length} are outside ${grant.offset} to ${grant.offset + grant.length}.`,
    );
  }
  return { offset, length };
}

function span(a: Change, b: Change): Change {
  const offset = Math.min(a.offset, b.offset);
  return { offset, length: Math.max(a.offset + a.length, b.offset + b.length) - offset };
}
