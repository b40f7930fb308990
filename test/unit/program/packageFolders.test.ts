import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadProgram } from '../../../program/loadProgram.ts';
import { packageFolders } from '../../../program/packageFolders.ts';
import { buildTasklet } from '../../../toolchain/compile/buildTasklet.ts';
import { annotationBase } from '../../../toolchain/validate/annotationBase.ts';
import { renderGithub } from '../../../toolchain/validate/renderGithub.ts';
import { renderSarif } from '../../../toolchain/validate/renderSarif.ts';
import { validate } from '../../../toolchain/validate/validate.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';

const MANIFEST =
  '[program]\nname = "one"\nversion = "0.1.0"\n\n[[tasklet]]\nname = "echo"\nsource = "tasklets/echo.ts"\n';
const using = (path: string) =>
  `import { sum } from "${path}";\nexport function compute(input: Uint8Array): string { return sum(input).toString(); }\n`;
const SUM =
  'export function sum(bytes: Uint8Array): i32 { let all = 0; for (let i = 0; i < bytes.length; i++) all += bytes[i]; return all; }\n';

async function write(root: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

async function build(root: string): Promise<Buffer> {
  const program = loadProgram(root);
  const [tasklet] = program.manifest.tasklets;
  assert.ok(tasklet !== undefined);
  return readFile((await buildTasklet(program, tasklet)).output);
}

const codes = async (root: string) => (await validate(root)).map(({ code }) => code);

describe('packages above the program', () => {
  const program = (path = 'ascii-sum/assembly') => ({
    'apps/one/grafos.toml': MANIFEST,
    'apps/one/tasklets/echo.ts': using(path),
  });

  it('are found in the root of a workspace, and give the bytes that a package of the program gives', async () => {
    await using folder = await temporaryFolder();
    await write(folder.path, {
      ...program(),
      'package.json': '{ "private": true, "workspaces": ["apps/*"] }',
      'node_modules/ascii-sum/package.json': '{ "name": "ascii-sum", "version": "1.0.0" }',
      'node_modules/ascii-sum/assembly/index.ts': SUM,
    });
    const root = join(folder.path, 'apps/one');
    const hoisted = await build(root);
    assert.deepEqual(await codes(root), []);
    await write(root, { 'node_modules/ascii-sum/assembly/index.ts': SUM });
    assert.deepEqual(await build(root), hoisted);
  });

  it('make the module stale when they change', async () => {
    await using folder = await temporaryFolder();
    await write(folder.path, { ...program('@team/sum'), 'package.json': '{}', 'node_modules/@team/sum/index.ts': SUM });
    const root = join(folder.path, 'apps/one');
    await build(root);
    assert.deepEqual(await codes(root), []);
    await write(folder.path, { 'node_modules/@team/sum/index.ts': `${SUM}// changed\n` });
    assert.deepEqual(await codes(root), ['GRF3002']);
  });

  it('may hold packages of their own, which only they see', async () => {
    await using folder = await temporaryFolder();
    await write(folder.path, {
      ...program('outer'),
      '.git/HEAD': 'ref: refs/heads/main\n',
      'node_modules/outer/index.ts': 'export { sum } from "inner/assembly/sum";\n',
      'node_modules/outer/node_modules/inner/assembly/sum.ts': SUM,
    });
    const root = join(folder.path, 'apps/one');
    await build(root);
    await write(root, { 'tasklets/echo.ts': using('inner/assembly/sum') });
    const findings = await validate(root);
    assert.match(findings.map(({ message }) => message).join('\n'), /no package "inner".*up to /);
  });

  it('are not taken from above the repository, nor from anywhere else a link of theirs leads', async () => {
    await using folder = await temporaryFolder();
    await write(folder.path, {
      'repo/.git/HEAD': 'ref: refs/heads/main\n',
      'package.json': '{}',
      'node_modules/ascii-sum/assembly/index.ts': SUM,
      'private/assembly/index.ts': SUM,
      'repo/apps/one/grafos.toml': MANIFEST,
      'repo/apps/one/tasklets/echo.ts': using('ascii-sum/assembly'),
    });
    const root = join(folder.path, 'repo/apps/one');
    assert.deepEqual(packageFolders(root), [root, join(folder.path, 'repo/apps'), join(folder.path, 'repo')]);
    await assert.rejects(build(root));
    await mkdir(join(folder.path, 'repo/node_modules'));
    await symlink(join(folder.path, 'private'), join(folder.path, 'repo/node_modules/ascii-sum'), 'junction');
    await assert.rejects(build(root));
    assert.ok((await codes(root)).includes('GRF2005'));
  });
});

describe('annotations of a program in a repository', () => {
  it('name files from GITHUB_WORKSPACE, else from the repository, else from the program', async () => {
    await using folder = await temporaryFolder();
    await write(folder.path, {
      'repo/.git/HEAD': '',
      'repo/apps/one/grafos.toml': MANIFEST,
      'free/grafos.toml': MANIFEST,
    });
    const root = join(folder.path, 'repo/apps/one');
    const repository = join(folder.path, 'repo');
    assert.equal(annotationBase(root, {}), repository);
    assert.equal(annotationBase(root, { GITHUB_WORKSPACE: folder.path }), folder.path);
    assert.equal(annotationBase(root, { GITHUB_WORKSPACE: join(folder.path, 'free') }), repository);
    assert.equal(annotationBase(root, { GITHUB_WORKSPACE: join(folder.path, 'gone') }), repository);
    await symlink(repository, join(folder.path, 'linked'), 'junction');
    assert.equal(annotationBase(root, { GITHUB_WORKSPACE: join(folder.path, 'linked') }), repository);
    const findings = await validate(root);
    assert.ok(findings.length > 0);
    for (const line of renderGithub(findings, repository)) assert.match(line, /file=apps\/one\/grafos\.toml,/);
    const [run] = renderSarif(findings, repository).runs;
    assert.equal(run?.originalUriBaseIds['%SRCROOT%'].uri, `${pathToFileURL(repository).href}/`);
    assert.deepEqual(run?.results[0]?.locations[0]?.physicalLocation.artifactLocation, {
      uri: 'apps/one/grafos.toml',
      uriBaseId: '%SRCROOT%',
    });
  });
});
