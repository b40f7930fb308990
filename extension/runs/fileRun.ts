import type { Place } from '../../daemons/wire/place.ts';
import type { Run, RunRecord } from '../../daemons/wire/tenantApi.ts';
import type { ShownEnd } from '../../toolchain/replay/openRunFile.ts';
import { LOG_MAX, type RunParts } from './shownRun.ts';

/**
 * One run from a file. All of it is known from the beginning, and nothing of it changes. Anybody
 * may have made the file.
 */
export class FileRun implements Disposable {
  /** Absolute path of the file. */
  readonly file: string;
  /**
   * The program whose built module is the one that ran; undefined where none is. Only then do the
   * places name files here.
   */
  readonly root: string | undefined;
  readonly run: Run;
  readonly log: string;
  readonly parts: RunParts;
  readonly problem = null;

  constructor(file: string, ended: ShownEnd, places: Place[], root: string | undefined) {
    const { record, response, output, input, log } = ended;
    this.file = file;
    this.root = root;
    this.run = runOf(record, ended);
    this.log = log.slice(0, LOG_MAX);
    this.parts = {
      record,
      output: output ?? (response.output_bytes === 0 ? new Uint8Array() : null),
      input,
      artifacts: [],
      places,
    };
  }

  /** Does nothing: there is nothing more to be known. */
  load(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.dispose](): void {}
}

function runOf(record: RunRecord, { response }: ShownEnd): Run {
  const { run_id, tenant, program, tasklet, version, provider, cell_id, module_sha256 } = record;
  const began = Number(record.start_unix_nanos) / 1e6;
  const time = (ms: number) => (Math.abs(ms) <= 8.64e15 ? new Date(ms) : new Date(0)).toISOString();
  return {
    ...{ run_id, tenant, program, tasklet, version, provider, cell_id, module_sha256 },
    state: response.state,
    created_at: time(began),
    ended_at: time(began + response.duration_us / 1e3),
    response,
    lease_id: null,
  };
}
