import type { ByteChannel } from './controlLink.ts';

/** A channel whose transport comes later; until then writes wait. */
export class LateChannel implements ByteChannel {
  #channel: ByteChannel | undefined;
  #listener: ((chunk: Uint8Array) => void) | undefined;
  #isEnded = false;
  #wake: () => void = () => {};
  readonly #attached: Promise<void>;

  constructor() {
    this.#attached = new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** The first one counts. It must keep what comes before it is listened to. */
  attach(channel: ByteChannel): void {
    if (this.#channel !== undefined) return;
    this.#channel = channel;
    if (this.#listener !== undefined) channel.receive(this.#listener);
    this.#wake();
  }

  receive(listener: (chunk: Uint8Array) => void): void {
    this.#listener = listener;
    this.#channel?.receive(listener);
  }

  async write(...chunks: Uint8Array[]): Promise<void> {
    if (this.#channel === undefined) await this.#attached;
    if (this.#isEnded || this.#channel === undefined) throw new Error('the link is closed');
    await this.#channel.write(...chunks);
  }

  /** Writes fail from now on, those that wait too. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }
}
