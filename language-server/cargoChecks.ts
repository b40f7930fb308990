import type { Tasklet } from '../program/manifest.ts';
import { checkCrate } from '../toolchain/language/checkCrate.ts';
import type { ProgramState } from './programState.ts';

/**
 * Runs `cargo check` for saved Rust tasklets, one at a time for each. A newer save ends the check
 * of an older text.
 */
export class CargoChecks {
  readonly #running = new Map<string, AbortController>();
  readonly #publish: (program: ProgramState) => void;
  readonly #log: (text: string) => void;
  #disposed = false;

  constructor(options: { publish: (program: ProgramState) => void; log: (text: string) => void }) {
    this.#publish = options.publish;
    this.#log = options.log;
  }

  async check(program: ProgramState, tasklet: Tasklet): Promise<void> {
    if (this.#disposed) return;
    const key = `${tasklet.name}\n${program.root}`;
    this.#running.get(key)?.abort();
    const cancel = new AbortController();
    this.#running.set(key, cancel);
    const texts = program.texts();
    try {
      const findings = await checkCrate(program, tasklet, { signal: cancel.signal });
      program.setCargo(tasklet.name, findings, texts);
    } catch (error) {
      if (cancel.signal.aborted) return;
      // No Rust, no linker, or a crate that was never fetched: the build says so when it is asked
      // for. While somebody types it would only be noise.
      program.setCargo(tasklet.name, null);
      this.#log(`cargo check of "${tasklet.name}" was not possible: ${error instanceof Error ? error.message : error}`);
    } finally {
      if (this.#running.get(key) === cancel) this.#running.delete(key);
    }
    if (!this.#disposed) this.#publish(program);
  }

  dispose(): void {
    this.#disposed = true;
    for (const cancel of this.#running.values()) cancel.abort();
  }
}
