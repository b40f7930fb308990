import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import { makeProgramState } from '../../toolchain/stack/programState.ts';
import { writeDevTrust } from '../../toolchain/trust/devTrust.ts';
import { spawnFromSource } from '../daemons/spawnFromSource.ts';
import { boundedGrafos } from '../helpers/boundedGrafos.ts';
import { HOSTILE_FOLDERS } from '../helpers/hostileFolders.ts';
import { type MemoryBound, memoryBound } from '../helpers/memoryBound.ts';
import { makeOutsideWorld, snapshotTree } from '../helpers/outsideWorld.ts';
import { noProcessNames } from '../helpers/processesNaming.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { WAT, watProgram } from '../helpers/watTasklets.ts';

const BYTES = 512 * 1024 * 1024;

/** Large enough for the cache of metered modules. */
const LARGE = WAT.hello.replace(/\)$/, `(data (i32.const 1024) "${'x'.repeat(60_000)}${'y'.repeat(4_000)}")\n)`);

const PROGRAM: Record<string, string> = {
  ...watProgram('hello'),
  'tasklets/large.wat': LARGE,
  'tasklets/script.ts': 'export function compute(input: Uint8Array): Uint8Array {\n  return input;\n}\n',
  'fixtures/hello/one.input.json': '1',
  'fixtures/hello/one.expected.json': '{"output":{}}',
};
PROGRAM['grafos.toml'] = `${PROGRAM['grafos.toml']}
[[tasklet]]
name = "large"
source = "tasklets/large.wat"

[[tasklet]]
name = "script"
source = "tasklets/script.ts"
`;

interface Scene extends AsyncDisposable {
  program: string;
  outside: string;
  run(...args: string[]): ReturnType<typeof boundedGrafos>;
  /** Fails when something outside of the program was touched. */
  watch(): Promise<void>;
}

/** A program and a world outside of it, which must be the same when the block ends. */
async function scene(bound: MemoryBound, records: string): Promise<Scene> {
  const folder = await temporaryFolder();
  const program = join(folder.path, 'clone');
  const outside = join(folder.path, 'outside');
  await makeOutsideWorld(outside);
  for (const [path, content] of Object.entries(PROGRAM)) {
    await mkdir(join(program, path, '..'), { recursive: true });
    await writeFile(join(program, path), content);
  }
  const before = await snapshotTree(outside);
  const env = { XDG_STATE_HOME: join(records, 'state'), XDG_CACHE_HOME: join(records, 'cache') };
  return {
    program,
    outside,
    run: (...args) => boundedGrafos(args, { cwd: program, bound, env }),
    watch: async () => assert.deepEqual(await snapshotTree(outside), before),
    async [Symbol.asyncDispose]() {
      await boundedGrafos(['dev', 'down'], { cwd: program, bound, env });
      await noProcessNames(program);
      await folder[Symbol.asyncDispose]();
    },
  };
}

/**
 * Every command that touches a program, in an order in which each finds what it needs where that
 * can be.
 */
const COMMANDS: string[][] = [
  ['dev', 'status'],
  ['dev', 'down'],
  [
    'cloud',
    'adopt',
    'aws',
    '--scheduler',
    'https://127.0.0.1:9',
    '--ca',
    'x',
    '--cert',
    'x',
    '--key',
    'x',
    '--tenant',
    't',
  ],
  ['cloud', 'remove', 'aws', '--scheduler', 'https://127.0.0.1:9'],
  ['tasklet', 'build'],
  ['validate'],
  ['dev', 'up'],
  ['deploy', 'run', '--tasklet', 'large'],
  ['deploy', 'run', '--tasklet', 'hello', '--mem', '4096', '--hold', '60s'],
  ['runs', 'list'],
  ['artifacts', 'RUN', '--download'],
  ['mem', 'read', 'RUN'],
  ['replay', 'RUN'],
  ['profile', 'RUN'],
  ['test', '--no-build'],
  ['dev', 'doctor'],
  ['dev', 'status', '--bearer'],
  ['admin', 'audit-query', '--verify'],
  ['dev', 'logs'],
  ['dev', 'down'],
];

/** Those that write, or read what an update may have replaced. */
const AFTER_UPDATE = COMMANDS.filter(
  ([first, second]) =>
    !['cloud', 'admin', 'replay', 'mem', 'runs', 'test'].includes(first ?? '') && second !== 'doctor',
);

/**
 * Runs every command; none may hang, be killed, or call a hostile folder its own fault.
 *
 * @returns exit codes
 */
async function runAll({ run, watch }: Scene, commands = COMMANDS): Promise<Map<string, number | null>> {
  const codes = new Map<string, number | null>();
  let runId = '0';
  for (const words of commands) {
    const args = words.map((word) => (word === 'RUN' ? runId : word));
    const { code, signal, stdout, stderr } = await run(...args, '--json');
    const said = `grafos ${args.join(' ')}: ${code ?? signal}\n${stdout}\n${stderr}`;
    assert.equal(signal, null, said);
    assert.doesNotMatch(stderr, /internal_error/, said);
    await watch();
    codes.set(words.join(' '), code);
    if (words[0] === 'deploy' && code === 0) runId = (JSON.parse(stdout) as Run).run_id;
  }
  return codes;
}

describe('a hostile folder', () => {
  let bound: MemoryBound;
  let records: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    bound = memoryBound(BYTES);
    records = await temporaryFolder('grafos-records-');
  });
  after(async () => {
    await bound?.[Symbol.asyncDispose]();
    await records?.[Symbol.asyncDispose]();
  });

  it('has its memory bounded', function () {
    if (this.test) this.test.title += `: ${bound.how}`;
    const greedy =
      'const all = []; for (let n = 0; n < 40; n += 1) all.push(new Array(4e6).fill(n)); console.log("done")';
    const [command = '', ...rest] = bound.wrap([process.execPath, '-e', greedy]);
    const ended = spawnSync(command, rest, { env: { ...process.env, ...bound.env }, encoding: 'utf8' });
    assert.notEqual(ended.status, 0, 'a process that takes 1 280 MiB is ended');
    assert.doesNotMatch(ended.stdout, /done/);
  });

  // A .grafos that came along is set aside unread, so what it has inside makes little difference.
  const cloned = HOSTILE_FOLDERS.filter(
    ({ name, inState }) => !inState || /^\.grafos a |as \.grafos$|^(?:links to files|pipes) in the place/.test(name),
  );
  for (const hostile of cloned) {
    it(`of a clone: ${hostile.name}; the world outside stays, and all works where it can`, async () => {
      await using clone = await scene(bound, records.path);
      await hostile.plant(clone.program, clone.outside);
      const codes = await runAll(clone);
      const works = hostile.inState || hostile.name.startsWith('outputs');
      for (const command of ['dev up', 'dev doctor', 'admin audit-query --verify', 'dev logs', 'dev down'])
        assert.equal(codes.get(command), 0, command);
      assert.equal(codes.get('tasklet build'), works ? 0 : 3);
      assert.equal(codes.get('deploy run --tasklet large') === 0, works);
      assert.equal(codes.get('artifacts RUN --download') === 0, works);
      const aside = (await readdir(clone.program)).filter((name) => name.startsWith('.grafos.foreign-'));
      assert.equal(aside.length, hostile.inState ? 1 : 0);
    });
  }

  // Without its owner file it is a clone's.
  const updated = HOSTILE_FOLDERS.filter(({ name, inState }) => inState && !/^\.grafos a |as \.grafos$/.test(name));
  for (const hostile of updated) {
    it(`of an update: ${hostile.name}; the world outside stays, and commands refuse or work`, async () => {
      await using clone = await scene(bound, records.path);
      const before = process.env.XDG_STATE_HOME;
      process.env.XDG_STATE_HOME = join(records.path, 'state');
      try {
        await makeProgramState(clone.program, 'dev');
        const owner = join(clone.program, '.grafos', 'owner');
        const kept = join(clone.program, 'owner.kept');
        await cp(owner, kept);
        await hostile.plant(clone.program, clone.outside);
        // The owner file stays what it was, so that everything else is trusted to be ours.
        await rm(owner, { recursive: true, force: true });
        await cp(kept, owner);
      } finally {
        process.env.XDG_STATE_HOME = before;
      }
      await runAll(clone, AFTER_UPDATE);
    });
  }

  describe('given to daemons by hand', () => {
    const byHand = HOSTILE_FOLDERS.filter(({ name, inState }) => inState && !name.includes('lock'));
    for (const hostile of byHand) {
      it(`${hostile.name}; the world outside stays`, async () => {
        await using clone = await scene(bound, records.path);
        const trust = writeDevTrust(join(clone.program, '..', 'trust'), { tenant: 't', cellId: 'c' });
        await hostile.plant(clone.program, clone.outside);
        const dev = join(clone.program, '.grafos', 'dev');
        const pem = (of: { cert: string; key: string }) => ['--ca', trust.ca, '--cert', of.cert, '--key', of.key];
        const daemons: Array<['scheduler' | 'fabricbiosd' | 'helper', string[]]> = [
          ['scheduler', ['--cell-id', 'c', '--fabric', 'lifeline', '--state-dir', dev, ...pem(trust.scheduler)]],
          [
            'fabricbiosd',
            [
              ...[
                'control-server',
                '--cell-id',
                'c',
                '--transport',
                'tcp',
                '--workers',
                '1',
                ...pem(trust.fabricbiosd),
              ],
              ...['--mem-dp-cert', trust.memDataplane.cert, '--mem-dp-key', trust.memDataplane.key],
              ...['--metered-dir', join(dev, 'metered')],
            ],
          ],
          [
            'helper',
            [
              ...['--cell-id', 'c', '--project', clone.program, '--scheduler', 'https://127.0.0.1:9'],
              ...['--bearer-file', join(dev, 'trust', 'helper-bearer'), ...pem(trust.tenant)],
            ],
          ],
        ];
        for (const [name, args] of daemons) {
          await using daemon = await spawnFromSource(name, args);
          if (!daemon.line.ready)
            assert.notEqual(daemon.line.error.code, 'internal_error', JSON.stringify(daemon.line));
        }
        await clone.watch();
      });
    }
  });
});
