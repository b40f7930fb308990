import { isDeepStrictEqual } from 'node:util';
import type { DevState } from '../../daemons/wire/devState.ts';
import type { DevDown } from '../../toolchain/stack/devDown.ts';
import { deadDaemons, knownStack } from '../../toolchain/stack/devState.ts';
import type { DevUpOptions } from '../../toolchain/stack/devUp.ts';
import { type StackPaths, stackPaths } from '../../toolchain/stack/stackPaths.ts';
import { watchStateFile } from '../../toolchain/stack/watchStateFile.ts';
import { Emitter } from '../emitter.ts';
import { holdDaemons } from './holdDaemons.ts';
import { devOf, type StackState } from './stackState.ts';

/** Waits before a connection that broke while its daemon lives is held again, milliseconds. */
const HOLD_AGAIN_MS = [50, 100, 200, 400, 800, 2_000, 10_000];
/** A connection that lasted so long was ended for its silence, not by trouble. */
const CALM_MS = 15_000;

/**
 * The local stack of one program as it truly is, also when another process started or stopped it.
 *
 * It learns from `dev.json` (written last, removed first) and from connections that break when a
 * daemon ends. It never polls.
 */
export class StackModel implements Disposable {
  readonly root: string;
  readonly #paths: StackPaths;
  readonly #changed = new Emitter<StackState>();
  readonly onChanged = this.#changed.event;
  #state: StackState = { kind: 'stopped' };
  #watcher: { dispose(): void } | undefined;
  #held: { dev: DevState; since: number; dispose(): void } | undefined;
  #holdAgain: NodeJS.Timeout | undefined;
  #broken = 0;
  /** The start or stop under way; the state is its to tell. */
  #work: Promise<unknown> | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #isDisposed = false;
  /** The state is `failed` because of what is in `dev.json`, and no longer once that is gone. */
  #isFileAtFault = false;

  constructor(root: string) {
    this.root = root;
    this.#paths = stackPaths(root);
  }

  get state(): StackState {
    return this.#state;
  }

  /** Starts to watch, and resolves when the state is known for the first time. */
  async watch(): Promise<void> {
    this.#watcher ??= watchStateFile(this.#paths.state, this.root, () => void this.look());
    await this.look();
  }

  /**
   * Starts the stack, after ending the one that runs; a call while a start is under way joins it.
   * @throws what `devUp` throws; the state then is `failed`, or `stopped` where `signal` ended it.
   */
  start(options: DevUpOptions & { signal: AbortSignal }): Promise<void> {
    return this.#exclusively('start', async () => {
      this.#set({ kind: 'starting', step: '' });
      const { devUp } = await import('../../toolchain/stack/devUp.ts');
      await devUp(this.root, {
        ...options,
        progress: (step) => {
          this.#set({ kind: 'starting', step });
          options.progress?.(step);
        },
      });
    });
  }

  /**
   * Stops the stack and leaves its logs and runs. Stopping a stack that does not run is no error.
   *
   * @throws the errors of `devDown`
   */
  async stop(signal: AbortSignal): Promise<DevDown | undefined> {
    let ended: DevDown | undefined;
    await this.#exclusively('stop', async () => {
      this.#set({ kind: 'stopping' });
      const { devDown } = await import('../../toolchain/stack/devDown.ts');
      ended = await devDown(this.root, signal);
    });
    return ended;
  }

  #working: 'start' | 'stop' | undefined;

  async #exclusively(name: 'start' | 'stop', work: () => Promise<void>): Promise<void> {
    while (this.#work !== undefined) {
      if (this.#working === name) return void (await this.#work);
      await this.#work.catch(() => {});
    }
    this.#working = name;
    let failure: StackState | undefined;
    this.#work = work().catch((error: unknown) => {
      if (!isInterruption(error)) failure = { kind: 'failed', error: asError(error) };
      throw error;
    });
    try {
      await this.#work;
    } finally {
      this.#work = undefined;
      this.#working = undefined;
      await this.#looking;
      await this.look(failure ?? { kind: 'stopped' });
    }
  }

  /** Finds out the state now. `otherwise` is what it is when no stack is there. */
  async look(otherwise?: StackState): Promise<void> {
    if (this.#isDisposed || this.#work !== undefined) return;
    if (this.#looking !== undefined) {
      this.#lookAgain = true;
      return this.#looking;
    }
    this.#looking = (async () => {
      do {
        this.#lookAgain = false;
        await this.#lookOnce(otherwise);
      } while (this.#lookAgain && this.#work === undefined && !this.#isDisposed);
    })().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookOnce(otherwise: StackState | undefined): Promise<void> {
    const known = await knownStack(this.#paths);
    const dev = known.kind === 'confirmed' ? known.state : undefined;
    const dead = dev === undefined ? [] : await deadDaemons(dev);
    if (this.#isDisposed || this.#work !== undefined) return;
    if (known.kind === 'unusable') {
      // Of a stack that is not ours nothing is asked; its file alone is reported.
      this.#letGo();
      this.#isFileAtFault = true;
      this.#set({ kind: 'failed', error: known.error });
      return;
    }
    if (this.#isFileAtFault) otherwise ??= { kind: 'stopped' };
    this.#isFileAtFault = false;
    if (dev === undefined) {
      this.#letGo();
      this.#set(otherwise ?? (this.#state.kind === 'failed' ? this.#state : { kind: 'stopped' }));
      return;
    }
    if (dead.length > 0) {
      // The living rest of a broken stack needs no watching: only a new stack, and so a new
      // dev.json, mends it.
      this.#letGo();
      this.#set({ kind: 'unhealthy', dev, dead });
      return;
    }
    if (this.#held === undefined || !isDeepStrictEqual(this.#held.dev, dev)) this.#hold(dev);
    this.#set({ kind: 'running', dev });
  }

  #hold(dev: DevState): void {
    this.#letGo();
    this.#held = {
      dev,
      since: Date.now(),
      ...holdDaemons(dev, { look: () => void this.look(), broke: () => this.#onBroken() }),
    };
  }

  #onBroken(): void {
    this.#broken = Date.now() - (this.#held?.since ?? 0) > CALM_MS ? 0 : this.#broken + 1;
    void this.look();
    // A process that is just ending still lives; one that only hung up is to be held again.
    clearTimeout(this.#holdAgain);
    this.#holdAgain = setTimeout(
      () => {
        this.#held?.dispose();
        this.#held = undefined;
        void this.look();
      },
      HOLD_AGAIN_MS[Math.min(this.#broken, HOLD_AGAIN_MS.length - 1)],
    );
    this.#holdAgain.unref();
  }

  #letGo(): void {
    clearTimeout(this.#holdAgain);
    this.#held?.dispose();
    this.#held = undefined;
  }

  #set(state: StackState): void {
    if (isDeepStrictEqual(state, this.#state)) return;
    const before = devOf(this.#state);
    this.#state = state;
    if (before?.started_at !== devOf(state)?.started_at) this.#broken = 0;
    this.#changed.fire(state);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#watcher?.dispose();
    this.#letGo();
    this.#changed.dispose();
  }
}

function isInterruption(error: unknown): boolean {
  return (
    error instanceof Error && ((error as { kind?: unknown }).kind === 'interrupted' || error.name === 'AbortError')
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
