/**
 * Bytes that go with a message (docs/internals/fabric-control.md, "Payloads").
 *
 * Short ones travel inside the message. Longer ones are a blob on a channel of their own, in chunks
 * that take turns, so that no blob starves another or the messages.
 *
 * A sender has at most {@link BLOB_WINDOW_BYTES} on the way that the other end has not taken yet.
 * It begins a blob only when all of it fits, so that two half-sent blobs cannot wait for each
 * other.
 */

import { FrameInvalidError, frameHead } from '../streams/frames.ts';
import type { Payload } from '../wire/fabricControl.ts';
import { BLOB_HEAD_BYTES, BlobFrames } from './blobFrames.ts';
import type { ByteChannel } from './controlLink.ts';

/**
 * Largest size that travels inside the message.
 *
 * Up to here base64 costs less than a blob with its two more frames; measured on loopback. Inlining
 * wins up to 4 KiB for single requests, and up to 1 KiB with many in flight over QUIC. At 16 KiB it
 * has 1/12 of the blob's throughput.
 */
export const INLINE_BYTES_MAX = 2 * 1024;
export const BLOB_BYTES_MAX = 32 * 1024 * 1024;
export const BLOB_WINDOW_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
/** Whoever names a blob must have sent it within this time. */
const BLOB_TIMEOUT_MS = 60_000;

const KIND = { open: 0, data: 1, credit: 2 } as const;

/** A payload that cannot be had: malformed, too long, or never sent. The link stays as it is. */
export class PayloadInvalidError extends Error {
  readonly code: 'bad_request' | 'too_large';

  constructor(code: 'bad_request' | 'too_large', message: string) {
    super(message);
    this.name = 'PayloadInvalidError';
    this.code = code;
  }
}

interface Outgoing {
  id: number;
  bytes: Uint8Array;
  sent: number;
}

interface Incoming {
  bytes: Buffer;
  filled: number;
}

export class BlobExchange {
  readonly #channel: ByteChannel;
  #nextId = 1;
  readonly #queue: Outgoing[] = [];
  readonly #active: Outgoing[] = [];
  #credit = BLOB_WINDOW_BYTES;
  #pumping = false;
  readonly #incoming = new Map<number, Incoming>();
  /** Sum of the sizes of the blobs in #incoming. */
  #held = 0;
  /** Blobs are opened in the order of their ids, without a gap. */
  #nextOpen = 1;
  /** The frame that is being received, and where its data goes. */
  #frame: { id: number; kind: number; into: Incoming } = {
    id: 0,
    kind: 0,
    into: { bytes: Buffer.alloc(0), filled: 0 },
  };
  readonly #waiters = new Map<number, () => void>();
  readonly #unwanted = new Set<number>();
  #ended: string | undefined;

  /**
   * Begins to read the channel. A malformed frame throws out of the channel's listener, which
   * closes the link.
   */
  constructor(channel: ByteChannel) {
    this.#channel = channel;
    const frames = new BlobFrames(CHUNK_BYTES, {
      begin: (id, kind, length) => this.#begin(id, kind, length),
      data: (piece) => this.#data(piece),
      end: () => this.#endFrame(),
    });
    channel.receive((chunk) => frames.push(chunk));
  }

  /** Makes the part of a message for some bytes. The bytes must not change until they are sent. */
  send(bytes: Uint8Array): Payload {
    if (bytes.length <= INLINE_BYTES_MAX) return { inline_b64: base64(bytes) };
    if (bytes.length > BLOB_BYTES_MAX) {
      throw new PayloadInvalidError('too_large', `${bytes.length} bytes; at most ${BLOB_BYTES_MAX} can be sent`);
    }
    const id = this.#nextId;
    this.#nextId = idAfter(id);
    this.#queue.push({ id, bytes, sent: 0 });
    this.#pump().catch(ignore);
    return { blob: id, size: bytes.length };
  }

  /** The bytes of a payload that came in a message. Throws {@link PayloadInvalidError}. */
  async receive(payload: Payload, bytesMax: number): Promise<Uint8Array> {
    if ('inline_b64' in payload) return fromInline(payload.inline_b64, bytesMax);
    const { blob: id, size } = payload;
    if (size > bytesMax) {
      this.discard(payload);
      throw new PayloadInvalidError('too_large', `${size} bytes; at most ${bytesMax} are allowed`);
    }
    const incoming = await this.#whenComplete(id);
    this.#release(id, incoming);
    if (incoming.bytes.length !== size) {
      throw new PayloadInvalidError('bad_request', `blob ${id} has ${incoming.bytes.length} bytes, not ${size}`);
    }
    return incoming.bytes;
  }

  /** Gives a payload up. It will not be received, and no longer counts against the window. */
  discard(payload: Payload): void {
    if (!('blob' in payload)) return;
    const incoming = this.#incoming.get(payload.blob);
    if (incoming !== undefined && isComplete(incoming)) this.#release(payload.blob, incoming);
    else this.#unwanted.add(payload.blob);
  }

  end(reason: string): void {
    this.#ended = reason;
    this.#queue.length = 0;
    this.#active.length = 0;
    this.#incoming.clear();
    for (const wake of this.#waiters.values()) wake();
    this.#waiters.clear();
  }

  async #whenComplete(id: number): Promise<Incoming> {
    const deadline = performance.now() + BLOB_TIMEOUT_MS;
    for (;;) {
      if (this.#ended !== undefined)
        throw new PayloadInvalidError('bad_request', `the connection ended: ${this.#ended}`);
      const incoming = this.#incoming.get(id);
      if (incoming !== undefined && isComplete(incoming)) return incoming;
      if (incoming === undefined && isBefore(id, this.#nextOpen)) {
        throw new PayloadInvalidError('bad_request', `blob ${id} was taken before or never sent`);
      }
      if (this.#waiters.has(id)) throw new PayloadInvalidError('bad_request', `blob ${id} is named twice`);
      const left = deadline - performance.now();
      if (left <= 0) {
        this.#unwanted.add(id);
        throw new PayloadInvalidError('bad_request', `blob ${id} did not come within ${BLOB_TIMEOUT_MS} ms`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiters.set(id, () => {
          clearTimeout(timer);
          resolve();
        });
      }).finally(() => this.#waiters.delete(id));
    }
  }

  #release(id: number, incoming: Incoming): void {
    this.#incoming.delete(id);
    this.#held -= incoming.bytes.length;
    this.#write(KIND.credit, 0, u32(incoming.bytes.length)).catch(ignore);
  }

  #begin(id: number, kind: number, length: number): void {
    if (kind === KIND.data) {
      const incoming = this.#incoming.get(id);
      if (incoming === undefined || isComplete(incoming))
        throw new FrameInvalidError(`data for blob ${id}, which is not open`);
      if (length === 0 || incoming.filled + length > incoming.bytes.length) {
        throw new FrameInvalidError(`blob ${id} has more bytes than it announced`);
      }
      this.#frame = { id, kind, into: incoming };
    } else if (kind === KIND.open || kind === KIND.credit) {
      const isWellFormed = length === 4 && (kind === KIND.open || id === 0);
      if (!isWellFormed) throw new FrameInvalidError(`a malformed ${kind === KIND.open ? 'open' : 'credit'} frame`);
      this.#frame = { id, kind, into: { bytes: Buffer.alloc(length), filled: 0 } };
    } else throw new FrameInvalidError(`a blob frame of kind ${kind}`);
  }

  #data(piece: Uint8Array): void {
    const { into } = this.#frame;
    into.bytes.set(piece, into.filled);
    into.filled += piece.length;
  }

  #endFrame(): void {
    const { id, kind, into } = this.#frame;
    if (kind === KIND.open) this.#onOpen(id, into.bytes.readUInt32BE(0));
    else if (kind === KIND.credit) this.#onCredit(into.bytes.readUInt32BE(0));
    else if (isComplete(into)) {
      if (this.#unwanted.delete(id)) this.#release(id, into);
      this.#waiters.get(id)?.();
    }
  }

  #onCredit(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit > BLOB_WINDOW_BYTES) throw new FrameInvalidError('more credit than was used');
    this.#pump().catch(ignore);
  }

  #onOpen(id: number, size: number): void {
    if (size === 0 || size > BLOB_BYTES_MAX) throw new FrameInvalidError(`a blob of ${size} bytes`);
    if (id !== this.#nextOpen) throw new FrameInvalidError(`blob ${id} is opened out of order`);
    if (this.#held + size > BLOB_WINDOW_BYTES) throw new FrameInvalidError('more blob bytes than the window allows');
    this.#nextOpen = idAfter(id);
    this.#held += size;
    this.#incoming.set(id, { bytes: Buffer.allocUnsafeSlow(size), filled: 0 });
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (;;) {
        await this.#admit();
        const next = this.#active.shift();
        if (next === undefined) return;
        const chunk = next.bytes.subarray(next.sent, next.sent + CHUNK_BYTES);
        next.sent += chunk.length;
        if (next.sent < next.bytes.length) this.#active.push(next);
        await this.#write(KIND.data, next.id, chunk);
      }
    } finally {
      this.#pumping = false;
    }
  }

  async #admit(): Promise<void> {
    for (let next = this.#queue[0]; next !== undefined && next.bytes.length <= this.#credit; next = this.#queue[0]) {
      this.#queue.shift();
      this.#credit -= next.bytes.length;
      this.#active.push(next);
      await this.#write(KIND.open, next.id, u32(next.bytes.length));
    }
  }

  #write(kind: number, id: number, data: Uint8Array): Promise<void> {
    if (this.#ended !== undefined) return Promise.resolve();
    const head = Buffer.allocUnsafe(BLOB_HEAD_BYTES);
    head.writeUInt32BE(id, 0);
    head[4] = kind;
    return this.#channel.write(frameHead(BLOB_HEAD_BYTES + data.length, head), data);
  }
}

function isComplete(incoming: Incoming): boolean {
  return incoming.filled === incoming.bytes.length;
}

/** Ids are u32 and begin again at 1: a connection may live for months. */
function idAfter(id: number): number {
  return id === 0xffff_ffff ? 1 : id + 1;
}

function isBefore(id: number, other: number): boolean {
  return (id - other) >>> 0 >= 0x8000_0000;
}

function fromInline(text: string, bytesMax: number): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length > bytesMax) {
    throw new PayloadInvalidError('too_large', `${bytes.length} bytes; at most ${bytesMax} are allowed`);
  }
  // Node decodes what it can; only what it would write itself is base64 (RFC 4648 section 4).
  if (bytes.toString('base64') !== text) throw new PayloadInvalidError('bad_request', 'inline_b64 is not base64');
  return bytes;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function u32(value: number): Uint8Array {
  const out = Buffer.allocUnsafe(4);
  out.writeUInt32BE(value, 0);
  return out;
}

/** A failed write means that the link is gone, which `end` reports. */
function ignore(): void {}
