/**
 * Inputs and outputs too long for a row, each a file `runs/<run id>.input` or `.output`. A file is whole before the row that speaks of
 * it is committed, and goes after its row has: what a killed scheduler left between is swept at the next start.
 */
import { createReadStream, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Refused } from '../refused.ts';

/** Up to here bytes stand in their row, and what is done with them is done at once. More would hold up other runs. */
export const IN_ROW_BYTES = 64 * 1024;

export type RunPart = 'input' | 'output';

export interface RunFiles {
  /** @throws {Refused} storage_unavailable; then nothing is kept */
  write(runId: string, part: RunPart, bytes: Uint8Array): Promise<void>;
  read(runId: string, part: RunPart): Promise<Uint8Array>;
  /** In pieces of 96 KiB, which base64 needs no padding between. */
  pieces(runId: string, part: RunPart): AsyncIterable<Buffer>;
  path(runId: string, part: RunPart): string;
  /** Of runs that are in the store no more. */
  remove(runIds: readonly string[]): Promise<void>;
}

const PARTS: readonly RunPart[] = ['input', 'output'];
const PIECE_BYTES = 96 * 1024;
const ASIDE = '.part';

/** @param isKept whether a run is in the store: files of others are removed now */
export function runFiles(dir: string, isKept: (runId: string) => boolean): RunFiles {
  const folder = join(dir, 'runs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) {
    const [runId = '', part] = name.split('.');
    const isOurs = PARTS.some((known) => known === part) || name.endsWith(ASIDE);
    if (isOurs && (name.endsWith(ASIDE) || !isKept(runId))) rmSync(join(folder, name), { force: true });
  }
  const path = (runId: string, part: RunPart): string => join(folder, `${runId}.${part}`);

  return {
    path,
    write: async (runId, part, bytes) => {
      const whole = path(runId, part);
      const aside = `${whole}${ASIDE}`;
      try {
        await writeFile(aside, bytes, { mode: 0o600 });
        await rename(aside, whole);
      } catch {
        await rm(aside, { force: true });
        throw new Refused(
          'storage_unavailable',
          `The scheduler cannot store the ${part} of a run.`,
          'Free space on the disk of the stack, then try again.',
        );
      }
    },
    read: (runId, part) => readFile(path(runId, part)),
    pieces: (runId, part) => createReadStream(path(runId, part), { highWaterMark: PIECE_BYTES }),
    remove: async (runIds) => {
      for (const runId of runIds) {
        for (const part of PARTS) await rm(path(runId, part), { force: true });
      }
    },
  };
}
