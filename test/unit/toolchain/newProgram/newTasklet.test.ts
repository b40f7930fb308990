import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../../base/packageRoot.ts';
import { loadProgram } from '../../../../program/loadProgram.ts';
import { newProgram } from '../../../../toolchain/newProgram/newProgram.ts';
import { newTasklet } from '../../../../toolchain/newProgram/newTasklet.ts';
import { listRecipes, newFromRecipe } from '../../../../toolchain/newProgram/recipes.ts';
import { withMember } from '../../../../toolchain/newProgram/withMember.ts';
import { validate } from '../../../../toolchain/validate/validate.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

describe('a crate joins the members of a workspace', () => {
  const rows: Array<[what: string, before: string, after: string | null]> = [
    ['on one line', 'members = ["tasklets/a"]', 'members = ["tasklets/a", "tasklets/b"]'],
    ['in an empty list', 'members = []', 'members = ["tasklets/b"]'],
    [
      'on lines of their own, with a comma at the end and a comment',
      'members = [\n  "tasklets/a", # first\n]',
      'members = [\n  "tasklets/a",\n  "tasklets/b", # first\n]',
    ],
    ['where it is one already', 'members = ["tasklets/b"]', 'members = ["tasklets/b"]'],
    ['where a pattern has it', 'members = ["tasklets/*"]', 'members = ["tasklets/*"]'],
    ['where there is no list', 'resolver = "2"', null],
    ['where the text is broken', 'members = ["a"', null],
  ];
  for (const [what, before, after] of rows) {
    it(what, () => {
      const whole = after === null ? null : `[workspace]\n${after}\n[profile.release]\nlto = true\n`;
      assert.equal(withMember(`[workspace]\n${before}\n[profile.release]\nlto = true\n`, 'tasklets/b'), whole);
    });
  }

  it('and never a package that has no workspace', () => {
    assert.equal(withMember('[package]\nname = "a"\n', 'tasklets/b'), null);
  });
});

describe('a new tasklet in Rust', () => {
  const errorsOf = async (root: string) => (await validate(root)).filter(({ severity }) => severity === 'error');

  it('brings the workspace and grafos-std to a program that has neither', async () => {
    await using folder = await temporaryFolder();
    const { dir } = await newProgram({ dir: join(folder.path, 'first'), name: 'first', template: 'assemblyscript' });
    const made = await newTasklet(loadProgram(dir), 'second', 'rust');
    assert.equal(made.source, join(dir, 'tasklets', 'second', 'src', 'lib.rs'));
    assert.deepEqual(await errorsOf(dir), []);
    assert.match(await readFile(join(dir, 'Cargo.toml'), 'utf8'), /members = \["tasklets\/second"\]/);
    assert.ok(made.files.includes('vendor/grafos/Cargo.toml'));
  });

  it('joins the workspace of a program in Rust, whose grafos-std stays as it is', async () => {
    await using folder = await temporaryFolder();
    const { dir } = await newProgram({ dir: join(folder.path, 'first'), name: 'first', template: 'rust' });
    const made = await newTasklet(loadProgram(dir), 'second', 'rust');
    assert.deepEqual(await errorsOf(dir), []);
    assert.match(
      await readFile(join(dir, 'Cargo.toml'), 'utf8'),
      /members = \["tasklets\/first", "tasklets\/second"\]/,
    );
    assert.ok(made.files.every((path) => !path.startsWith('vendor/')));
  });

  it('leaves everything as it was where the crate cannot become a member', async () => {
    await using folder = await temporaryFolder();
    const { dir } = await newProgram({ dir: join(folder.path, 'first'), name: 'first', template: 'rust' });
    const program = loadProgram(dir);
    await newTasklet(program, 'second', 'rust');
    const names = async () => (await readdir(dir, { recursive: true })).filter((path) => !path.startsWith('.grafos'));
    const [before, cargo] = [(await names()).sort(), await readFile(join(dir, 'Cargo.toml'), 'utf8')];
    // Not in this older reading of the manifest, but on the disk.
    await assert.rejects(newTasklet(program, 'second', 'rust'), { code: 'file_exists' });
    assert.deepEqual((await names()).sort(), before);
    assert.equal(await readFile(join(dir, 'Cargo.toml'), 'utf8'), cargo);
  });
});

describe('a recipe', () => {
  it('has a name and a sentence for each program of the cookbook', async () => {
    const recipes = await listRecipes();
    const entries = await readdir(join(packageRoot, 'cookbook'), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    assert.deepEqual(
      recipes.map(({ name }) => name),
      folders.sort(),
    );
    for (const { name, summary } of recipes) assert.match(summary, /^[A-Z].{9,160}\.$/, name);
  });

  it('is laid out whole, as a program without a fault, and without what a build left', async () => {
    await using folder = await temporaryFolder();
    for (const [name, file] of [
      ['object-storage', 'tasklets/sha256.ts'],
      ['local-dev-rust', 'vendor/grafos/src/json.rs'],
      ['multi-cloud-deploy', 'inputs/aws.json'],
    ] as const) {
      const dir = join(folder.path, name);
      const files = await newFromRecipe(dir, name);
      assert.ok(files.includes(file), files.join(', '));
      assert.ok(files.includes('.gitignore'));
      assert.ok(!files.some((path) => /^(?:build|target|\.grafos)\//.test(path)), files.join(', '));
      for (const path of files)
        assert.deepEqual(await readFile(join(dir, path)), await readFile(join(packageRoot, 'cookbook', name, path)));
      assert.deepEqual(
        (await validate(dir)).filter(({ severity }) => severity === 'error'),
        [],
      );
    }
  });

  it('overwrites nothing, and is one that there is', async () => {
    await using folder = await temporaryFolder();
    const dir = join(folder.path, 'draw');
    await newFromRecipe(dir, 'draw');
    await assert.rejects(newFromRecipe(dir, 'bitmap'), { code: 'folder_not_empty' });
    await assert.rejects(newFromRecipe(join(folder.path, 'x'), '../draw'), { code: 'recipe_unknown' });
    await assert.rejects(newFromRecipe(join(folder.path, 'x'), 'bitmpa'), {
      code: 'recipe_unknown',
      next: /^Did you mean "bitmap"\? Choose one of: /,
    });
    await assert.rejects(newFromRecipe(join(folder.path, 'x'), 'qqqqqq'), { next: /^Choose one of: / });
  });
});
