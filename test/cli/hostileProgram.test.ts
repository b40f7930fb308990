/**
 * Programs that somebody only opens, made of links to devices, pipes and endless files, against
 * every command that reads a program.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { buildTool } from '../../toolchain/compile/buildTool.ts';
import { STAMP_SECTION } from '../../toolchain/compile/sourceStamp.ts';
import { writeSections } from '../../toolchain/compile/wasmSections.ts';
import { link, pipe, socket, sparse } from '../helpers/hostileFiles.ts';
import { languageClient } from '../helpers/languageClient.ts';
import { McpClient } from '../helpers/mcpClient.ts';
import { type MemoryGroup, memoryGroup } from '../helpers/memoryGroup.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

const MIB = 1024 ** 2;
const MEMORY = 512 * MIB;
const HELLO = 'export function compute(input: string): string {\n  return input;\n}\n';
const IMPORTING = `import { other } from "./other";\n${HELLO.replace('input;', 'other(input);')}`;
const CARGO = '[package]\nname = "demo"\nversion = "0.1.0"\nedition = "2021"\n\n[lib]\ncrate-type = ["cdylib"]\n';

interface HostileCase {
  what: string;
  /** The `source` of the one tasklet. */
  source?: string;
  make(root: string): unknown;
  /** Codes of `validate`, without those on a module that is not built. */
  validate: string[];
  /** The error code of `tasklet build`, or null where it builds. */
  build: string | null;
  /** The error code of `test --no-build`, or words on the case that fails, where it matters. */
  test?: string;
}

const write = (root: string, path: string, content: string | Uint8Array) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};
const imports = (put: (path: string) => unknown) => (root: string) => {
  write(root, 'tasklets/demo.ts', IMPORTING);
  return put(join(root, 'tasklets/other.ts'));
};
const stamp = (lines: string[]) =>
  writeSections([{ id: 0, name: STAMP_SECTION, content: new TextEncoder().encode(lines.join('\n')) }]);
const built = (lines: string[]) => (root: string) => {
  write(root, 'tasklets/demo.ts', HELLO);
  write(root, 'build/demo.wasm', stamp(lines));
};
const crate = (put: (root: string) => unknown) => (root: string) => {
  write(root, 'crates/demo/Cargo.toml', CARGO);
  write(root, 'crates/demo/src/lib.rs', 'pub fn nothing() {}\n');
  return put(root);
};

const CASES: HostileCase[] = [
  {
    what: 'an import that is a link to a device',
    make: imports((path) => link(path, '/dev/zero')),
    validate: ['GRF2005'],
    build: 'build_failed',
  },
  {
    what: 'an import that is a link to an endless text',
    make: imports((path) => link(path, '/proc/self/mem')),
    validate: ['GRF2005'],
    build: 'build_failed',
  },
  {
    what: 'an import that is a pipe',
    make: imports((path) => pipe(path)),
    validate: ['GRF2101'],
    build: 'build_failed',
  },
  {
    what: 'an import that is a link to a pipe',
    make: imports((path) => {
      pipe(`${path}.pipe`);
      link(path, 'other.ts.pipe');
    }),
    validate: ['GRF2101'],
    build: 'build_failed',
  },
  {
    what: 'an import of 10 GB',
    make: imports((path) => sparse(path, 10 * 1024 * MIB)),
    validate: ['GRF2101'],
    build: 'build_failed',
  },
  {
    what: 'an import that is a socket',
    make: imports((path) => socket(path)),
    validate: ['GRF2101'],
    build: 'build_failed',
  },
  {
    what: 'an import that is a folder',
    make: imports((path) => mkdirSync(path)),
    validate: ['GRF2101'],
    build: 'build_failed',
  },
  {
    what: 'a source that is a device',
    make: (root) => link(join(root, 'tasklets/demo.ts'), '/dev/zero'),
    validate: ['GRF2005'],
    build: 'build_failed',
  },
  {
    what: 'a source of the manifest outside',
    source: '../outside.ts',
    make: () => {},
    validate: ['GRF1016'],
    build: 'manifest_invalid',
  },
  {
    what: 'a source of the manifest that is a device',
    source: '/dev/zero',
    make: () => {},
    validate: ['GRF1016'],
    build: 'manifest_invalid',
  },
  {
    what: 'a manifest that is a device',
    make: (root) => link(join(root, 'grafos.toml'), '/dev/zero'),
    validate: ['GRF2005'],
    build: 'file_outside_program',
  },
  {
    what: 'a manifest that is a pipe',
    make: (root) => pipe(join(root, 'grafos.toml')),
    validate: ['GRF1002'],
    build: 'manifest_unreadable',
  },
  {
    what: 'a manifest of 10 GB',
    make: (root) => sparse(join(root, 'grafos.toml'), 10 * 1024 * MIB),
    validate: ['GRF1002'],
    build: 'manifest_unreadable',
  },
  {
    what: 'a stamp that names a device',
    make: built([
      'x',
      buildTool({ kind: 'assemblyscript', source: 'demo.ts', features: ['bulk-memory', 'simd'] }),
      'tasklets/demo.ts',
      '../../../../../../dev/zero',
      '/dev/zero',
      'a\0b',
    ]),
    validate: ['GRF3002'],
    build: null,
  },
  {
    what: 'a stamp with a million names',
    make: built(['x', 'tool', ...Array.from({ length: 1e6 }, () => 'tasklets/demo.ts')]),
    validate: ['GRF3006'],
    build: null,
  },
  {
    what: 'a source map of 1 GB',
    make: (root) => {
      write(root, 'tasklets/demo.ts', HELLO);
      sparse(join(root, 'build/demo.wasm.map'), 1024 * MIB);
    },
    validate: [],
    build: null,
  },
  {
    what: 'fixtures that are a link to the root',
    make: (root) => {
      write(root, 'tasklets/demo.ts', HELLO);
      link(join(root, 'fixtures/demo'), '/');
    },
    validate: ['GRF2005'],
    build: null,
    test: 'file_outside_program',
  },
  {
    what: 'an expectation that is a pipe',
    make: (root) => {
      write(root, 'tasklets/demo.ts', HELLO);
      write(root, 'fixtures/demo/a.input.json', '1');
      pipe(join(root, 'fixtures/demo/a.expected.json'));
    },
    validate: ['GRF4003'],
    build: null,
    test: 'a device, a pipe or a socket',
  },
  {
    what: 'an input that is a device',
    make: (root) => {
      write(root, 'tasklets/demo.ts', HELLO);
      write(root, 'fixtures/demo/a.expected.json', '1');
      link(join(root, 'fixtures/demo/a.input.bin'), '/dev/zero');
    },
    validate: ['GRF2005'],
    build: null,
    test: 'outside of the program',
  },
  {
    what: 'a package that is a loop of links',
    make: (root) => {
      write(root, 'tasklets/demo.ts', HELLO.replace('export', 'import { x } from "loop";\nexport'));
      link(join(root, 'node_modules/loop'), '../node_modules/loop');
    },
    validate: ['GRF2101'],
    build: 'build_failed',
  },
  {
    what: 'a package that is a link to the root',
    make: (root) => {
      write(root, 'tasklets/demo.ts', HELLO.replace('export', 'import { x } from "all/dev/zero";\nexport'));
      link(join(root, 'node_modules/all'), '/');
    },
    validate: ['GRF2101'],
    build: 'build_failed',
  },
  {
    what: 'a module that is a device',
    make: (root) => {
      write(root, 'tasklets/demo.ts', HELLO);
      link(join(root, 'build/demo.wasm'), '/dev/zero');
    },
    validate: ['GRF2005'],
    build: null,
  },
  {
    what: 'a module of 10 GB',
    make: (root) => {
      write(root, 'tasklets/demo.ts', HELLO);
      sparse(join(root, 'build/demo.wasm'), 10 * 1024 * MIB);
    },
    validate: ['GRF3004'],
    build: null,
  },
  {
    what: 'a text module that is a device',
    source: 'demo.wat',
    make: (root) => link(join(root, 'demo.wat'), '/dev/zero'),
    validate: ['GRF2005'],
    build: 'file_outside_program',
  },
  {
    what: 'a prebuilt module that is a device',
    source: 'demo.wasm',
    make: (root) => link(join(root, 'demo.wasm'), '/dev/zero'),
    validate: ['GRF2005'],
    build: 'file_outside_program',
  },
  {
    what: 'a crate with a device',
    source: 'crates/demo',
    make: crate((root) => link(join(root, 'crates/demo/src/main.rs'), '/dev/zero')),
    validate: ['GRF2005', 'GRF2202', 'GRF2203', 'GRF2209'],
    build: 'file_outside_program',
  },
  {
    what: 'a crate whose manifest is a device',
    source: 'crates/demo',
    make: crate((root) => link(join(root, 'crates/demo/Cargo.toml'), '/dev/zero')),
    validate: ['GRF2005'],
    build: 'file_outside_program',
  },
  {
    what: 'a crate whose library is a device',
    source: 'crates/demo',
    make: crate((root) => write(root, 'crates/demo/Cargo.toml', `${CARGO}path = "/dev/zero"\n`)),
    validate: ['GRF2202', 'GRF2203', 'GRF2209'],
    build: 'file_outside_program',
  },
  {
    what: 'a crate with settings that are a pipe',
    source: 'crates/demo',
    make: crate((root) => pipe(join(root, '.cargo/config.toml'))),
    validate: ['GRF2202', 'GRF2203', 'GRF2209'],
    build: 'not_a_file',
  },
];

describe('a hostile program', function () {
  if (process.platform === 'win32') return;
  this.timeout(120_000);

  for (const one of CASES) {
    it(`with ${one.what} is refused in bounds by validate, tasklet build and test`, async () => {
      await using program = await hostileProgram(one);
      await using group = memoryGroup(MEMORY);
      const found = await bounded(group, program.root, ['validate', '--json']);
      const codes = (found.findings ?? []).map(({ code }) => code).filter((code) => code !== 'GRF3001');
      assert.deepEqual([...new Set(codes)].sort(), one.validate, JSON.stringify(found));
      if (one.test !== undefined) {
        const tested = await bounded(group, program.root, ['test', '--no-build', '--json']);
        // A case that cannot be read fails alone; the others would run.
        const said = tested.error?.code ?? tested.cases?.[0]?.mismatch?.what ?? '';
        assert.ok(said.includes(one.test), JSON.stringify(tested));
      }
      const deployed = await bounded(group, program.root, ['deploy', 'run', '--json']);
      assert.notEqual(deployed.error?.code ?? 'internal_error', 'internal_error', JSON.stringify(deployed));
      const build = await bounded(group, program.root, ['tasklet', 'build', '--json']);
      assert.equal(build.error?.code ?? null, one.build, JSON.stringify(build));
      const peak = group.peak();
      assert.ok(peak === null || peak <= MEMORY, `${peak} bytes`);
    });
  }

  it('leaves the language server alive and its findings right', async () => {
    await using group = memoryGroup(MEMORY);
    const command = [join(packageRoot, 'dist/language-server/main.js'), '--stdio'];
    await using client = await languageClient({ command, prefix: group.prefix });
    for (const one of CASES) {
      if (one.source?.startsWith('crates') || one.what.startsWith('a manifest')) continue;
      await using program = await hostileProgram(one);
      const manifest = join(program.root, 'grafos.toml');
      client.open(manifest, readFileSync(manifest, 'utf8'));
      const source = join(program.root, 'tasklets/demo.ts');
      const wanted = one.validate[0];
      await client.until(
        () =>
          client.published.some(
            ({ uri, diagnostics }) =>
              uri.includes(program.id) &&
              (wanted === undefined ? diagnostics.length > 0 : diagnostics.some(({ code }) => code === wanted)),
          ),
        () =>
          `${one.what}: no ${wanted} in ${JSON.stringify(client.published.filter(({ uri }) => uri.includes(program.id)))}`,
      );
      await client.request('textDocument/completion', client.at(manifest, 6, 10));
      client.close(source);
      client.close(manifest);
    }
    const peak = group.peak();
    assert.ok(peak === null || peak <= MEMORY, `${peak} bytes`);
  });

  for (const what of ['a stamp that names a device', 'a module that is a device', 'an expectation that is a pipe']) {
    it(`with ${what} is listed and validated for an assistant`, async () => {
      const one = CASES.find((other) => other.what === what);
      assert.ok(one !== undefined);
      await using program = await hostileProgram(one);
      await using client = new McpClient(program.root);
      await client.open();
      const listed = await client.tool('grafos_list_tasklets');
      assert.notEqual(listed.isError, true, JSON.stringify(listed.content));
      const validated = await client.tool('grafos_validate');
      assert.ok(JSON.stringify(validated.content).includes(one.validate[0] ?? ''), JSON.stringify(validated.content));
    });
  }

  it('made from more files than a tasklet may have is refused by its count', async () => {
    await using program = await hostileProgram({
      make: (root) => {
        for (let at = 0; at < 5_000; at++)
          write(
            root,
            `tasklets/f${at}.ts`,
            `import { f as g } from "./f${(at + 1) % 5_000}";\nexport function f(): i32 { return 1; }\n`,
          );
        write(root, 'tasklets/demo.ts', HELLO.replace('export', 'import { f } from "./f0";\nexport'));
      },
    });
    await using group = memoryGroup(MEMORY);
    const found = await bounded(group, program.root, ['validate', '--json']);
    assert.ok(
      found.findings?.some(({ code }) => code === 'GRF2006'),
      JSON.stringify(found),
    );
    assert.equal((await bounded(group, program.root, ['tasklet', 'build', '--json'])).error?.code, 'build_failed');
  });

  it('whose compile goes on and on ends at once when it is asked to', async function () {
    // Only here a process says how much of the processor it had.
    if (process.platform !== 'linux') return this.skip();
    await using program = await hostileProgram({ make: (root) => write(root, 'tasklets/demo.ts', doubling(24)) });
    for (const command of [['tasklet', 'build'], ['validate']]) {
      const child = spawn(process.execPath, [join(packageRoot, 'bin/grafos.cjs'), ...command], { cwd: program.root });
      try {
        const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
        await untilBusy(child, 2);
        child.kill('SIGTERM');
        const asked = performance.now();
        assert.equal(await ended, 130);
        assert.ok(performance.now() - asked < 10_000);
      } finally {
        child.kill('SIGKILL');
      }
    }
  });
});

/**
 * Functions that are instantiated for each of two types, so often that no compiler comes to an end.
 */
function doubling(depth: number): string {
  const functions = Array.from(
    { length: depth },
    (_, at) => `function f${at}<T>(): i32 { return f${at + 1}<A<T>>() + f${at + 1}<B<T>>(); }`,
  );
  return `class A<T> {}\nclass B<T> {}\n${functions.join('\n')}\nfunction f${depth}<T>(): i32 { return 1; }
export function compute(input: string): string {\n  return f0<i32>().toString();\n}\n`;
}

/** Resolves once a process has used the processor for that many seconds. */
async function untilBusy(child: ChildProcess, seconds: number): Promise<void> {
  const deadline = performance.now() + 90_000;
  for (;;) {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    // Fields 14 and 15 of proc(5), in hundredths of a second.
    if ((Number(fields[11]) + Number(fields[12])) / 100 >= seconds) return;
    if (performance.now() > deadline) throw new Error('the process is not busy');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Answer {
  findings?: Array<{ code: string; message: string }>;
  cases?: Array<{ mismatch: { what: string } | null }>;
  error?: { code: string; message: string };
}

const ANSWER_MS = 60_000;

/** Runs a command in the group; its answer, or an error when it gives none in time. */
function bounded(group: MemoryGroup, cwd: string, args: string[]): Promise<Answer> {
  const [command = process.execPath, ...rest] = [
    ...group.prefix,
    process.execPath,
    join(packageRoot, 'bin/grafos.cjs'),
    ...args,
  ];
  const child = spawn(command, rest, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => child.kill('SIGKILL'), ANSWER_MS);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(late);
      try {
        resolve(JSON.parse(stdout) as Answer);
      } catch {
        reject(new Error(`grafos ${args.join(' ')} ended with ${code ?? signal} and no answer: ${stdout} ${stderr}`));
      }
    });
  });
}

async function hostileProgram({ source = 'tasklets/demo.ts', make }: Pick<HostileCase, 'source' | 'make'>) {
  const folder = await temporaryFolder('grafos-hostile-');
  const root = join(folder.path, 'program');
  write(
    root,
    'grafos.toml',
    `[program]\nname = "demo"\nversion = "0.1.0"\n\n[[tasklet]]\nname = "demo"\nsource = "${source}"\n`,
  );
  const made: unknown = await make(root);
  return {
    root,
    id: folder.path.slice(folder.path.lastIndexOf('/') + 1),
    async [Symbol.asyncDispose]() {
      if (made instanceof Object && 'close' in made && typeof made.close === 'function') made.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
