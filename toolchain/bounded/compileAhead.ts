import { isDeepStrictEqual } from 'node:util';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { buildTool } from '../compile/buildTool.ts';
import type { Compiled } from '../compile/compiled.ts';
import { makeStamp } from '../compile/sourceStamp.ts';
import { sourceChange } from '../compile/staleness.ts';
import { compileBounded } from './compileBounded.ts';
import { warmBounded } from './warmBounded.ts';

interface Ahead {
  root: string;
  tasklet: Tasklet;
  compiled: Compiled | null;
}

/** A tasklet of a program on the disk, read when its turn comes. */
export type ReadTasklet = () => Promise<{ program: Program; tasklet: Tasklet } | null>;

/**
 * Compiles a tasklet before a build asks for it, for a person who saves and then runs. It keeps one
 * result, and writes nothing.
 *
 * One such compile runs at a time, so that each finds the compiler that the last one left warm.
 */
export class CompileAhead {
  #last: Ahead | undefined;
  #underWay: Promise<void> = Promise.resolve();
  /** Root and name of the tasklet that is being compiled. */
  #at: string | undefined;
  #wanted: ReadTasklet | undefined;
  readonly #log: (text: string) => void;

  constructor(log: (text: string) => void) {
    this.#log = log;
  }

  /** Loads the compiler and uses it once. */
  warm(): void {
    this.#next(warmBounded);
  }

  /**
   * Begins to compile a tasklet as it is on the disk. Of calls that come while a compile runs, the
   * last one counts.
   */
  begin(read: ReadTasklet): void {
    const isWaiting = this.#wanted !== undefined;
    this.#wanted = read;
    if (!isWaiting) this.#next(() => this.#compileWanted());
  }

  /**
   * Compiles as `compileBounded` does, or gives the result that was made ahead where the sources
   * are still the same.
   *
   * @throws {GrafosError} as `compileBounded` does, and the signal's reason
   */
  async compile(program: Program, tasklet: Tasklet, signal: AbortSignal | undefined): Promise<Compiled> {
    // The compile of another tasklet may take as long as its bounds allow.
    if (this.#at === undefined || this.#at === keyOf(program, tasklet)) await unlessAborted(this.#underWay, signal);
    const last = this.#last;
    if (last?.compiled != null && last.root === program.root && isDeepStrictEqual(last.tasklet, tasklet)) {
      this.#last = undefined;
      if (await isCurrent(program.root, tasklet, last.compiled)) return last.compiled;
    }
    return compileBounded(program, tasklet, signal);
  }

  async #compileWanted(): Promise<void> {
    const given = await this.#wanted?.();
    this.#wanted = undefined;
    if (given == null) return;
    const { program, tasklet } = given;
    this.#at = keyOf(program, tasklet);
    try {
      const compiled = await compileBounded(program, tasklet, undefined);
      this.#last = { root: program.root, tasklet, compiled: compiled.wasm === null ? null : compiled };
    } finally {
      this.#at = undefined;
    }
  }

  #next(work: () => Promise<void>): void {
    this.#underWay = this.#underWay.then(work).catch((error: unknown) => {
      // A build compiles again, and reports the same error.
      this.#log(`Nothing was compiled ahead: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
}

function keyOf({ root }: Program, { name }: Tasklet): string {
  return `${name}\n${root}`;
}

async function isCurrent(root: string, tasklet: Tasklet, { files }: Compiled): Promise<boolean> {
  const stamp = makeStamp(buildTool(tasklet), files);
  return (await sourceChange(new ProgramReader(root), tasklet, stamp)) === null;
}

/** @throws the signal's reason */
async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
