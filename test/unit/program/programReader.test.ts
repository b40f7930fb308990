import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatheredBytes } from '../../../program/gatheredBytes.ts';
import { HoldingReader } from '../../../program/holdingReader.ts';
import { PROGRAM_LIMITS, type ProgramFileKind } from '../../../program/programLimits.ts';
import { type FileRead, ProgramReader } from '../../../program/programReader.ts';
import { link, pipe, socket, sparse } from '../../helpers/hostileFiles.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';

const GIB = 1024 ** 3;

describe('the reader of a program', () => {
  // Windows has neither named pipes in folders nor links without a privilege.
  if (process.platform === 'win32') return;

  /** A file `x.ts` in a program, made by `make`; what each way of the reader says of it. */
  async function readEachWay(
    make: (root: string, x: string) => unknown,
    kind: ProgramFileKind = 'source',
    path = 'x.ts',
  ): Promise<FileRead> {
    await using folder = await temporaryFolder();
    const root = join(folder.path, 'above', 'program');
    mkdirSync(root, { recursive: true });
    const made: unknown = await make(root, join(root, path));
    try {
      const read = new ProgramReader(root).read(join(root, path), kind);
      for (const Reader of [ProgramReader, HoldingReader])
        assert.deepEqual(await new Reader(root).readSoon(join(root, path), kind), read, Reader.name);
      return read;
    } finally {
      if (made instanceof Object && 'close' in made && typeof made.close === 'function') made.close();
    }
  }

  const refused: Array<[what: string, make: (root: string, x: string) => unknown, state: FileRead['state']]> = [
    ['nothing', () => {}, 'missing'],
    ['a link to nothing', (_, x) => link(x, 'nowhere.ts'), 'missing'],
    ['a link to a device', (_, x) => link(x, '/dev/zero'), 'outside'],
    ['a link to a terminal', (_, x) => link(x, '/dev/tty'), 'outside'],
    ['a link to a file of the kernel', (_, x) => link(x, '/proc/self/environ'), 'outside'],
    [
      'a link to a file beside the program',
      (root, x) => {
        writeFileSync(join(root, '..', 'secret.ts'), 'x');
        link(x, '../secret.ts');
      },
      'outside',
    ],
    [
      'a link by way of a folder that leads out',
      (root, x) => {
        mkdirSync(join(root, '..', 'other'));
        writeFileSync(join(root, '..', 'other', 'a.ts'), 'x');
        link(join(root, 'lib'), '../other');
        link(x, 'lib/a.ts');
      },
      'outside',
    ],
    [
      'a link to a folder whose name begins like the program',
      (root, x) => {
        mkdirSync(`${root}-more`);
        writeFileSync(`${root}-more/a.ts`, 'x');
        link(x, '../program-more/a.ts');
      },
      'outside',
    ],
    [
      'a link of a file to a package above',
      (root, x) => {
        mkdirSync(join(root, '../node_modules/p'), { recursive: true });
        writeFileSync(join(root, '../node_modules/p/index.ts'), 'x');
        link(x, '../node_modules/p/index.ts');
      },
      'outside',
    ],
    [
      'a loop of links',
      (root, x) => {
        link(x, 'y.ts');
        link(join(root, 'y.ts'), 'x.ts');
      },
      'unreadable',
    ],
    ['a folder', (_, x) => mkdirSync(x), 'not-a-file'],
    ['a named pipe', (_, x) => pipe(x), 'not-a-file'],
    [
      'a link to a named pipe of the program',
      (root, x) => {
        pipe(join(root, 'pipe'));
        link(x, 'pipe');
      },
      'not-a-file',
    ],
    ['a socket', (_, x) => socket(x), 'not-a-file'],
    ['a file of 10 GB', (_, x) => sparse(x, 10 * GIB), 'too-large'],
    [
      'a link to a file of 10 GB of the program',
      (root, x) => {
        sparse(join(root, 'large'), 10 * GIB);
        link(x, 'large');
      },
      'too-large',
    ],
    ['a file one byte too large', (_, x) => sparse(x, PROGRAM_LIMITS.source + 1), 'too-large'],
    ['a file in a file', (root) => writeFileSync(join(root, 'x.ts'), ''), 'missing'],
  ];
  for (const [what, make, state] of refused) {
    it(`refuses ${what}: ${state}`, async () => {
      const path = what === 'a file in a file' ? 'x.ts/y.ts' : 'x.ts';
      assert.equal((await readEachWay(make, 'source', path)).state, state);
    });
  }

  it('refuses a name with a zero byte as the name of nothing', async () => {
    assert.equal((await readEachWay(() => {}, 'source', 'x\0.ts')).state, 'missing');
  });

  const taken: Array<[what: string, make: (root: string, x: string) => unknown, path?: string]> = [
    ['a file', (_, x) => writeFileSync(x, 'text')],
    [
      'a link to a file of the program',
      (root, x) => {
        writeFileSync(join(root, 'y.ts'), 'text');
        link(x, 'y.ts');
      },
    ],
    [
      'a package that is hoisted to a folder above',
      (root) => {
        mkdirSync(join(root, '../node_modules/.store/p'), { recursive: true });
        writeFileSync(join(root, '../node_modules/.store/p/index.ts'), 'text');
        link(join(root, 'node_modules/p'), '../../node_modules/.store/p');
      },
      'node_modules/p/index.ts',
    ],
  ];
  for (const [what, make, path] of taken) {
    it(`reads ${what}`, async () => {
      const read = await readEachWay(make, 'source', path);
      assert.equal(read.state === 'ok' ? read.bytes.toString() : read.state, 'text');
    });
  }

  it('reads a file of exactly the bound, and one in a program that is reached by a link', async () => {
    const read = await readEachWay((_, x) => sparse(x, PROGRAM_LIMITS.source));
    assert.equal(read.state === 'ok' && read.bytes.length, PROGRAM_LIMITS.source);
    await using folder = await temporaryFolder();
    mkdirSync(join(folder.path, 'real'));
    writeFileSync(join(folder.path, 'real', 'x.ts'), 'text');
    link(join(folder.path, 'program'), 'real');
    const reader = new ProgramReader(join(folder.path, 'program'));
    assert.equal(reader.read(join(folder.path, 'program', 'x.ts'), 'source').state, 'ok');
  });

  it('stops after as many bytes and files as one operation may read', async () => {
    await using folder = await temporaryFolder();
    const x = join(folder.path, 'x.wasm');
    sparse(x, PROGRAM_LIMITS.module);
    const reader = new ProgramReader(folder.path);
    const whole = PROGRAM_LIMITS.totalBytes / PROGRAM_LIMITS.module;
    for (let round = 0; round < whole; round++) assert.equal((await reader.readSoon(x, 'module')).state, 'ok');
    assert.equal((await reader.readSoon(x, 'module')).state, 'too-much');
    const small = join(folder.path, 'y.ts');
    writeFileSync(small, '');
    const many = new ProgramReader(folder.path);
    for (let round = 0; round < PROGRAM_LIMITS.files; round++) many.read(small, 'source');
    assert.equal(many.read(small, 'source').state, 'too-much');
  });

  it('lists a folder in order, and refuses one that is too large or leads out', async () => {
    await using folder = await temporaryFolder();
    const reader = new ProgramReader(folder.path);
    for (const name of ['b', 'a', 'c']) writeFileSync(join(folder.path, name), '');
    const read = reader.list(folder.path);
    assert.deepEqual(read.state === 'ok' && read.entries.map(({ name }) => name), ['a', 'b', 'c']);
    link(join(folder.path, 'out'), '/');
    const many = join(folder.path, 'many');
    mkdirSync(many);
    for (let index = 0; index <= PROGRAM_LIMITS.folderEntries; index++) writeFileSync(join(many, String(index)), '');
    for (const [path, state] of [
      ['out', 'outside'],
      ['many', 'too-much'],
      ['a', 'not-a-file'],
      ['z', 'missing'],
    ] as const) {
      assert.equal(reader.list(join(folder.path, path)).state, state);
      assert.equal((await reader.listSoon(join(folder.path, path))).state, state);
    }
  });

  it('does not wait for pipes: more than Node has threads for files are refused at one time', async () => {
    await using folder = await temporaryFolder();
    const reader = new ProgramReader(folder.path);
    const names = Array.from({ length: 12 }, (_, index) => join(folder.path, `${index}.ts`));
    for (const name of names) pipe(name);
    writeFileSync(join(folder.path, 'x.ts'), 'text');
    const states = await Promise.all(names.map(async (name) => (await reader.readSoon(name, 'source')).state));
    assert.deepEqual(new Set(states), new Set(['not-a-file']));
    assert.equal((await reader.readSoon(join(folder.path, 'x.ts'), 'source')).state, 'ok');
  });
});

describe('bytes that are gathered', () => {
  const fill = (gathered: GatheredBytes, bytes: number) => {
    for (let left = bytes; left >= 0; ) {
      const room = gathered.room();
      if (room === null) return;
      const taken = Math.min(left, room.length, 1000);
      left -= taken;
      if (!gathered.took(taken)) return;
    }
  };
  for (const [said, most, real, size] of [
    [0, 10_000, 5_000, 5_000],
    [5_000, 10_000, 100, 100],
    [5_000, 10_000, 10_000, 10_000],
    [5_000, 10_000, 10_001, null],
    [0, 10_000, 1e9, null],
    [1e15, 10_000, 10_001, null],
    [0, 0, 0, 0],
    [0, 0, 1, null],
  ] as const) {
    it(`of a file that says ${said}, has ${real} and may have ${most}: ${size ?? 'too large'}`, () => {
      const gathered = new GatheredBytes(said, most);
      fill(gathered, real);
      assert.equal(gathered.bytes()?.length ?? null, size);
      assert.ok(gathered.size <= most + 1);
    });
  }

  it('takes a file that grows while it is read', async () => {
    await using folder = await temporaryFolder();
    const x = join(folder.path, 'x.ts');
    writeFileSync(x, 'a'.repeat(10_000));
    const reading = new ProgramReader(folder.path).readSoon(x, 'source');
    appendFileSync(x, 'b'.repeat(10_000));
    const read = await reading;
    assert.ok(read.state === 'ok' && read.bytes.length >= 10_000);
  });
});
