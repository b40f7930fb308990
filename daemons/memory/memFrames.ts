/**
 * Frames of the memory data plane (docs/internals/mem-dataplane.md). The body of a frame is u8
 * type, u32 request id, then the fields of its type. Numbers are big-endian, offsets and lengths
 * u64.
 */
import type { ErrorCode } from '../../base/errorCodes.ts';
import { FrameInvalidError, frameHead } from '../streams/frames.ts';

export const MEM_PATH = '/mem';

/** From client to cell below 0x80, from cell to client above. */
export const MEM = {
  hello: 0x01,
  read: 0x02,
  write: 0x03,
  watch: 0x04,
  unwatch: 0x05,
  ping: 0x06,
  helloOk: 0x81,
  data: 0x82,
  written: 0x83,
  watching: 0x84,
  unwatched: 0x85,
  pong: 0x86,
  /** Unasked; the request id is that of the WATCH. */
  changed: 0x90,
  error: 0xff,
} as const;

/** Bytes that one READ or WRITE may move. Longer ones are cut by the client. */
export const MEM_CHUNK_BYTES_MAX = 256 * 1024;
export const MEM_BODY_BYTES_MAX = MEM_CHUNK_BYTES_MAX + 64;
/** The largest memory pool of a cell, and so the largest lease. */
export const MEM_LEASE_BYTES_MAX = 4 * 1024 ** 3;
export const MEM_PING_BYTES_MAX = 32;

/** Codes of ERROR frames, and the reasons a session is closed with. */
export const MEM_ERROR_CODES = [
  'frame_invalid',
  'hello_required',
  'token_malformed',
  'token_algorithm_refused',
  'token_signature_invalid',
  'token_audience_mismatch',
  'token_expired',
  'token_superseded',
  'token_of_another_lease',
  'lease_ended',
  'lease_expired',
  'lease_freed',
  'right_missing',
  'out_of_bounds',
  'too_many_watches',
  'too_many_sessions',
  'shutting_down',
  'internal_error',
] as const satisfies readonly ErrorCode[];

export type MemErrorCode = (typeof MEM_ERROR_CODES)[number];

/** The answer to HELLO, as JSON. */
export interface MemHello {
  lease_id: string;
  generation: number;
  /** Size of the lease. */
  bytes: number;
  rights: string[];
  /** The range the token is good for. */
  offset: number;
  length: number;
  /** RFC 3339, of the token. */
  expires_at: string;
}

export interface MemError {
  code: MemErrorCode;
  message: string;
}

export interface MemFrame {
  type: number;
  id: number;
  /** The fields after type and id; a view that lives only as long as the frame is handled. */
  rest: Buffer;
}

const HEAD_BYTES = 5;

export function parseMemFrame(body: Buffer): MemFrame {
  if (body.length < HEAD_BYTES) throw new FrameInvalidError(`a frame of ${body.length} bytes`);
  return { type: body.readUInt8(0), id: body.readUInt32BE(1), rest: body.subarray(HEAD_BYTES) };
}

/** One frame as the parts to write one after the other; `data` is not copied. */
export function memFrame(type: number, id: number, fields: Uint8Array = EMPTY, data: Uint8Array = EMPTY): Uint8Array[] {
  const head = Buffer.allocUnsafe(HEAD_BYTES + fields.length);
  head.writeUInt8(type, 0);
  head.writeUInt32BE(id, 1);
  head.set(fields, HEAD_BYTES);
  const first = frameHead(head.length + data.length, head);
  return data.length === 0 ? [first] : [first, data];
}

const EMPTY = new Uint8Array(0);

export function rangeFields(offset: number, length: number): Buffer {
  const out = Buffer.allocUnsafe(16);
  out.writeBigUInt64BE(BigInt(offset), 0);
  out.writeBigUInt64BE(BigInt(length), 8);
  return out;
}

export function offsetField(offset: number): Buffer {
  const out = Buffer.allocUnsafe(8);
  out.writeBigUInt64BE(BigInt(offset), 0);
  return out;
}

/**
 * Reads a u64 field. A value above the safe integers is outside of every lease anyhow and becomes
 * infinity.
 */
export function readU64(rest: Buffer, at: number): number {
  if (rest.length < at + 8) throw new FrameInvalidError('a frame that is too short');
  const value = rest.readBigUInt64BE(at);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(value);
}

export function jsonFields(value: object): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8');
}
