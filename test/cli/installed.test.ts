import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../base/packageRoot.ts';
import { npmPackage } from '../../packaging/npmPackage.ts';
import { createSbom } from '../../packaging/sbom.ts';
import { noticesText, type ThirdParty } from '../../packaging/thirdParty.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

const run = promisify(execFile);
const windows = process.platform === 'win32';
/** Packages that stay packages of their own, with their dependencies. */
const BESIDE = ['assemblyscript', 'binaryen', 'long', 'wabt'];

async function packOf(name: string, folder: string): Promise<string> {
  const args = ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder];
  const { stdout } = await run('npm', [...args, join(packageRoot, 'node_modules', name)], {
    shell: windows,
    cwd: folder,
  });
  return join(folder, stdout.trim().split('\n').at(-1) ?? '');
}

async function thirdParty(): Promise<ThirdParty[]> {
  return JSON.parse(await readFile(join(packageRoot, 'dist/third-party.json'), 'utf8'));
}

describe('the npm package', function () {
  this.timeout(300_000);

  it('runs from a clean folder, without the network and with no repository near', async () => {
    await using folder = await temporaryFolder();
    const archives = [await npmPackage(), ...(await Promise.all(BESIDE.map((name) => packOf(name, folder.path))))];
    await writeFile(join(folder.path, 'package.json'), '{ "private": true }');
    const install = ['install', '--offline', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'];
    await run('npm', [...install, ...archives], { cwd: folder.path, shell: windows });
    const installed = join(folder.path, 'node_modules');
    assert.ok(!existsSync(join(installed, 'fastify')), 'a package that is bundled was installed');
    const env = {
      ...process.env,
      XDG_STATE_HOME: join(folder.path, 'state'),
      XDG_CACHE_HOME: join(folder.path, 'cache'),
      LOCALAPPDATA: join(folder.path, 'local'),
    };
    const command = join(installed, 'grafos/bin/grafos.cjs');
    const grafos = async (cwd: string, ...args: string[]) =>
      (await run(process.execPath, [command, ...args], { cwd, env, timeout: 120_000 })).stdout;
    const [, pages = ''] = /^Pages: (.*)$/m.exec(await grafos(folder.path, 'help')) ?? [];
    for (const page of [
      'guide/cli.md',
      'guide/tutorial.md',
      'adr',
      'reference/findings/README.md',
      '../man/grafos.1',
      '../cookbook/local-dev',
    ])
      assert.ok(existsSync(join(pages, page)), `${pages} has no ${page}`);
    await grafos(folder.path, 'new', 'first');
    const program = join(folder.path, 'first');
    await grafos(program, 'validate');
    await grafos(program, 'dev', 'up');
    try {
      await grafos(program, 'tasklet', 'build');
      const answer = JSON.parse(
        await grafos(
          program,
          'deploy',
          'run',
          '--provider',
          'local',
          '--input',
          'fixtures/first/hello.input.json',
          '--json',
        ),
      );
      assert.equal(answer.state, 'succeeded');
    } finally {
      await grafos(program, 'dev', 'down');
    }
    const notices = await readFile(join(installed, 'grafos/dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const name of ['fastify', 'assemblyscript', 'binaryen'])
      assert.match(notices, new RegExp(`^${name} \\d`, 'm'));
  });

  it('names every package that it holds, with its licence', async () => {
    const packages = await thirdParty();
    const names = packages.map(({ name }) => name);
    for (const name of [...BESIDE, 'fastify', 'commander', 'jose']) assert.ok(names.includes(name), name);
    assert.ok(packages.every(({ version, license }) => /^\d/.test(version) && license !== 'unknown'));
    const text = noticesText(packages);
    for (const { texts } of packages) for (const one of texts) assert.ok(text.includes(one));
  });

  it('has a bill of materials whose references all lead somewhere', async () => {
    const packages = await thirdParty();
    const bill = createSbom({ name: 'grafos', version: '0.1.0', license: 'Apache-2.0' }, packages);
    assert.deepEqual([bill.bomFormat, bill.specVersion, bill.components.length], ['CycloneDX', '1.6', packages.length]);
    const known = new Set(bill.components.map((one) => one['bom-ref']));
    assert.equal(known.size, packages.length);
    assert.deepEqual(
      bill.dependencies[0]?.dependsOn.filter((ref) => !known.has(ref)),
      [],
    );
    assert.ok(
      known.has(
        `pkg:npm/%40fails-components/webtransport@${packages.find(({ name }) => name.endsWith('/webtransport'))?.version}`,
      ),
    );
  });
});

describe('the lock file', () => {
  it('names the binaries of every platform, so that an installation leaves it as it is', async () => {
    const { packages } = JSON.parse(await readFile(join(packageRoot, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const missing = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies).filter((name) => !(`node_modules/${name}` in packages)),
    );
    assert.deepEqual(missing, []);
  });
});
