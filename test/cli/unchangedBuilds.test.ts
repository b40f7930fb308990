import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { cookbookCopy } from '../helpers/programCopy.ts';

type Built = { tasklet: string; sha256: string; unchanged: boolean };

describe('builds of what did not change', () => {
  let program: Awaited<ReturnType<typeof cookbookCopy>>;
  let cwd = '';
  const build = async () => {
    const [one] = await grafosJson<Built[]>(['tasklet', 'build'], { cwd });
    assert.ok(one);
    return one;
  };
  const source = () => join(cwd, 'tasklets/local-dev.ts');
  const module = () => join(cwd, 'build/local-dev.wasm');

  before(async () => {
    program = await cookbookCopy('local-dev');
    cwd = program.path;
  });
  after(() => program[Symbol.asyncDispose]());

  it('are skipped, and say the same module', async () => {
    const first = await build();
    const again = await build();
    assert.deepEqual([first.unchanged, again.unchanged], [false, true]);
    assert.equal(again.sha256, first.sha256);
    assert.match((await grafos(['tasklet', 'build'], { cwd })).stdout, /^same {3}local-dev/);
  });

  it('load no part of Node for processes, threads, networks or files that are waited for', async () => {
    const needless = ['child_process', 'worker_threads', 'http', 'https', 'tls', 'dgram', 'perf_hooks', 'fs/promises'];
    const loadedBy = async () => {
      const list = join(cwd, 'loaded.json');
      const preload = join(cwd, 'loaded.cjs');
      await writeFile(
        preload,
        `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(process.moduleLoadList)));`,
      );
      const { code } = await grafos(['tasklet', 'build'], { cwd, nodeOptions: ['--require', preload] });
      assert.equal(code, 0);
      const loaded = new Set(JSON.parse(await readFile(list, 'utf8')) as string[]);
      return needless.filter((name) => loaded.has(`NativeModule ${name}`));
    };
    await build();
    assert.deepEqual(await loadedBy(), []);
    await rm(module());
    const forCompile = await loadedBy();
    assert.ok(forCompile.includes('worker_threads'), forCompile.join());
  });

  const edits: Array<[what: string, edit: () => Promise<unknown>]> = [
    ['the source changed', async () => writeFile(source(), `${await readFile(source(), 'utf8')}\n`)],
    ['the map is gone', () => rm(`${module()}.map`)],
    ['the map was changed', () => writeFile(`${module()}.map`, '{}')],
    ['the module is gone', () => rm(module())],
    ['the module was damaged', async () => writeFile(module(), (await readFile(module())).subarray(0, 100))],
  ];
  for (const [what, edit] of edits) {
    it(`are done when ${what}`, async () => {
      await build();
      assert.equal((await build()).unchanged, true);
      await edit();
      assert.equal((await build()).unchanged, false);
    });
  }

  it('are skipped when the state is gone, and make the types of the editor anew', async () => {
    await build();
    await rm(join(cwd, '.grafos'), { recursive: true });
    assert.equal((await build()).unchanged, true);
    assert.match(await readFile(join(cwd, '.grafos/types/version'), 'utf8'), /^assemblyscript@/);
  });

  it('are done for a module that carries the stamp of the sources and other code', async () => {
    await using other = await cookbookCopy('local-dev');
    const right = await build();
    const bytes = await readFile(module());
    const forged = Buffer.from(bytes);
    // A byte of code: the stamp, in the last section, stays.
    const at = forged.indexOf(Buffer.from('_grafos_tasklet_run')) + 200;
    forged[at] = (forged[at] as number) ^ 1;
    await mkdir(join(other.path, 'build'), { recursive: true });
    await writeFile(join(other.path, 'build/local-dev.wasm'), forged);
    await copyFile(`${module()}.map`, join(other.path, 'build/local-dev.wasm.map'));
    await copyFile(source(), join(other.path, 'tasklets/local-dev.ts'));
    const [built] = await grafosJson<Built[]>(['tasklet', 'build'], { cwd: other.path });
    assert.deepEqual([built?.unchanged, built?.sha256], [false, right.sha256]);
  });

  it('are done when a file comes that the compiler takes first', async () => {
    const text = await readFile(source(), 'utf8');
    await mkdir(join(cwd, 'tasklets/part'));
    await writeFile(join(cwd, 'tasklets/part/index.ts'), 'export const PART: i32 = 1;\n');
    await writeFile(
      source(),
      `import { PART } from "./part";\n${text}\nexport function part(): i32 { return PART; }\n`,
    );
    const folder = await build();
    assert.equal((await build()).unchanged, true);
    await writeFile(join(cwd, 'tasklets/part.ts'), 'export const PART: i32 = 2;\n');
    const file = await build();
    assert.equal(file.unchanged, false);
    assert.notEqual(file.sha256, folder.sha256);
  });

  it('are held against the bounds of the manifest as it is now', async () => {
    await build();
    const manifest = join(cwd, 'grafos.toml');
    const text = await readFile(manifest, 'utf8');
    await writeFile(
      source(),
      `${await readFile(source(), 'utf8')}\n// memory.data\nconst BIG = memory.data(200000);\nexport function big(): usize { return BIG; }\n`,
    );
    await build();
    await writeFile(manifest, text.replace(/^source = .*$/m, '$&\nlinear_memory = "64KiB"'));
    const { code } = await grafos(['tasklet', 'build'], { cwd });
    assert.equal(code, 1);
  });
});

describe('builds of many tasklets', () => {
  it('give their results in the order of the manifest, and the first failure', async () => {
    await using program = await cookbookCopy('local-dev');
    const cwd = program.path;
    const names = ['one', 'two', 'three', 'four', 'five'];
    const wat = (n: number) =>
      `(module (memory (export "memory") 1) (func (export "_grafos_tasklet_init") (param i32 i32)) (func (export "_grafos_tasklet_run") (param i32 i32) (result i32) (i32.const ${n})) (func (export "_grafos_tasklet_finalize")))`;
    for (const [n, name] of names.entries()) await writeFile(join(cwd, `tasklets/${name}.wat`), wat(n));
    await writeFile(
      join(cwd, 'grafos.toml'),
      `[program]\nname = "many"\nversion = "0.1.0"\n${names.map((name) => `\n[[tasklet]]\nname = "${name}"\nsource = "tasklets/${name}.wat"\n`).join('')}`,
    );
    const built = await grafosJson<Built[]>(['tasklet', 'build'], { cwd });
    assert.deepEqual(
      built.map(({ tasklet }) => tasklet),
      names,
    );
    assert.equal(new Set(built.map(({ sha256 }) => sha256)).size, names.length);
    await writeFile(join(cwd, 'tasklets/two.wat'), '(module (oops))');
    await writeFile(join(cwd, 'tasklets/four.wat'), '(module (oops))');
    const { code, stdout } = await grafos(['tasklet', 'build', '--json'], { cwd });
    assert.equal(code, 1);
    assert.match(JSON.parse(stdout).error.message, /"two"/);
  });
});
