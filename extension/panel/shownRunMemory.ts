import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import type { ProviderName } from '../../toolchain/deploy/resolveProvider.ts';
import { writeAtomically } from '../../toolchain/files/writeAtomically.ts';

/** A run from a file is read again. */
export interface KeptFileRun {
  /** Absolute path of the file. */
  file: string;
  isPinned: boolean;
}

export interface KeptShownRun {
  root: string;
  provider: ProviderName;
  cell?: string | undefined;
  run: Run;
  isPinned: boolean;
}

/**
 * The run that the panel showed last, in a file of the editor's own. The editor's store for
 * workspaces is not enough: in a browser it is written seconds later, and a reload in between loses
 * what was put there.
 */
export class ShownRunMemory {
  readonly #file: string | undefined;
  readonly #failed: (error: Error) => void;
  #next: KeptShownRun | KeptFileRun | undefined;
  #writing: Promise<void> | undefined;

  /**
   * @param file absolute path; undefined in a window without a folder, which remembers nothing
   */
  constructor(file: string | undefined, failed: (error: Error) => void) {
    this.#file = file;
    this.#failed = failed;
  }

  async read(): Promise<KeptShownRun | KeptFileRun | undefined> {
    if (this.#file === undefined) return undefined;
    try {
      return JSON.parse(await readFile(this.#file, 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** Remembers a run without its output. Of several at once the last one stays. */
  keep(kept: KeptShownRun | KeptFileRun): Promise<void> {
    this.#next = 'file' in kept ? kept : withoutOutput(kept);
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    const file = this.#file;
    while (this.#next !== undefined && file !== undefined) {
      const text = JSON.stringify(this.#next);
      this.#next = undefined;
      try {
        await mkdir(dirname(file), { recursive: true });
        await writeAtomically(file, text, 0o600);
      } catch (error) {
        this.#failed(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }
}

function withoutOutput(kept: KeptShownRun): KeptShownRun {
  const { response } = kept.run;
  return { ...kept, run: { ...kept.run, response: response && { ...response, output: null } } };
}
