/**
 * Inputs and outputs too long for a row, each a file `runs/<run id>.input` or `.output`.
 *
 * A file is whole before its row is committed, and is removed after its row. Files that a killed
 * scheduler left in between are swept at the next start.
 */
import { createReadStream } from 'node:fs';
import { StateFolder } from '../../../base/files/stateFolder.ts';
import { storageUnavailable } from '../storageUnavailable.ts';

/**
 * Largest size that is kept in a row, where all work on the bytes is done at once. More would hold
 * up other runs.
 */
export const IN_ROW_BYTES = 64 * 1024;

export type RunPart = 'input' | 'output';

export interface RunFiles {
  /** @throws {RefusedError} storage_unavailable; then nothing is kept */
  write(runId: string, part: RunPart, bytes: Uint8Array): Promise<void>;
  read(runId: string, part: RunPart): Promise<Uint8Array>;
  /** In pieces of 96 KiB, which base64 needs no padding between. */
  pieces(runId: string, part: RunPart): AsyncIterable<Buffer>;
  path(runId: string, part: RunPart): string;
  /** Removes the files of runs that have left the store. */
  remove(runIds: readonly string[]): Promise<void>;
}

const PARTS: readonly RunPart[] = ['input', 'output'];
const PIECE_BYTES = 96 * 1024;
const ASIDE = '.part';

/** The reading part of {@link RunFiles}, in an existing folder `runs`. */
export function storedFiles(folder: StateFolder): Pick<RunFiles, 'read' | 'pieces' | 'path'> {
  return {
    path: (runId, part) => folder.checked(nameOf(runId, part)),
    read: async (runId, part) => {
      const bytes = await folder.readWhole(nameOf(runId, part));
      if (bytes === undefined) throw new Error(`the ${part} of run ${runId} is gone`);
      return bytes;
    },
    pieces: (runId, part) => createReadStream(folder.checked(nameOf(runId, part)), { highWaterMark: PIECE_BYTES }),
  };
}

function nameOf(runId: string, part: RunPart): string {
  return `${runId}.${part}`;
}

/** @param isKept whether a run is in the store: files of others are removed now */
export function createRunFiles(dir: string, isKept: (runId: string) => boolean): RunFiles {
  const folder = StateFolder.at(dir).make('runs');
  for (const name of folder.names()) {
    const [runId = '', part] = name.split('.');
    const isOurs = PARTS.some((known) => known === part) || name.endsWith(ASIDE);
    if (isOurs && (name.endsWith(ASIDE) || !isKept(runId))) folder.remove(name);
  }

  return {
    ...storedFiles(folder),
    write: async (runId, part, bytes) => {
      const name = nameOf(runId, part);
      try {
        await folder.write(name, bytes, `${name}${ASIDE}`);
      } catch {
        throw storageUnavailable(`The scheduler cannot store the ${part} of a run.`);
      }
    },
    remove: async (runIds) => {
      for (const runId of runIds) {
        for (const part of PARTS) folder.remove(nameOf(runId, part));
      }
    },
  };
}
