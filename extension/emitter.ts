/**
 * An event with the shape of the editor's API, for parts that must also work, and be tested,
 * without an editor.
 */
export type Listen<T> = (listener: (value: T) => void) => { dispose(): void };

export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();

  readonly event: Listen<T> = (listener) => {
    // One of its own for each registration: the same function may be registered twice.
    const own = (value: T) => listener(value);
    this.#listeners.add(own);
    return { dispose: () => void this.#listeners.delete(own) };
  };

  fire(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
