import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { Emitter } from '../emitter.ts';

export interface TaskletEntry {
  root: string;
  tasklet: Tasklet;
  /** `lost`: its source is not there. */
  state: 'built' | 'stale' | 'missing' | 'broken' | 'lost';
  /** One sentence on the state. */
  why: string;
  /**
   * Size of the module in bytes and when it was written, milliseconds since 1970; null where there
   * is none.
   */
  built: { bytes: number; at: number } | null;
}

/** The tasklet that changed; undefined for the list itself. */
export type TaskletsChange = TaskletEntry | undefined;

/**
 * The tasklets of a program and the state of their builds. The disk is read by `refresh` alone.
 */
export class TaskletsModel implements Disposable {
  readonly root: string;
  readonly #changed = new Emitter<TaskletsChange>();
  readonly onChanged = this.#changed.event;
  #entries: TaskletEntry[] = [];
  #problem: Error | undefined;
  #reading: Promise<void> | undefined;
  #readAgain = false;
  #wasRead = false;

  constructor(root: string) {
    this.root = root;
  }

  get entries(): readonly TaskletEntry[] {
    return this.#entries;
  }

  /**
   * Why there is no list, where the manifest cannot be used; the entries are then as last known.
   */
  get problem(): Error | undefined {
    return this.#problem;
  }

  /** False once it is known that the program has none; undefined before anybody read it. */
  get hasTasklets(): boolean | undefined {
    return this.#wasRead ? this.#entries.length > 0 || this.#problem !== undefined : undefined;
  }

  /** Reads everything anew; calls that come meanwhile make one more reading. */
  async refresh(): Promise<void> {
    this.#readAgain = true;
    this.#reading ??= (async () => {
      while (this.#readAgain) {
        this.#readAgain = false;
        await this.#read();
      }
    })().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { loadProgramSoon } = await import('../../program/loadProgram.ts');
    let program: Program;
    try {
      program = await loadProgramSoon(this.root);
      // A manifest further up is another program's.
      if (program.root !== this.root) throw new Error(`There is no manifest in ${this.root}.`);
    } catch (error) {
      this.#problem = error instanceof Error ? error : new Error(String(error));
      this.#changed.fire(undefined);
      return;
    }
    const { staleness } = await import('../../toolchain/compile/staleness.ts');
    const entries: TaskletEntry[] = [];
    for (const tasklet of program.manifest.tasklets) {
      entries.push(await readEntry(program, tasklet, staleness));
    }
    const sameList =
      this.#wasRead &&
      this.#problem === undefined &&
      entries.length === this.#entries.length &&
      entries.every(({ tasklet }, index) => tasklet.name === this.#entries[index]?.tasklet.name);
    const before = this.#entries;
    this.#entries = entries;
    this.#problem = undefined;
    this.#wasRead = true;
    if (!sameList) this.#changed.fire(undefined);
    else
      entries.forEach((entry, index) => {
        if (!isDeepStrictEqual(entry, before[index])) this.#changed.fire(entry);
      });
  }

  [Symbol.dispose](): void {
    this.#readAgain = false;
    this.#changed.dispose();
  }
}

async function readEntry(
  program: Program,
  tasklet: Tasklet,
  staleness: typeof import('../../toolchain/compile/staleness.ts').staleness,
): Promise<TaskletEntry> {
  const { root } = program;
  const reader = new ProgramReader(root);
  const output = await reader.lookSoon(join(root, tasklet.output));
  const built = output.state === 'ok' ? { bytes: output.stat.size, at: output.stat.mtimeMs } : null;
  if ((await reader.lookSoon(join(root, tasklet.source))).state === 'missing')
    return { root, tasklet, state: 'lost', why: `${tasklet.source} does not exist.`, built };
  try {
    const { state, why } = await staleness(program, tasklet);
    const shown = state === 'fresh' || state === 'unknown' ? 'built' : state === 'foreign' ? 'stale' : state;
    return { root, tasklet, state: shown, why, built };
  } catch (error) {
    return { root, tasklet, state: 'broken', why: error instanceof Error ? error.message : String(error), built };
  }
}
