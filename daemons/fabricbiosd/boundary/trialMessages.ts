/**
 * Messages between a cell and its trial process. Each is a frame: its length, 32 bits
 * little-endian, then its bytes.
 */
import type { MeteredModule } from '../../../wasm/meter/meteredModule.ts';
import type { RunError } from '../../wire/runError.ts';

/** First frame to the process, as JSON; a frame with the module follows. */
export type TrialRequest =
  /**
   * The module is an artifact. It is checked, metered and compiled in full by the baseline
   * compiler.
   */
  | { kind: 'check'; memoryMaxPages: number }
  /**
   * The module has the bodies of these functions only. The optimizing compiler compiles each, in
   * this order.
   */
  | { kind: 'optimize'; functions: number[] };

/** Frames from the process, as JSON. */
export type TrialAnswer =
  | { refused: RunError }
  /** Two frames follow: the metered module, and the same with the bodies in `functions` only. */
  | { metered: Omit<MeteredModule, 'bytes'>; functions: number[] }
  /** One more function was optimized within the bounds of the process. */
  | { optimized: number };

const HEAD_BYTES = 4;

export function frame(...parts: Uint8Array[]): Buffer[] {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(parts.reduce((sum, { length }) => sum + length, 0));
  return [head, ...parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.length))];
}

export function jsonFrame(value: TrialRequest | TrialAnswer): Buffer[] {
  return frame(Buffer.from(JSON.stringify(value)));
}

/** Cuts a stream into frames. */
export class FrameReader {
  readonly #longest: number;
  readonly #on: (bytes: Uint8Array) => void;
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headRead = 0;
  #body: Uint8Array | null = null;
  #bodyRead = 0;

  /** @param longest bytes; a longer frame throws */
  constructor(longest: number, on: (bytes: Uint8Array) => void) {
    this.#longest = longest;
    this.#on = on;
  }

  /** @throws {Error} when a frame is too long */
  take(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#body === null) {
        const part = chunk.subarray(at, at + HEAD_BYTES - this.#headRead);
        this.#head.set(part, this.#headRead);
        this.#headRead += part.length;
        at += part.length;
        if (this.#headRead < HEAD_BYTES) return;
        const length = this.#head.readUInt32LE(0);
        if (length > this.#longest) throw new Error(`a frame of ${length} bytes`);
        this.#body = new Uint8Array(length);
        this.#bodyRead = 0;
      } else {
        const part = chunk.subarray(at, at + this.#body.length - this.#bodyRead);
        this.#body.set(part, this.#bodyRead);
        this.#bodyRead += part.length;
        at += part.length;
      }
      if (this.#body !== null && this.#bodyRead === this.#body.length) {
        const whole = this.#body;
        this.#body = null;
        this.#headRead = 0;
        this.#on(whole);
      }
    }
  }
}
