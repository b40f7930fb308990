import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { HelperBuilt, HelperTasklet, HelperTasklets } from '../protocol/helperApi.ts';

/** Files of a crate that are looked at to tell whether its module is stale. */
const CRATE_FILES_MAX = 2_000;

export interface TaskletList {
  program: Program;
  /** What a client is told. */
  told: HelperTasklets & { program: object };
  /** Folders whose changes can change this list; absolute. */
  folders: string[];
}

export interface TaskletReader {
  /** Absolute path of the folder the program is looked for at. */
  readonly projectDir: string;
  /** @throws GrafosError of kind `usage`: no manifest, or one with errors. */
  read(): Promise<TaskletList>;
}

/** Reads the program at `projectDir` anew each time; only hashes of modules that did not change are remembered. */
export function taskletReader(projectDir: string): TaskletReader {
  const hashes = new Map<string, { key: string; sha256: string }>();

  const built = async (root: string, tasklet: Tasklet, newestSource: number): Promise<HelperBuilt | null> => {
    const file = join(root, tasklet.output);
    try {
      const facts = await stat(file);
      if (!facts.isFile()) return null;
      const key = `${facts.size} ${facts.mtimeMs} ${facts.ino}`;
      let known = hashes.get(file);
      if (known?.key !== key) {
        known = {
          key,
          sha256: createHash('sha256')
            .update(await readFile(file))
            .digest('hex'),
        };
        hashes.set(file, known);
      }
      return {
        size: facts.size,
        sha256: known.sha256,
        built_at: facts.mtime.toISOString(),
        stale: newestSource > facts.mtimeMs,
      };
    } catch {
      // Not there, or not readable: for the list that is one thing, and a run says what the matter is.
      return null;
    }
  };

  return {
    projectDir,
    async read() {
      // The TOML parser is only paid for when somebody looks.
      const { loadProgram } = await import('../../program/loadProgram.ts');
      const program = await loadProgram(projectDir);
      const { root, manifest } = program;
      const folders = new Set([root]);
      const tasklets = await Promise.all(
        manifest.tasklets.map(async (tasklet): Promise<HelperTasklet> => {
          const source = await newestChange(join(root, tasklet.source), tasklet.kind === 'rust');
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
            built: await built(root, tasklet, source.changed),
          };
        }),
      );
      const { name, version } = manifest;
      return { program, told: { program: { name, version, root }, tasklets, problem: null }, folders: [...folders] };
    },
  };
}

/** When a source last changed (unix milliseconds, 0 if it is not there), and the folders to watch for the next change. */
async function newestChange(path: string, crate: boolean): Promise<{ changed: number; folders: string[] }> {
  if (!crate) return { changed: await changeTime(path), folders: [dirname(path)] };
  const folders = [path];
  let changed = 0;
  let left = CRATE_FILES_MAX;
  for (const name of ['Cargo.toml', 'Cargo.lock', 'build.rs'])
    changed = Math.max(changed, await changeTime(join(path, name)));
  const queue = [join(path, 'src')];
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) continue;
    folders.push(folder);
    for (const entry of entries) {
      if (left-- === 0) return { changed, folders };
      if (entry.isDirectory()) queue.push(join(folder, entry.name));
      else if (entry.isFile()) changed = Math.max(changed, await changeTime(join(folder, entry.name)));
    }
  }
  return { changed, folders };
}

async function changeTime(file: string): Promise<number> {
  return await stat(file).then(
    (facts) => facts.mtimeMs,
    () => 0,
  );
}
