import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import type { HelperBuilt, HelperTasklet, HelperTasklets } from '../wire/helperApi.ts';

/** Files of a crate that are looked at to tell whether its module is stale. */
const CRATE_FILES_MAX = 2_000;
/** Folders of a program that are watched. */
const FOLDERS_MAX = 500;

export interface TaskletList {
  program: Program;
  /** The answer to a client. */
  answer: HelperTasklets & { program: object };
  /** Folders whose changes can change this list; absolute. */
  folders: string[];
}

export interface TaskletReader {
  /** Absolute path of the folder the program is looked for at. */
  readonly projectDir: string;
  /**
   * @throws {GrafosError} manifest_missing, manifest_unreadable, manifest_invalid,
   *   file_outside_program
   */
  read(): Promise<TaskletList>;
}

/**
 * Reads the program at `projectDir` at each call. Only the hashes of unchanged modules are
 * remembered.
 */
export function createTaskletReader(projectDir: string): TaskletReader {
  const hashes = new Map<string, { key: string; sha256: string }>();

  const built = async (reader: ProgramReader, tasklet: Tasklet, newestSource: number): Promise<HelperBuilt | null> => {
    const file = join(reader.root, tasklet.output);
    const seen = await reader.lookSoon(file);
    // A missing file and an unreadable one are the same for the list. A run says which it is.
    if (seen.state !== 'ok' || !seen.stat.isFile()) return null;
    const { size, mtimeMs, mtime, ino } = seen.stat;
    const key = `${size} ${mtimeMs} ${ino}`;
    let known = hashes.get(file);
    if (known?.key !== key) {
      const read = await reader.readSoon(file, 'module');
      if (read.state !== 'ok') return null;
      known = { key, sha256: createHash('sha256').update(read.bytes).digest('hex') };
      hashes.set(file, known);
    }
    return { size, sha256: known.sha256, built_at: mtime.toISOString(), stale: newestSource > mtimeMs };
  };

  return {
    projectDir,
    async read() {
      // The TOML parser is only paid for when somebody looks.
      const { loadProgramSoon } = await import('../../program/loadProgram.ts');
      const program = await loadProgramSoon(projectDir);
      const { root, manifest } = program;
      const folders = new Set([root]);
      const tasklets = await Promise.all(
        manifest.tasklets.map(async (tasklet): Promise<HelperTasklet> => {
          const reader = new ProgramReader(root);
          const source = await newestChange(reader, join(root, tasklet.source), tasklet.kind === 'rust');
          for (const folder of source.folders) folders.add(folder);
          // With its parents: a build folder that is not there yet appears in one of them.
          for (const path of [tasklet.source, tasklet.output]) {
            for (let folder = dirname(join(root, path)); folder.startsWith(root) && folder !== root; ) {
              folders.add(folder);
              folder = dirname(folder);
            }
          }
          const { name, kind, output, fuel, linear_memory_bytes, mem_bytes, timeout_ms } = tasklet;
          return {
            name,
            kind,
            source: tasklet.source,
            output,
            fuel,
            linear_memory_bytes,
            mem_bytes,
            timeout_ms,
            built: await built(reader, tasklet, source.changed),
          };
        }),
      );
      const { name, version } = manifest;
      const answer = { program: { name, version, root }, tasklets, problem: null };
      return { program, answer, folders: await watchable(new ProgramReader(root), [...folders]) };
    },
  };
}

/**
 * The folders that are in the program once their links are followed. The others are not watched.
 */
async function watchable(reader: ProgramReader, folders: string[]): Promise<string[]> {
  const inside: string[] = [];
  for (const folder of folders.slice(0, FOLDERS_MAX)) {
    const { state } = await reader.lookSoon(folder);
    // One that is not there yet appears in its parent.
    if (state === 'ok' || state === 'missing') inside.push(folder);
  }
  return inside;
}

/**
 * The time of the newest change of a source (unix milliseconds, 0 if it is not there), and the
 * folders to watch for the next one.
 */
async function newestChange(
  reader: ProgramReader,
  path: string,
  crate: boolean,
): Promise<{ changed: number; folders: string[] }> {
  if (!crate) return { changed: await changeTime(reader, path), folders: [dirname(path)] };
  const folders = [path];
  let changed = 0;
  let left = CRATE_FILES_MAX;
  for (const name of ['Cargo.toml', 'Cargo.lock', 'build.rs'])
    changed = Math.max(changed, await changeTime(reader, join(path, name)));
  const queue = [join(path, 'src')];
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    const read = await reader.listSoon(folder);
    if (read.state !== 'ok') continue;
    folders.push(folder);
    for (const entry of read.entries) {
      if (left-- === 0) return { changed, folders };
      if (entry.isDirectory()) queue.push(join(folder, entry.name));
      else if (entry.isFile()) changed = Math.max(changed, await changeTime(reader, join(folder, entry.name)));
    }
  }
  return { changed, folders };
}

async function changeTime(reader: ProgramReader, file: string): Promise<number> {
  const seen = await reader.lookSoon(file);
  return seen.state === 'ok' ? seen.stat.mtimeMs : 0;
}
