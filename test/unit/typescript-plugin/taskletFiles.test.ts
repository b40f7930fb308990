import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createProgramFiles, type ProgramFiles } from '../../../toolchain/validate/programFiles.ts';
import { createQuietService } from '../../../typescript-plugin/createQuietService.ts';
import { KeptFiles } from '../../../typescript-plugin/keptFiles.ts';
import type { TypeScriptService } from '../../../typescript-plugin/serverTypes.ts';
import { TaskletFiles } from '../../../typescript-plugin/taskletFiles.ts';

const MANIFEST = `[program]
name = "p"
version = "0.1.0"

[[tasklet]]
name = "one"
source = "tasklets/one.ts"
`;

describe('the files of tasklets, as the TypeScript plugin sees them', () => {
  let root: string;
  let open: Array<{ fileName: string; text: string }>;
  let version: number;
  let files: TaskletFiles;
  const write = async (path: string, text: string) => {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  };
  const has = (path: string) => files.has(join(root, path));
  /** Stands in for TypeScript's service; test/editor/host/typeScript.test.ts uses the real one. */
  const standIn = (): TypeScriptService => ({
    getSemanticDiagnostics: () => [{}, {}],
    getSyntacticDiagnostics: () => [{}],
    getSuggestionDiagnostics: () => [{}, { reportsUnnecessary: {} }],
    getProgram: () => ({ getSourceFiles: () => open }),
  });

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'grafos-plugin-'));
    open = [];
    version = 1;
    files = new TaskletFiles({ getProjectVersion: () => String(version) }, standIn());
    await write('grafos.toml', MANIFEST);
    await write('tasklets/one.ts', 'import { a } from "./parts/a";\nimport { b } from "../shared";\n');
    await write('tasklets/parts/a.ts', 'export { c } from "./c";\n');
    await write('tasklets/parts/c.ts', 'export const c = 1;\n');
    await write('shared/index.ts', 'export const b = 1;\n');
    await write('scripts/build.ts', 'export {};\n');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('are the source, and what it imports, also by another file', () => {
    for (const path of ['tasklets/one.ts', 'tasklets/parts/a.ts', 'tasklets/parts/c.ts', 'shared/index.ts'])
      assert.equal(has(path), true, path);
  });

  it('are no other file of the program, none outside, and no declarations', async () => {
    await write('tasklets/one.d.ts', '');
    for (const path of ['scripts/build.ts', 'tasklets/other.ts', 'tasklets/one.d.ts', '../elsewhere.ts'])
      assert.equal(has(path), false, path);
  });

  it('follow an import that is not saved, and a manifest that is', async () => {
    assert.equal(has('scripts/build.ts'), false);
    open = [{ fileName: join(root, 'tasklets/one.ts'), text: 'import "../scripts/build";' }];
    version++;
    assert.equal(has('scripts/build.ts'), true);
    assert.equal(has('shared/index.ts'), false);
    await write('grafos.toml', `${MANIFEST}\n[[tasklet]]\nname = "two"\nsource = "shared/index.ts"\n`);
    assert.equal(has('shared/index.ts'), true);
  });

  it('follow a file that changes on the disk, is removed, or comes back', async () => {
    assert.equal(has('tasklets/parts/c.ts'), true);
    await write('tasklets/parts/a.ts', 'export { d } from "./other";\n');
    await write('tasklets/parts/other.ts', 'export const d = 1;\n');
    version++;
    assert.deepEqual([has('tasklets/parts/c.ts'), has('tasklets/parts/other.ts')], [false, true]);
    await rm(join(root, 'tasklets/parts/a.ts'));
    version++;
    assert.deepEqual([has('tasklets/parts/a.ts'), has('tasklets/parts/other.ts')], [false, false]);
    await write('tasklets/parts/a.ts', 'export { c } from "./c";\n');
    version++;
    assert.deepEqual([has('tasklets/parts/a.ts'), has('tasklets/parts/c.ts')], [true, true]);
  });

  it('are read once, and after that only where they changed', async () => {
    const paths = Array.from({ length: 200 }, (_, at) => join(root, `tasklets/many/${at}.ts`));
    for (const path of paths) await write(relative(root, path), 'import "../one";\n');
    const reads: string[] = [];
    const kept = new KeptFiles();
    const pass = (overlay = new Map<string, string>()) => {
      const disk = createProgramFiles(root, overlay);
      const counted: ProgramFiles = {
        ...disk,
        text: (path, kind) => {
          if (!disk.overlaid(path)) reads.push(path);
          return disk.text(path, kind);
        },
      };
      const seen = kept.of(counted);
      return paths.map((path) => {
        const read = seen.text(path, 'checkedSource');
        return read.state === 'ok' ? kept.importsOf(path, read.text) : null;
      });
    };
    const first = pass();
    assert.equal(reads.splice(0).length, 200);
    const second = pass();
    assert.deepEqual(reads, []);
    assert.ok(second.every((imports, at) => imports === first[at]));
    const [one = '', other = ''] = paths;
    await write(relative(root, one), 'import "../parts/a";\n');
    const third = pass(new Map([[other, 'import "../parts/c";\n']]));
    assert.deepEqual(reads, [one]);
    assert.deepEqual(third.slice(0, 2), [[{ from: '../parts/a' }], [{ from: '../parts/c' }]]);
    assert.ok(third.slice(2).every((imports, at) => imports === first[at + 2]));
  });

  it('stay while the manifest has a mistake in another place', async () => {
    await write('grafos.toml', `${MANIFEST}fuel = "lots"\nfeul = 3\n`);
    assert.equal(has('tasklets/one.ts'), true);
  });

  it('are sources of packages of AssemblyScript, and of no other package', async () => {
    await write('node_modules/as-thing/assembly/index.ts', '');
    await write('node_modules/other/src/index.ts', '');
    assert.equal(has('node_modules/as-thing/assembly/index.ts'), true);
    assert.equal(has('node_modules/other/src/index.ts'), false);
  });

  it('do not come from a source outside of the program', async () => {
    await write('inner/grafos.toml', MANIFEST.replace('tasklets/one.ts', '../scripts/build.ts'));
    assert.equal(has('scripts/build.ts'), false);
    assert.equal(has('inner/x.ts'), false);
  });

  it('lose all diagnostics but hints on unused code; other files lose none', () => {
    const quiet = createQuietService(standIn(), (fileName) => files.has(fileName));
    const count = (path: string) => {
      const file = join(root, path);
      return [
        quiet.getSemanticDiagnostics(file),
        quiet.getSyntacticDiagnostics(file),
        quiet.getSuggestionDiagnostics(file),
      ].map(({ length }) => length);
    };
    assert.deepEqual(count('tasklets/one.ts'), [0, 0, 1]);
    assert.deepEqual(count('scripts/build.ts'), [2, 1, 2]);
    assert.equal(quiet.getProgram()?.getSourceFiles(), open);
  });
});
