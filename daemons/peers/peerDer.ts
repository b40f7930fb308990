/** A fault in bytes that should be DER. */
export class DerInvalidError extends Error {}

/** One element: its identifier octet, its content, and itself with its header. */
export interface DerElement {
  tag: number;
  content: Uint8Array;
  whole: Uint8Array;
}

export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const;

/**
 * A strict reader of DER (X.690) for certificates: definite, shortest lengths and low tag numbers
 * only.
 *
 * Certificates in looser encodings exist. Each looseness is a way for two readers to see two
 * things, and ours need none.
 */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next element, which must have this tag. Throws DerInvalidError, as all methods do. */
  read(tag: number, what: string): DerElement {
    const element = this.#next(what);
    if (element.tag !== tag) throw new DerInvalidError(`${what} has tag 0x${hex(element.tag)}, not 0x${hex(tag)}`);
    return element;
  }

  /** The next element of any tag. */
  readAny(what: string): DerElement {
    return this.#next(what);
  }

  /** The next element if it has this tag, else nothing is consumed. */
  readIf(tag: number, what: string): DerElement | undefined {
    return !this.done && this.#bytes[this.#at] === tag ? this.#next(what) : undefined;
  }

  end(what: string): void {
    if (!this.done) throw new DerInvalidError(`${this.#bytes.length - this.#at} bytes too many after ${what}`);
  }

  #next(what: string): DerElement {
    const start = this.#at;
    const tag = this.#byte(what);
    if ((tag & 0x1f) === 0x1f) throw new DerInvalidError(`${what} has a high tag number`);
    const first = this.#byte(what);
    let length = first;
    if (first >= 0x80) {
      const octets = first & 0x7f;
      if (octets === 0) throw new DerInvalidError(`${what} has an indefinite length`);
      if (octets > 3) throw new DerInvalidError(`${what} is too long`);
      length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + this.#byte(what);
      if (length < 0x80 || length < 256 ** (octets - 1))
        throw new DerInvalidError(`the length of ${what} is not in its shortest form`);
    }
    const content = this.#bytes.subarray(this.#at, this.#at + length);
    if (content.length !== length) throw new DerInvalidError(`${what} is cut off`);
    this.#at += length;
    return { tag, content, whole: this.#bytes.subarray(start, this.#at) };
  }

  #byte(what: string): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new DerInvalidError(`${what} is cut off`);
    return byte;
  }
}

/** All of `bytes` as one element of this tag. */
export function readWhole(bytes: Uint8Array, tag: number, what: string): DerElement {
  const reader = new DerReader(bytes);
  const element = reader.read(tag, what);
  reader.end(what);
  return element;
}

/** BOOLEAN: 0x00 or 0xff. */
export function derBoolean(content: Uint8Array, what: string): boolean {
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
    throw new DerInvalidError(`${what} is no boolean`);
  return content[0] === 0xff;
}

/** INTEGER in its shortest form, as its octets. */
export function derInteger(content: Uint8Array, what: string): Uint8Array {
  const [first, second] = content;
  if (first === undefined) throw new DerInvalidError(`${what} is an empty integer`);
  const padded = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (padded) throw new DerInvalidError(`${what} is not in its shortest form`);
  return content;
}

/** BIT STRING as its octets; unused bits are zero. */
export function derBitString(content: Uint8Array, what: string): { bytes: Uint8Array; unusedBits: number } {
  const unusedBits = content[0];
  const bytes = content.subarray(1);
  const last = bytes.at(-1) ?? 0;
  if (unusedBits === undefined || unusedBits > 7 || (bytes.length === 0 && unusedBits !== 0)) {
    throw new DerInvalidError(`${what} is no bit string`);
  }
  if ((last & ((1 << unusedBits) - 1)) !== 0) throw new DerInvalidError(`${what} has a bit set that it calls unused`);
  return { bytes, unusedBits };
}

/** OBJECT IDENTIFIER in dotted form. */
export function derOid(content: Uint8Array, what: string): string {
  const arcs: number[] = [];
  let value = 0;
  let inside = false;
  for (const byte of content) {
    if (!inside && byte === 0x80) throw new DerInvalidError(`${what} is not in its shortest form`);
    value = value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER / 128) throw new DerInvalidError(`${what} has an arc too large`);
    inside = byte >= 0x80;
    if (inside) continue;
    if (arcs.length === 0)
      arcs.push(Math.min(2, Math.floor(value / 40)), value - 40 * Math.min(2, Math.floor(value / 40)));
    else arcs.push(value);
    value = 0;
  }
  if (inside || arcs.length === 0) throw new DerInvalidError(`${what} is cut off`);
  return arcs.join('.');
}

/**
 * UTCTime through 2049, GeneralizedTime after, both to the second and in UTC (RFC 5280 section
 * 4.1.2.5).
 */
export function derTime({ tag, content }: DerElement, what: string): Date {
  const text = Buffer.from(content).toString('latin1');
  const isUtcTime = tag === DER.utcTime;
  if (!isUtcTime && tag !== DER.generalizedTime)
    throw new DerInvalidError(`${what} has tag 0x${hex(tag)}, which is no time`);
  if (!(isUtcTime ? /^\d{12}Z$/ : /^\d{14}Z$/).test(text))
    throw new DerInvalidError(`${what} is "${printable(text)}", not to the second in UTC`);
  const full = isUtcTime ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  if (!isUtcTime && Number(full.slice(0, 4)) < 2050)
    throw new DerInvalidError(`${what} is a GeneralizedTime before 2050`);
  const iso = full.replace(/^(....)(..)(..)(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6.000Z');
  const date = new Date(iso);
  // A 30 February would roll over silently.
  if (Number.isNaN(date.getTime()) || date.toISOString() !== iso)
    throw new DerInvalidError(`${what} is "${full}", which is no date`);
  return date;
}

/** Characters of a peer's text that are shown at most, with the mark of a cut. */
const PRINTABLE_MAX = 100;

/** Text of a peer's making, safe to show. */
export function printable(text: string): string {
  const short = text.length > PRINTABLE_MAX ? `${text.slice(0, PRINTABLE_MAX - 3)}...` : text;
  return short.replace(/[^\x20-\x7e]/g, '?');
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
