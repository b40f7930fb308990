import { Buffer } from 'node:buffer';
import { LIMITS } from '../../../base/limits.ts';
import { neutralText } from '../../../base/text/neutralText.ts';
import { CELL, LOG_TRUNCATED, type SharedControl } from '../boundary/sharedControl.ts';

const LEVELS = ['error', 'warn ', 'info ', 'debug', 'trace'];

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The carriage return of a line end, which a text from Windows has. */
const LINE_END = /\r(?=\n|$)/g;

/**
 * Control characters other than tab and line feed: a log must not drive the terminal that shows it.
 */
const CONTROL = /(?![\t\n])\p{Cc}/gu;

/**
 * Writes a run's log into the memory shared with main.
 *
 * A record is `<level> <text>`. Its further lines are indented, so that only a record begins in the
 * first column. Invalid UTF-8 becomes U+FFFD, and a control character is written out, as `\r`.
 */
export class RunLog {
  readonly #control: SharedControl;
  readonly #notify: () => void;
  #length = 0;
  #full = false;

  /** @param notify tells main that there is something new; called once until main has looked */
  constructor(control: SharedControl, notify: () => void) {
    this.#control = control;
    this.#notify = notify;
  }

  reset(): void {
    this.#length = 0;
    this.#full = false;
  }

  /** @param level 0 error … 4 trace; anything above counts as trace */
  write(level: number, text: Uint8Array): void {
    if (this.#full) return;
    const room = LIMITS.log - this.#length;
    // What cannot fit needs no decoding; the three bytes more keep the last character whole.
    const words = decoder.decode(text.length > room + 3 ? text.subarray(0, room + 3) : text);
    const shown = words.replaceAll(LINE_END, '').replaceAll(CONTROL, neutralText).replaceAll('\n', '\n  ');
    const line = `${LEVELS[Math.min(level, 4)]} ${shown}\n`;
    const bytes = Buffer.from(line);
    if (bytes.length <= room && text.length <= room + 3) {
      this.#append(bytes);
    } else {
      this.#full = true;
      // A line feed takes the last place, so that the mark has a line of its own.
      if (room > 1) this.#append(Buffer.concat([wholeCharacters(bytes, room - 1), Buffer.from('\n')]));
      this.#append(Buffer.from(LOG_TRUNCATED));
    }
    const { cells } = this.#control;
    Atomics.store(cells, CELL.logLength, this.#length);
    if (Atomics.exchange(cells, CELL.logNotified, 1) === 0) this.#notify();
  }

  #append(bytes: Uint8Array): void {
    this.#control.log.set(bytes, this.#length);
    this.#length += bytes.length;
  }
}

/**
 * The longest beginning of valid UTF-8 that fits into `size` bytes and does not end inside a
 * character.
 */
function wholeCharacters(bytes: Uint8Array, size: number): Uint8Array {
  let end = Math.min(size, bytes.length);
  while (end < bytes.length && end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
