import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, readlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * A tree of files outside of the program, with the names that commands would touch if they got
 * there.
 */
const FILES = [
  'file',
  'lock',
  'owner',
  'dev.json',
  '.dev.json.1.aabbccdd',
  'keeper.json',
  'audit.jsonl',
  'audit.000000000001.jsonl',
  'cell.db',
  'cell.db-wal',
  'version',
  'thesis.txt',
  'helper-bearer',
  'tenant-key.pem',
  'fabricbiosd.log',
  'scheduler.log',
  'helper.log',
  'aws-cells.json',
  'hello.json',
  'hello.wasm',
  'hello.wasm.map',
  'response.json',
  '0123456789abcdef.part',
  '01234567.input',
  `${'0123456789abcdef'}-${'ab'.repeat(32)}-16`,
];

/** Folders of the tree; each has all the files as well. */
const FOLDERS = ['.', 'dev', 'dev/logs', 'dev/trust', 'dev/runs', 'dev/modules', 'dev/metered', 'cloud', 'types'];

export async function makeOutsideWorld(path: string): Promise<void> {
  for (const folder of FOLDERS) {
    for (const name of FILES) {
      const file = join(path, folder, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${folder}/${name} is not yours\n`.repeat(20), { mode: 0o644 });
      await utimes(file, 1_500_000_000, 1_500_000_000);
    }
  }
}

/**
 * Reads every entry of a tree: kind, mode, and for a file time and content. Two are equal when
 * nothing was touched.
 */
export async function snapshotTree(path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const walk = async (folder: string, prefix: string): Promise<void> => {
    for (const name of (await readdir(folder)).sort()) {
      const entry = join(folder, name);
      const place = `${prefix}${name}`;
      const stats = await lstat(entry);
      const mode = (stats.mode & 0o7777).toString(8);
      if (stats.isDirectory()) {
        found[place] = `folder ${mode}`;
        await walk(entry, `${place}/`);
      } else if (stats.isSymbolicLink()) found[place] = `link ${await readlink(entry)}`;
      else if (stats.isFile()) {
        const content = createHash('sha256')
          .update(await readFile(entry))
          .digest('hex');
        found[place] = `file ${mode} ${stats.mtimeMs} ${content}`;
      } else found[place] = `other ${mode}`;
    }
  };
  found['.'] = `folder ${((await lstat(path)).mode & 0o7777).toString(8)}`;
  await walk(path, '');
  return found;
}
