import { execFileSync } from 'node:child_process';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A folder as a repository may bring it, or as an update of one may leave it. */
export interface HostileFolder {
  name: string;
  /** It lies under `.grafos`, so that a `.grafos` set aside takes it away. */
  inState: boolean;
  /** Puts it into a program; `outside` is a tree that must stay as it is. */
  plant(program: string, outside: string): Promise<void>;
}

/** Places below `.grafos` where a file is kept. */
const STATE_FILES = [
  'owner',
  '.gitignore',
  'dev/dev.json',
  'dev/lock',
  'dev/keeper.json',
  'dev/audit.jsonl',
  'dev/cell.db',
  'dev/cell.db-wal',
  'dev/cell.db-shm',
  'dev/cell.db-journal',
  'dev/logs/fabricbiosd.log',
  'dev/logs/scheduler.log',
  'dev/logs/helper.log',
  'dev/trust/helper-bearer',
  'types/version',
  'cloud/aws-cells.json',
  'profiles/hello.json',
];

/** Places below `.grafos` where a folder is kept. */
const STATE_FOLDERS = [
  'dev',
  'dev/logs',
  'dev/trust',
  'dev/runs',
  'dev/modules',
  'dev/metered',
  'cloud',
  'types',
  'build',
  'artifacts',
  'profiles',
];

const OUTPUTS = ['build/hello.wasm', 'build/hello.wasm.map', 'build/large.wasm', 'build/script.wasm'];

/** Replaces whatever is at a place by what `make` puts there. */
async function put(program: string, place: string, make: (path: string) => unknown): Promise<void> {
  const path = join(program, place);
  await rm(path, { recursive: true, force: true });
  await mkdir(dirname(path), { recursive: true });
  await make(path);
}

const eachFile = async (program: string, make: (path: string, place: string) => unknown) => {
  for (const place of STATE_FILES) await put(program, `.grafos/${place}`, (path) => make(path, place));
};

function oneFolder(place: string): HostileFolder {
  return {
    name: `.grafos/${place} a link to a folder`,
    inState: true,
    plant: (program, outside) => put(program, `.grafos/${place}`, (path) => symlink(join(outside, place), path)),
  };
}

const POSIX_ONLY: HostileFolder[] = [
  {
    name: 'pipes in the place of state files',
    inState: true,
    plant: (program) => eachFile(program, (path) => execFileSync('mkfifo', [path])),
  },
  {
    name: 'a pipe as the lock',
    inState: true,
    plant: (program) => put(program, '.grafos/dev/lock', (path) => execFileSync('mkfifo', [path])),
  },
  {
    name: 'a pipe as .grafos',
    inState: true,
    plant: (program) => put(program, '.grafos', (path) => execFileSync('mkfifo', [path])),
  },
  {
    name: 'links to devices in the place of state files',
    inState: true,
    plant: (program) =>
      eachFile(program, (path, place) => symlink(place.endsWith('.json') ? '/dev/zero' : '/dev/full', path)),
  },
];

/** All of them; a test may add caches, states and stamps of its own. */
export const HOSTILE_FOLDERS: HostileFolder[] = [
  {
    name: '.grafos a link to a folder',
    inState: true,
    plant: (program, outside) => put(program, '.grafos', (path) => symlink(outside, path)),
  },
  {
    name: '.grafos a link to a file',
    inState: true,
    plant: (program, outside) => put(program, '.grafos', (path) => symlink(join(outside, 'file'), path)),
  },
  {
    name: '.grafos a link that leads nowhere',
    inState: true,
    plant: (program, outside) => put(program, '.grafos', (path) => symlink(join(outside, 'nowhere'), path)),
  },
  {
    name: '.grafos a file',
    inState: true,
    plant: (program) => put(program, '.grafos', (path) => writeFile(path, '')),
  },
  ...['dev', 'dev/logs', 'dev/trust', 'dev/runs', 'dev/modules'].map(oneFolder),
  {
    name: 'every folder beside .grafos/dev a link',
    inState: true,
    async plant(program, outside) {
      for (const place of STATE_FOLDERS.filter((one) => one !== 'dev'))
        await put(program, `.grafos/${place}`, (path) => symlink(join(outside, place), path));
    },
  },
  {
    name: 'links to files in the place of state files',
    inState: true,
    plant: (program, outside) =>
      eachFile(program, (path, place) => symlink(join(outside, place.split('/').at(-1) ?? ''), path)),
  },
  {
    name: 'links that lead nowhere in the place of state files',
    inState: true,
    plant: (program, outside) =>
      eachFile(program, (path, place) => symlink(join(outside, `nowhere-${place.replaceAll('/', '-')}`), path)),
  },
  {
    name: 'folders in the place of state files',
    inState: true,
    plant: (program) => eachFile(program, (path) => mkdir(join(path, 'full'), { recursive: true })),
  },
  {
    name: 'files in the place of state folders',
    inState: true,
    async plant(program) {
      for (const place of STATE_FOLDERS.filter((one) => !one.includes('/') && one !== 'dev'))
        await put(program, `.grafos/${place}`, (path) => writeFile(path, ''));
      for (const place of ['dev/logs', 'dev/trust', 'dev/runs'])
        await put(program, `.grafos/${place}`, (path) => writeFile(path, ''));
    },
  },
  {
    name: 'a folder as the lock',
    inState: true,
    plant: (program) => put(program, '.grafos/dev/lock', (path) => mkdir(path)),
  },
  {
    name: 'a link that leads nowhere as the lock',
    inState: true,
    plant: (program) => put(program, '.grafos/dev/lock', (path) => symlink('nowhere', path)),
  },
  {
    name: 'build a link to a folder',
    inState: false,
    plant: (program, outside) => put(program, 'build', (path) => symlink(outside, path)),
  },
  {
    name: 'build a link that leads nowhere',
    inState: false,
    plant: (program, outside) => put(program, 'build', (path) => symlink(join(outside, 'made'), path)),
  },
  {
    name: 'outputs links to files',
    inState: false,
    async plant(program, outside) {
      for (const place of OUTPUTS) await put(program, place, (path) => symlink(join(outside, 'thesis.txt'), path));
    },
  },
  {
    name: 'outputs links that lead nowhere',
    inState: false,
    async plant(program, outside) {
      for (const place of OUTPUTS) await put(program, place, (path) => symlink(join(outside, 'made.wasm'), path));
    },
  },
  ...(process.platform === 'win32' ? [] : POSIX_ONLY),
];
