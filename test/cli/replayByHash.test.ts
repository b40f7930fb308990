import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
import type { RunProfile } from '../../toolchain/profile/profileRun.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { noProcessNames } from '../helpers/processesNaming.ts';
import { cookbookCopy } from '../helpers/programCopy.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

const SOURCE = `export function compute(input: string): string {
  return "1 " + input;
}
`;

type Replay = { same: boolean; replay: RunResponse };

describe('a run of yesterday', () => {
  let program: Awaited<ReturnType<typeof cookbookCopy>>;
  let cwd = '';
  let run: RunResponse;
  const source = () => join(cwd, 'tasklets/local-dev.ts');
  const manifest = () => join(cwd, 'grafos.toml');
  const replay = () => grafosJson<Replay>(['replay', run.run_id], { cwd });

  before(async () => {
    program = await cookbookCopy('local-dev');
    cwd = program.path;
    await writeFile(source(), SOURCE);
    await grafosJson(['tasklet', 'build'], { cwd });
    await grafosJson(['dev', 'up'], { cwd });
    await writeFile(join(cwd, 'input'), 'hello');
    run = await grafosJson<RunResponse>(['deploy', 'run', '--input', 'input'], { cwd });
  });

  after(async () => {
    await program[Symbol.asyncDispose]();
    await noProcessNames(cwd);
  });

  it('is replayed and profiled after its source changed and was built anew', async () => {
    await writeFile(source(), (await readFile(source(), 'utf8')).replace('"1 "', '"2 "'));
    await grafosJson(['tasklet', 'build'], { cwd });
    const again = await replay();
    assert.equal(again.same, true);
    assert.equal(again.replay.module_sha256, run.module_sha256);
    const profile = await grafosJson<RunProfile>(['profile', run.run_id], { cwd });
    assert.equal(profile.fuel_used, run.fuel_used);
    // The map beside the new module is not the map of what ran.
    assert.deepEqual([...new Set(profile.lines.map(({ file }) => file))], [null]);
  });

  it('is replayed with nothing built, under a new version, and when its tasklet is gone', async () => {
    await rm(join(cwd, 'build'), { recursive: true });
    assert.equal((await replay()).same, true);
    const text = await readFile(manifest(), 'utf8');
    await writeFile(manifest(), text.replace(/^version = .*$/m, 'version = "9.9.9"'));
    const again = await replay();
    assert.equal(again.same, true);
    await writeFile(manifest(), text.replaceAll('"local-dev"', '"other"'));
    assert.equal((await replay()).same, true);
    await writeFile(manifest(), text);
  });

  it('is one file, which another program replays', async () => {
    await grafosJson(['artifacts', run.run_id, '--bundle', 'run.grafos-run'], { cwd });
    await using other = await cookbookCopy('rpc-service');
    await grafosJson(['dev', 'up'], { cwd: other.path });
    const again = await grafosJson<Replay>(['replay', join(cwd, 'run.grafos-run')], { cwd: other.path });
    assert.equal(again.same, true);
    assert.equal(again.replay.output_sha256, run.output_sha256);
  });

  it('is replayed and profiled from its file where there is neither a program nor a stack', async () => {
    await using elsewhere = await temporaryFolder();
    const file = join(cwd, 'run.grafos-run');
    const again = await grafosJson<{ same: boolean; replay: null }>(['replay', file], { cwd: elsewhere.path });
    assert.deepEqual([again.same, again.replay], [true, null]);
    const profile = await grafosJson<RunProfile>(['profile', file], { cwd: elsewhere.path });
    assert.equal(profile.fuel_used, run.fuel_used);
    assert.equal(profile.flame_graph, null);
    assert.deepEqual(await readdir(elsewhere.path), []);
  });

  const damages: Array<[what: string, edit: (bundle: Record<string, unknown>) => void]> = [
    ['another format', (bundle) => Object.assign(bundle, { format: 'grafos-run@2' })],
    ['another module', (bundle) => Object.assign(bundle, { module_b64: 'AGFzbQEAAAA=' })],
    ['another input', (bundle) => Object.assign(bundle, { input_b64: 'aGVsbA==' })],
    ['no base64', (bundle) => Object.assign(bundle, { input_b64: '!' })],
    ['no record', (bundle) => Object.assign(bundle, { record: { run_id: '../x' } })],
    ['the response of another run', (bundle) => Object.assign(bundle.response as object, { run_id: 'abc' })],
  ];
  for (const [what, edit] of damages) {
    it(`is no run with ${what}`, async () => {
      const bundle = JSON.parse(await readFile(join(cwd, 'run.grafos-run'), 'utf8'));
      edit(bundle);
      await writeFile(join(cwd, 'bad.grafos-run'), JSON.stringify(bundle));
      const { code, stderr } = await grafos(['replay', './bad.grafos-run'], { cwd });
      assert.equal(code, 2);
      assert.match(stderr, /bundle_invalid|is not a run/);
    });
  }

  for (const args of [['replay'], ['profile'], ['replay', '--json'], ['profile', '--json']]) {
    it(`is no run with values of great depth, for ${args.join(' ')}`, async () => {
      const text = await readFile(join(cwd, 'run.grafos-run'), 'utf8');
      const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
      await writeFile(join(cwd, 'deep.grafos-run'), text.replace(/"record":\{/, `"record":{"x":${deep},`));
      const { code, stdout, stderr } = await grafos([...args, './deep.grafos-run'], { cwd });
      assert.equal(code, 2);
      assert.match(stdout + stderr, /nests at most 512 deep/);
      assert.doesNotMatch(stdout + stderr, /internal_error/);
    });
  }

  it('is refused with the reason when its module is nowhere any more', async () => {
    await rm(join(cwd, `.grafos/dev/modules/${run.module_sha256}.wasm`));
    const { code, stderr } = await grafos(['replay', run.run_id], { cwd });
    assert.equal(code, 2);
    assert.match(stderr, /no longer at hand/);
  });
});
