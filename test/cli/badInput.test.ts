import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMANDS } from '../../cli/commandTable.ts';
import { ARTIFACT_NAMES, type RunResponse } from '../../daemons/wire/tenantApi.ts';
import { type Ended, grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { cookbookCopy, type ProgramCopy, programOf } from '../helpers/programCopy.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { watManifest, watProgram } from '../helpers/watTasklets.ts';

/**
 * Asserts the documented exit code, and an error that says what, with its code, and what next;
 * never a stack trace.
 */
function refused(ended: Ended, exit: number, code: string): void {
  assert.equal(ended.code, exit, `${ended.stdout}\n${ended.stderr}`);
  assert.doesNotMatch(`${ended.stdout}${ended.stderr}`, /\n\s+at .*:\d+:\d+|\[internal_error\]/);
  if (ended.stdout.startsWith('{"error"') || ended.stdout.startsWith('{\n  "error"')) {
    const { error } = JSON.parse(ended.stdout);
    assert.equal(error.code, code);
    assert.ok(error.message.length > 10);
    return;
  }
  assert.match(ended.stderr, new RegExp(`error: .+ \\[${code}\\]`));
  assert.match(ended.stderr, /next: /);
}

/** Arguments that make a command complete enough to get past the parser. */
const SAMPLE: Record<string, string[]> = {
  api: ['GET', '/api/v1/runs'],
  'runs show': ['r'],
  'runs logs': ['r'],
  'runs wait': ['r'],
  'runs cancel': ['r'],
  artifacts: ['r'],
  profile: ['run-1'],
  replay: ['r'],
  'mem read': ['r'],
  'mem write': ['r', '-'],
  'mem watch': ['r'],
  'provider status': ['local'],
  'provider confirm': ['local'],
  'cloud provision': ['aws', '--name', 'edge'],
  'cloud destroy': ['aws', '--name', 'edge'],
  'cloud renew': ['aws', '--name', 'edge'],
  'cloud adopt': [
    'aws',
    '--scheduler',
    'https://127.0.0.1:1',
    '--ca',
    'x',
    '--cert',
    'x',
    '--key',
    'x',
    '--tenant',
    't',
  ],
  'cloud remove': ['aws', '--scheduler', 'https://127.0.0.1:1'],
  'admin create-tenant': ['t', '--tenant-cert', 'grafos.toml'],
  'admin set-quota': ['t', '--runs-hard', '1'],
  'admin delete-tenant': ['t'],
  'dev restore': ['.grafos.foreign-1'],
};
const ADOPT = ['--scheduler', 'https://127.0.0.1:1', '--tenant', 't'];

/** Commands that work on the program around the current folder. */
const ABOUT_A_PROGRAM = COMMANDS.map(({ name }) => name).filter(
  (name) =>
    ![
      'new',
      'completion',
      'lsp',
      'mcp',
      'account show',
      'account set',
      'cloud list',
      'admin init-ca',
      'admin issue-cert',
      'admin issue-server-cert',
    ].includes(name) && !name.startsWith('cell '),
);
/**
 * Commands that need a sound manifest. The others must work on a running stack whose manifest was
 * just broken.
 */
const NEEDS_MANIFEST = ['dev up', 'tasklet build', 'tasklet inspect', 'test', 'deploy run', 'replay', 'profile'];

describe('bad input', () => {
  describe('without a program', () => {
    for (const name of ABOUT_A_PROGRAM.filter((one) => one !== 'admin create-tenant')) {
      it(name, async () => {
        await using folder = await temporaryFolder();
        refused(
          await grafos([...name.split(' '), ...(SAMPLE[name] ?? [])], { cwd: folder.path, stdin: '' }),
          2,
          'manifest_missing',
        );
      });
    }
  });

  describe('with a broken manifest', () => {
    let program: ProgramCopy;
    before(async () => {
      program = await programOf({ 'grafos.toml': '[program\nname = 1' });
    });
    after(() => program[Symbol.asyncDispose]());
    for (const name of NEEDS_MANIFEST) {
      it(name, async () => {
        refused(
          await grafos([...name.split(' '), ...(SAMPLE[name] ?? [])], { cwd: program.path }),
          2,
          'manifest_invalid',
        );
      });
    }
    it('validate says where', async () => {
      const { findings } = await grafosJson<{ findings: Array<{ code: string; range: { start: { line: number } } }> }>(
        ['validate'],
        { cwd: program.path, code: 1 },
      );
      assert.match(findings[0]?.code ?? '', /^GRF1/);
      assert.equal(findings[0]?.range.start.line, 0);
    });
    it('dev down and dev status still work', async () => {
      assert.equal((await grafos(['dev', 'down'], { cwd: program.path })).code, 0);
      assert.equal((await grafos(['dev', 'status'], { cwd: program.path })).code, 3, 'it is stopped');
    });
  });

  describe('without a running stack', () => {
    let program: ProgramCopy;
    before(async () => {
      program = await programOf(watProgram('hello'));
      await grafosJson(['tasklet', 'build'], { cwd: program.path });
    });
    after(() => program[Symbol.asyncDispose]());
    for (const name of [
      'deploy run',
      'runs list',
      'runs show',
      'runs logs',
      'runs wait',
      'runs cancel',
      'artifacts',
      'mem read',
      'admissions',
      'placements',
      'admin list-tenants',
      'admin audit-query',
      'replay',
      'profile',
    ]) {
      it(name, async () => {
        refused(
          await grafos([...name.split(' '), ...(SAMPLE[name] ?? [])], { cwd: program.path }),
          3,
          'runtime_not_ready',
        );
      });
    }
    it('dev doctor says that it does not run', async () => {
      const ended = await grafos(['dev', 'doctor'], { cwd: program.path });
      assert.equal(ended.code, 1);
      assert.match(ended.stdout, /fail {2}dev\.json .*does not run/);
    });
  });

  describe('of words', () => {
    for (const [args, code] of [
      [['frobnicate'], 'wrong_usage'],
      [['dev', 'upp'], 'wrong_usage'],
      [['deploy', 'run', '--memm', '1'], 'wrong_usage'],
      [['deploy', 'run', '--mem', 'lots'], 'wrong_usage'],
      [['deploy', 'run', '--mem', '-5'], 'wrong_usage'],
      [['deploy', 'run', '--hold', '5'], 'wrong_usage'],
      [['deploy', 'run', '--hold', '48h', '--mem', '1k'], 'wrong_usage'],
      [['deploy', 'run', '--hold', '5s', '--mem', '0'], 'wrong_usage'],
      [['deploy', 'run', '--provider', 'skynet'], 'provider_unknown'],
      [['deploy', 'run', '--tasklet', 'helo'], 'tasklet_unknown'],
      [['deploy', 'run', '--direct'], 'wrong_usage'],
      [['deploy', 'run', '--scheduler', 'https://127.0.0.1:1'], 'wrong_usage'],
      [['runs', 'show', ''], 'wrong_usage'],
      [['runs', 'show', '../../etc'], 'wrong_usage'],
      [['deploy', 'run', '--input', 'nowhere.json'], 'no_such_file'],
      [['deploy', 'run', '--input', '.'], 'not_a_file'],
      [['runs', 'list', '--limit', '0'], 'wrong_usage'],
      [['runs', 'list', '--limit', '1001'], 'wrong_usage'],
      [['admissions', '--limit', '0'], 'wrong_usage'],
      [['dev', 'up', '--transport', 'pigeon'], 'wrong_usage'],
      [['dev', 'up', '--mem-capacity', '12 parsecs'], 'wrong_usage'],
      [['dev', 'up', '--helper-port', '70000'], 'wrong_usage'],
      [['dev', 'logs', 'nobody'], 'wrong_usage'],
      [['tasklet', 'build', 'nobody'], 'tasklet_unknown'],
      [['admissions', '--reason', 'whatever'], 'wrong_usage'],
      [['admin', 'set-quota', 'x'], 'wrong_usage'],
      [['completion', 'tcsh'], 'wrong_usage'],
      [['account', 'set', 'nobody'], 'account_email_invalid'],
      [['cloud', 'adopt', 'aws', ...ADOPT, '--ca', 'nowhere.pem', '--cert', 'x', '--key', 'x'], 'trust_unreadable'],
      [['validate', '--sarif', '--github'], 'wrong_usage'],
      [['validate', '--github', '--json'], 'wrong_usage'],
      [['validate', '--sarif', '--github', '--json'], 'wrong_usage'],
      [['tasklet', 'inspect', 'grafos.toml'], 'wrong_usage'],
      [['tasklet', 'inspect', './build'], 'wrong_usage'],
      [['tasklet', 'inspect', 'grafos'], 'tasklet_unknown'],
      [['tasklet', 'inspect', 'nowhere.wasm'], 'no_such_file'],
      [['admin', 'init-ca', '--out', 'ca', '--days', '99999'], 'certificate_request_invalid'],
    ] as const) {
      it(args.join(' '), async () => {
        await using program = await programOf(watProgram('hello'));
        const ended = await grafos([...args], { cwd: program.path });
        refused(ended, 2, code);
        refused(await grafos([...args, '--json'], { cwd: program.path }), 2, code);
      });
    }
    it('says why a size is none, as the manifest does', async () => {
      await using program = await programOf(watProgram('hello'));
      const { stderr } = await grafos(['dev', 'up', '--mem-capacity', '12MB'], { cwd: program.path });
      assert.match(stderr, /why: {2}"12MB" could mean powers of 1000 or of 1024.*\n {2}next: Give "12MiB"/);
    });
    it('says of a file that is no module what it takes, and lists flags in words', async () => {
      await using program = await programOf(watProgram('hello'));
      const said = async (...args: string[]) => (await grafos(args, { cwd: program.path })).stderr;
      assert.match(
        await said('tasklet', 'inspect', 'grafos.toml'),
        /"grafos\.toml" is neither the name of a tasklet nor a \.wasm file.*\n {2}next: Give a name .*inspect build\/hello\.wasm/,
      );
      assert.match(await said('validate', '--sarif', '--github'), /error: --sarif and --github are given together/);
      const { error } = JSON.parse(
        (await grafos(['validate', '--sarif', '--github', '--json'], { cwd: program.path })).stdout,
      );
      assert.equal(error.message, '--sarif, --github and --json are given together.');
      assert.match(
        await said('admin', 'init-ca', '--out', 'ca', '--days', '99999'),
        /next: Give a whole number of days from 1 to 3650\./,
      );
    });
    it('warns when another address hides the runs until now', async () => {
      await using folder = await temporaryFolder();
      const set = async (email: string) =>
        (
          await grafos(['account', 'set', email], {
            cwd: folder.path,
            env: { XDG_CONFIG_HOME: folder.path, APPDATA: folder.path },
          })
        ).stderr;
      assert.match(await set('ada@example.com'), /runs until now are of the tenant dev-tenant.*ada-example-com alone/);
      assert.equal(await set('Ada@example.com'), '');
      assert.match(await set('bo@example.com'), /of the tenant ada-example-com.*\n.*With the address of before/);
    });
    it('has colour where it is forced, and none where it is refused', async () => {
      await using folder = await temporaryFolder();
      const coloured = async (env: NodeJS.ProcessEnv, ...more: string[]) =>
        (await grafos(['provider', 'list', ...more], { cwd: folder.path, env })).stderr.includes('\u001b[');
      assert.equal(await coloured({ FORCE_COLOR: '1' }), true);
      for (const env of [{ FORCE_COLOR: '0' }, { FORCE_COLOR: '1', NO_COLOR: '1' }, {}])
        assert.equal(await coloured(env), false, JSON.stringify(env));
      assert.equal(await coloured({ FORCE_COLOR: '1' }, '--no-color'), false);
    });
    it('knows the words that other tools have for help and version', async () => {
      await using folder = await temporaryFolder();
      const said = async (...args: string[]) => {
        const { code, stdout } = await grafos(args, { cwd: folder.path });
        return { code, stdout };
      };
      assert.deepEqual(await said('help', 'dev', 'up'), await said('dev', 'up', '--help'));
      assert.deepEqual(await said('help'), await said('--help'));
      for (const word of ['version', '-v']) assert.deepEqual(await said(word), await said('--version'));
      assert.equal((await said('help')).code, 0);
      assert.equal((await said('help', 'nobody')).code, 2);
    });
    it('half a command prints the help of that half', async () => {
      await using folder = await temporaryFolder();
      for (const [args, expected] of [
        [[], /dev up\|down/],
        [['dev'], /doctor +Check/],
      ] as const) {
        const ended = await grafos([...args], { cwd: folder.path });
        assert.equal(ended.code, 2);
        assert.equal(ended.stdout, '');
        assert.match(ended.stderr, expected);
        refused(await grafos([...args, '--json'], { cwd: folder.path }), 2, 'wrong_usage');
      }
      assert.equal((await grafos(['dev', '--help'], { cwd: folder.path })).code, 0);
    });
    it('says how to get the help of the command at hand', async () => {
      await using folder = await temporaryFolder();
      const { stderr } = await grafos(['deploy', 'run', '--memm', '1'], { cwd: folder.path });
      assert.match(stderr, /Did you mean --mem.*\n {2}next: See: grafos deploy run --help/);
    });
    it('an unknown reason lists the valid ones', async () => {
      await using program = await programOf(watProgram('hello'));
      const { stderr } = await grafos(['admissions', '--reason', 'nope'], { cwd: program.path });
      assert.match(stderr, /quota_hard_limit_exceeded/);
    });
  });

  describe('on a running stack', () => {
    let program: ProgramCopy;
    const deploy = (...more: string[]) => grafos(['deploy', 'run', '--json', ...more], { cwd: program.path });
    before(async () => {
      const bad = ['truncated', 'garbage', 'empty', 'wasi'].map(
        (name) => `[[tasklet]]\nname = "${name}"\nsource = "${name}.wasm"\noutput = "build/${name}.wasm"\n`,
      );
      program = await programOf({
        ...watProgram('hello', 'unreachable'),
        'grafos.toml': `${watManifest(['hello', 'unreachable'])}\n${bad.join('\n')}`,
      });
      await grafosJson(['dev', 'up'], { cwd: program.path });
      await grafosJson(['tasklet', 'build', 'hello', 'unreachable'], { cwd: program.path });
    });
    after(() => program[Symbol.asyncDispose]());

    it('a tasklet that is not built', async () => {
      refused(await deploy('--tasklet', 'truncated'), 2, 'not_built');
    });

    for (const [name, bytes, code] of [
      ['truncated', [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1], 'module_invalid'],
      ['garbage', [...Array(4096).keys()].map((n) => (n * 7) & 255), 'module_invalid'],
      ['empty', [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], 'profile_violation'],
    ] as const) {
      it(`a module that is ${name} ends as ${code}, and the cell goes on`, async () => {
        await mkdir(join(program.path, 'build'), { recursive: true });
        await writeFile(join(program.path, `build/${name}.wasm`), new Uint8Array(bytes));
        const ended = await deploy('--tasklet', name);
        assert.equal(ended.code, 1, ended.stdout);
        const response: RunResponse = JSON.parse(ended.stdout);
        assert.equal(response.error?.code, code);
        assert.equal(
          (await grafosJson<RunResponse>(['deploy', 'run', '--tasklet', 'hello'], { cwd: program.path })).state,
          'succeeded',
        );
      });
    }

    it('more memory than the pool has', async () => {
      refused(await deploy('--tasklet', 'hello', '--mem', '1GiB'), 4, 'lease_denied: capacity');
    });

    it('an input of nothing, and of 64 MiB', async () => {
      const empty = join(program.path, 'empty.bin');
      await writeFile(empty, '');
      assert.equal((await deploy('--tasklet', 'hello', '--input', empty)).code, 0);
      const large = join(program.path, 'large.bin');
      await writeFile(large, '');
      await truncate(large, 64 * 1024 * 1024);
      refused(await deploy('--tasklet', 'hello', '--input', large), 2, 'input_too_large');
    });

    it('an input without end', async function () {
      if (process.platform === 'win32') this.skip();
      refused(await deploy('--tasklet', 'hello', '--input', '/dev/zero'), 2, 'input_too_large');
    });

    it('what was built is not what the source gives now: a warning, on stderr only', async () => {
      const source = join(program.path, 'tasklets/hello.wat');
      const before = await readFile(source, 'utf8');
      await writeFile(source, `${before};; changed\n`);
      try {
        const ended = await deploy('--tasklet', 'hello');
        assert.equal(JSON.parse(ended.stdout).state, 'succeeded');
        assert.match(ended.stderr, /^warning: .*changed after it was built.* grafos tasklet build hello\n$/);
      } finally {
        await writeFile(source, before);
      }
      assert.equal((await deploy('--tasklet', 'hello')).stderr, '');
    });

    it('artifacts into a folder that holds other files, which stay', async () => {
      const { run_id } = await grafosJson<RunResponse>(['deploy', 'run', '--tasklet', 'hello'], { cwd: program.path });
      const out = join(program.path, 'mine');
      await mkdir(out);
      await writeFile(join(out, 'precious.txt'), 'keep me');
      for (let round = 0; round < 2; round += 1)
        await grafosJson(['artifacts', run_id, '--out', 'mine'], { cwd: program.path });
      assert.equal(await readFile(join(out, 'precious.txt'), 'utf8'), 'keep me');
      assert.deepEqual((await readdir(out)).sort(), [...ARTIFACT_NAMES, 'precious.txt'].sort());
    });

    it('the largest input allowed', async () => {
      const large = join(program.path, 'largest.bin');
      await writeFile(large, '');
      await truncate(large, 16 * 1024 * 1024);
      assert.equal((await deploy('--tasklet', 'hello', '--input', large)).code, 0);
    });

    it('a run that nobody knows', async () => {
      for (const args of [
        ['runs', 'show', 'nobody'],
        ['artifacts', 'nobody', '--download'],
        ['runs', 'cancel', 'nobody'],
        ['mem', 'read', 'nobody'],
        ['replay', 'nobody'],
        ['profile', 'nobody'],
      ]) {
        const ended = await grafos([...args, '--json'], { cwd: program.path });
        assert.equal(ended.code, 2, args.join(' '));
        assert.equal(JSON.parse(ended.stdout).error.code, 'not_found', args.join(' '));
      }
    });

    it('a trap is a failed run: exit code 1 and the typed error', async () => {
      const ended = await deploy('--tasklet', 'unreachable');
      assert.equal(ended.code, 1);
      assert.equal(JSON.parse(ended.stdout).error.code, 'trap_unreachable');
      const human = await grafos(['deploy', 'run', '--tasklet', 'unreachable'], { cwd: program.path });
      assert.match(human.stdout, /failed .*\n {2}error {5}trap_unreachable/);
    });
  });

  it('source that does not compile: findings, exit code, nothing written', async () => {
    await using program = await cookbookCopy('local-dev');
    await writeFile(
      join(program.path, 'tasklets/local-dev.ts'),
      'export function compute(input: Uint8Array): string {\n  return nothing;\n}\n',
    );
    const ended = await grafos(['tasklet', 'build'], { cwd: program.path });
    assert.notEqual(ended.code, 0);
    assert.match(ended.stderr, /GRF2\d{3}/);
    assert.match(ended.stderr, /local-dev\.ts:2/);
    const { findings } = await grafosJson<{ findings: Array<{ code: string }> }>(['validate'], {
      cwd: program.path,
      code: 1,
    });
    assert.ok(findings.some(({ code }) => code.startsWith('GRF2')));
  });
});
