import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { quietService } from '../../typescript-plugin/quietService.ts';
import type { TypeScriptService } from '../../typescript-plugin/serverTypes.ts';
import { TaskletFiles } from '../../typescript-plugin/taskletFiles.ts';

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
    const quiet = quietService(standIn(), (fileName) => files.has(fileName));
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
