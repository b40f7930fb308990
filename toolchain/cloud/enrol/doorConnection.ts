import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { GrafosError } from '../../../base/grafosError.ts';
import { jsonLine } from '../../../base/text/jsonLine.ts';
import { plainText } from '../../../base/text/plainText.ts';

/** The longest line that a door may send, bytes: a certificate request has 1,500. */
const LINE_BYTES_MAX = 64 * 1024;
/** The longest time for one answer, milliseconds; the door unpacks the bundle meanwhile. */
const ANSWER_MS = 180_000;
const DIAL_MS = 15_000;

export interface DoorPeer {
  address: string;
  port: number;
  /** SHA-256 of the machine's public key (SPKI), lower-case hex, as its cloud reports it. */
  keySha256: string;
  certPem: string;
  keyPem: string;
}

/** A connection to the enrolment door of a new machine, whose key its cloud reported. */
export class DoorConnection implements Disposable {
  readonly #socket: TLSSocket;
  readonly #signal: AbortSignal;
  #rest = Buffer.alloc(0);
  #failure: Error | undefined;
  #wake: () => void = () => {};

  private constructor(socket: TLSSocket, signal: AbortSignal) {
    this.#socket = socket;
    this.#signal = signal;
    socket.on('data', (piece: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, piece]);
      if (this.#rest.length > LINE_BYTES_MAX) socket.destroy(new Error('the door sent a line that is too long'));
      this.#wake();
    });
    const end = (error?: Error) => {
      this.#failure ??= error ?? new Error('the door closed the connection');
      this.#wake();
    };
    socket.once('error', end);
    socket.once('close', () => end());
  }

  /**
   * Dials a door. Nothing is sent before its key was compared, but for our own certificate, which
   * is no secret.
   *
   * @returns undefined where nobody listens
   * @throws {GrafosError} machine_key_differs, enrolment_failed, interrupted
   */
  static async dial(peer: DoorPeer, signal: AbortSignal): Promise<DoorConnection | undefined> {
    signal.throwIfAborted();
    const socket = connect({
      host: peer.address,
      port: peer.port,
      cert: peer.certPem,
      key: peer.keyPem,
      minVersion: 'TLSv1.3',
      // The certificate only carries the key; the key is compared below.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    try {
      await once(socket, 'secureConnect', { signal: AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS)]) });
    } catch {
      socket.on('error', () => {});
      socket.destroy();
      signal.throwIfAborted();
      return undefined;
    }
    const spki = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
    const real = spki === undefined ? 'none' : createHash('sha256').update(spki).digest('hex');
    if (real === peer.keySha256) return new DoorConnection(socket, signal);
    socket.destroy();
    throw new GrafosError('machine_key_differs', `${peer.address} is not the machine that was made.`, {
      why: `Its key has the hash ${real}, but the cloud names ${peer.keySha256}. Somebody may stand between.`,
      next: 'Try from another network. If it stays so, destroy the cell and make it anew.',
    });
  }

  [Symbol.dispose](): void {
    this.#socket.on('error', () => {});
    this.#socket.destroy();
  }

  /**
   * Asks the door for something.
   *
   * @throws {GrafosError} enrolment_failed, interrupted
   */
  async ask(request: { ask: string } & Record<string, unknown>): Promise<Record<string, unknown>> {
    this.#socket.write(jsonLine(request));
    return this.answer();
  }

  /** Sends bytes, and waits until the connection takes more. */
  async send(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw await this.#failed();
    if (this.#socket.write(bytes)) return;
    const waited = new AbortController();
    const signal = AbortSignal.any([this.#signal, waited.signal]);
    const events = ['drain', 'close'].map((event) => once(this.#socket, event, { signal }));
    await Promise.race(events).catch(() => {});
    // The event that did not come must not be waited for any longer.
    waited.abort();
    await Promise.allSettled(events);
    this.#signal.throwIfAborted();
  }

  /**
   * The next line of the door.
   *
   * @throws {GrafosError} enrolment_failed, interrupted
   */
  async answer(): Promise<Record<string, unknown>> {
    const deadline = AbortSignal.any([this.#signal, AbortSignal.timeout(ANSWER_MS)]);
    const wake = () => this.#wake();
    deadline.addEventListener('abort', wake);
    try {
      for (;;) {
        const end = this.#rest.indexOf(0x0a);
        if (end >= 0) {
          const line = this.#rest.subarray(0, end).toString('utf8');
          this.#rest = this.#rest.subarray(end + 1);
          return understood(line);
        }
        if (this.#failure !== undefined) throw await this.#failed();
        if (deadline.aborted) throw failed('It did not answer in time.');
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      deadline.removeEventListener('abort', wake);
    }
  }

  async #failed(): Promise<unknown> {
    this.#signal.throwIfAborted();
    return failed(`The connection broke: ${this.#failure?.message}.`);
  }
}

function understood(line: string): Record<string, unknown> {
  let answer: unknown;
  try {
    answer = JSON.parse(line);
  } catch {
    // It is refused below.
  }
  if (typeof answer !== 'object' || answer === null) throw failed('It answered with something else than JSON.');
  if ('refused' in answer) {
    const why = 'why' in answer ? plainText(String(answer.why), 2000) : '';
    throw failed(`It refused: ${plainText(String(answer.refused), 64)}. ${why}`);
  }
  return answer as Record<string, unknown>;
}

function failed(why: string): GrafosError {
  return new GrafosError('enrolment_failed', 'The new machine could not be enrolled.', {
    why,
    next: 'Run the command again: it goes on where it was.',
  });
}
