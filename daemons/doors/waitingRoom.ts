/**
 * Holds connections that have not identified themselves: a bounded number, each for a bounded time.
 * A connection that comes to a full room is let in, and the one that waited longest is ended.
 */
export class WaitingRoom {
  readonly #most: number;
  readonly #withinMs: number | undefined;
  readonly #waiting = new Map<symbol, { end: () => void; timer: NodeJS.Timeout | undefined }>();

  constructor(most: number, withinMs?: number) {
    this.#most = most;
    this.#withinMs = withinMs;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Lets one in.
   *
   * @param end called at most once, when it must go
   * @returns what takes it out: it has shown who it is, or is gone
   */
  enter(end: () => void): () => void {
    const place = Symbol('place');
    const timer = this.#withinMs === undefined ? undefined : setTimeout(() => this.#end(place), this.#withinMs);
    timer?.unref();
    this.#waiting.set(place, { end, timer });
    if (this.#waiting.size > this.#most) this.endOldest();
    return () => this.#leave(place);
  }

  /**
   * Ends the one that waited longest.
   *
   * @returns whether there was one
   */
  endOldest(): boolean {
    const [oldest] = this.#waiting.keys();
    if (oldest === undefined) return false;
    this.#end(oldest);
    return true;
  }

  #end(place: symbol): void {
    const waiting = this.#leave(place);
    waiting?.end();
  }

  #leave(place: symbol): { end: () => void } | undefined {
    const waiting = this.#waiting.get(place);
    clearTimeout(waiting?.timer);
    this.#waiting.delete(place);
    return waiting;
  }
}
