import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { Place } from '../../daemons/wire/place.ts';
import type { ArtifactEntry, ArtifactName, Run, RunRecord } from '../../daemons/wire/tenantApi.ts';
import { followRun } from '../../toolchain/deploy/followRun.ts';
import { INPUT_SHOWN } from '../../toolchain/output/inputShown.ts';
import { Emitter } from '../emitter.ts';
import { inputOf } from './inputOf.ts';
import type { RunEntry } from './runsModel.ts';

/** Characters of a log that are kept. An honest cell sends far fewer. */
export const LOG_MAX = 256 * 1024;

/** Parts of an ended run besides its {@link Run}. Null is a part that cannot be shown. */
export interface RunParts {
  record: RunRecord | null;
  output: Uint8Array | null;
  input: Uint8Array | null;
  artifacts: ArtifactEntry[];
  /** The places in the source where the run failed, the program's own lines first. */
  places: Place[];
}

export type RunPart = 'run' | 'log' | 'parts' | 'problem';

/**
 * One run as far as it is known. It is followed while it goes on; its artifacts are fetched at its
 * end.
 */
export class ShownRun implements Disposable {
  /** The run is not from a file. */
  readonly file = null;
  readonly entry: RunEntry;
  readonly #connect: () => Promise<SchedulerClient & Disposable>;
  readonly #changed = new Emitter<RunPart>();
  /** Fires with the part that is known now, or that grew. */
  readonly onChanged = this.#changed.event;
  readonly #abort = new AbortController();
  #run: Run;
  #log = '';
  #parts: RunParts | null = null;
  #problem: Error | null = null;
  #loading: Promise<void> | undefined;

  constructor(entry: RunEntry, connect: () => Promise<SchedulerClient & Disposable>) {
    this.entry = entry;
    this.#run = entry.run;
    this.#connect = connect;
  }

  get run(): Run {
    return this.#run;
  }

  /** The log so far. */
  get log(): string {
    return this.#log;
  }

  /** Null until the run ended and its parts were fetched. */
  get parts(): RunParts | null {
    return this.#parts;
  }

  /** The reason why the parts could not be fetched; null where nothing went wrong. */
  get problem(): Error | null {
    return this.#problem;
  }

  /** Follows and fetches what is not known yet. A call while another is under way joins it. */
  load(): Promise<void> {
    if (this.#parts !== null || this.#abort.signal.aborted) return Promise.resolve();
    this.#loading ??= this.#load()
      .catch((error: unknown) => {
        if (this.#abort.signal.aborted) return;
        this.#problem = error instanceof Error ? error : new Error(String(error));
        this.#changed.fire('problem');
      })
      .finally(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
    this.#changed.dispose();
  }

  async #load(): Promise<void> {
    const { signal } = this.#abort;
    const id = this.#run.run_id;
    using client = await this.#connect();
    if (this.#run.ended_at === null) {
      this.#log = '';
      const ended = await followRun(client, id, {
        signal,
        log: (text) => this.#grow(text),
        state: (state) => this.#take({ ...this.#run, state }),
      });
      this.#take(ended);
    }
    const artifacts = await client.listArtifacts(id, { signal });
    const has = (name: ArtifactName) => artifacts.some((artifact) => artifact.name === name);
    if (has('run.log')) {
      const bytes = await client.artifact(id, 'run.log', { signal });
      this.#log = Buffer.from(bytes.subarray(0, LOG_MAX)).toString('utf8');
    }
    const { response } = this.#run;
    const output = response === null ? null : await client.output(response, { signal });
    const record = has('run.json') ? await client.record(this.#run, { signal }) : null;
    const isShort = record !== null && record.input_bytes <= INPUT_SHOWN;
    const input = isShort ? await inputOf(client, record, signal) : null;
    const { placesOfRun } = await import('../../toolchain/places/placesOfRun.ts');
    const places = await placesOfRun(this.entry.root, this.#run, client, signal);
    this.#parts = { record, output, input, artifacts, places };
    this.#problem = null;
    this.#changed.fire('parts');
  }

  #take(run: Run): void {
    this.#run = run;
    this.#changed.fire('run');
  }

  #grow(text: string): void {
    this.#log += text.slice(0, LOG_MAX - this.#log.length);
    this.#changed.fire('log');
  }
}
