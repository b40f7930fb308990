import assert from 'node:assert/strict';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../../base/packageRoot.ts';
import type { RunError } from '../../../../daemons/wire/runError.ts';
import { loadProgram, type Program } from '../../../../program/loadProgram.ts';
import { ProgramReader } from '../../../../program/programReader.ts';
import { compareOutcome } from '../../../../toolchain/cases/compareOutcome.ts';
import { loadFixtures } from '../../../../toolchain/cases/loadFixtures.ts';
import { buildTasklet } from '../../../../toolchain/compile/buildTasklet.ts';
import { newProgram, TEMPLATES } from '../../../../toolchain/newProgram/newProgram.ts';
import { validate } from '../../../../toolchain/validate/validate.ts';
import { type HostOutcome, runOnHost } from '../../../helpers/taskletHost.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const cookbook = join(packageRoot, 'cookbook');

/**
 * Builds all of a program, wants no finding, and runs its cases.
 *
 * @returns how many
 */
async function proves(program: Program): Promise<number> {
  let cases = 0;
  for (const tasklet of program.manifest.tasklets) {
    const { output, warnings } = await buildTasklet(program, tasklet);
    assert.deepEqual(warnings, []);
    const wasm = await readFile(output);
    for (const fixture of await loadFixtures(new ProgramReader(program.root), tasklet)) {
      if ('fault' in fixture) throw fixture.fault;
      const run = runOnHost(wasm, {
        input: fixture.input,
        context: { tasklet: tasklet.name, version: program.manifest.version, run_id: 'run', cell_id: 'cell' },
        ...(tasklet.mem_bytes === 0 ? {} : { lease: new Uint8Array(tasklet.mem_bytes) }),
      });
      const mismatch = compareOutcome(fixture.expected, { output: run.output, error: errorOf(run) });
      assert.equal(mismatch, null, `${fixture.name}: ${mismatch?.what}\n${mismatch?.diff}`);
      cases++;
    }
  }
  assert.deepEqual(await validate(program.root), []);
  return cases;
}

function errorOf({ trap, code, labels, log }: HostOutcome): RunError | null {
  if (trap !== null) return { code: 'trap_unreachable', message: `${trap}: ${JSON.stringify(log)}` };
  return code === 0 ? null : { code: 'tasklet_failed', message: '', label: labels[0] ?? null, exit_code: code ?? 0 };
}

describe('the cookbook', () => {
  const recipes: Array<[folder: string, cases: number]> = [
    ['local-dev', 3],
    ['local-dev-rust', 3],
    ['multi-cloud-deploy', 5],
    ['distributed-counter', 11],
    ['shared-list', 10],
    ['object-storage', 7],
    ['stream-pipeline', 9],
    ['rpc-service', 14],
    ['byte-counts', 3],
    ['progress', 4],
    ['draw', 5],
    ['bitmap', 5],
    ['text-table', 4],
  ];
  for (const [folder, cases] of recipes) {
    it(`${folder} builds, validates without findings and passes its cases`, async () => {
      await using copy = await temporaryFolder();
      // A copy, so that what lies in the recipe's own build folder cannot help.
      const filter = (path: string) => !/[/\\](build|\.grafos|target)$/.test(path);
      await cp(join(cookbook, folder), copy.path, { recursive: true, filter });
      assert.equal(await proves(loadProgram(copy.path)), cases);
      assert.match(await readFile(join(copy.path, 'README.md'), 'utf8'), /grafos tasklet build/);
    });
  }
  it('has no recipe that is not tested', async () => {
    const folders = (await readdir(cookbook, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    assert.deepEqual(folders.map(({ name }) => name).sort(), recipes.map(([folder]) => folder).sort());
  });
});

describe('a new program', () => {
  for (const template of TEMPLATES) {
    it(`in ${template} builds, validates without findings and passes its cases`, async () => {
      await using folder = await temporaryFolder();
      const made = await newProgram({ dir: join(folder.path, 'my program'), name: 'my-program', template });
      assert.ok(made.files.includes('grafos.toml') && made.files.includes('README.md'));
      assert.deepEqual(await readdir(folder.path), ['my program']);
      assert.equal(await proves(loadProgram(made.dir)), 2);
    });
  }

  it('fills a folder that is empty', async () => {
    await using folder = await temporaryFolder();
    const made = await newProgram({ dir: folder.path, name: 'here', template: 'wat' });
    assert.deepEqual((await readdir(folder.path)).sort(), [
      '.gitignore',
      'README.md',
      'fixtures',
      'grafos.toml',
      'tasklets',
    ]);
    assert.ok(made.files.includes('tasklets/here.wat'));
  });

  it('overwrites nothing', async () => {
    await using folder = await temporaryFolder();
    await newProgram({ dir: folder.path, name: 'first', template: 'wat' });
    const before = await readFile(join(folder.path, 'grafos.toml'), 'utf8');
    const again = newProgram({ dir: folder.path, name: 'second', template: 'wat' });
    await assert.rejects(again, { code: 'folder_not_empty', kind: 'usage' });
    assert.equal(await readFile(join(folder.path, 'grafos.toml'), 'utf8'), before);
  });

  it('wants a name that fits, and suggests one', async () => {
    await using folder = await temporaryFolder();
    const made = newProgram({ dir: join(folder.path, 'x'), name: '1 Größe!', template: 'wat' });
    await assert.rejects(made, { code: 'name_invalid', next: 'Give another, for example --name gro-e.' });
    await assert.rejects(newProgram({ dir: join(folder.path, 'two'), name: 'Ünsere App', template: 'wat' }), {
      next: 'Give another, for example --name unsere-app.',
    });
    assert.deepEqual(await readdir(folder.path), []);
  });
});
