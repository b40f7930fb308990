/**
 * A folder that came with a list of cells and a local stack of a stranger. The commands ask, read
 * and end nothing that they name.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processStart } from '../../base/processIdentity.ts';
import type { DevState } from '../../daemons/wire/devState.ts';
import { confirmCell } from '../../toolchain/confirm/cellConfirmation.ts';
import { makeProgramState } from '../../toolchain/stack/programState.ts';
import { DEV_STATE } from '../helpers/devStateFile.ts';
import { GOOD_ANSWERS, RUN, RUN_ID } from '../helpers/goodAnswers.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { grafosTerminal, terminalMissing } from '../helpers/grafosTerminal.ts';
import { type Answer, type LyingScheduler, lyingScheduler } from '../helpers/lyingScheduler.ts';
import { McpClient } from '../helpers/mcpClient.ts';
import { NOWHERE } from '../helpers/nowhere.ts';
import { programOf } from '../helpers/programCopy.ts';
import { scratchProgram } from '../helpers/scratchProgram.ts';
import { watProgram } from '../helpers/watTasklets.ts';

const SOURCE = { 'tasklets/demo.ts': 'export function compute(input: Uint8Array): Uint8Array {\n  return input;\n}\n' };

async function plantedProgram() {
  const scratch = await scratchProgram('tasklets/demo.ts', { ...SOURCE, 'build/demo.wasm': 'a module' });
  // As after an update of a repository: the folder is this user's, and what lies in it is not.
  await makeProgramState(scratch.root);
  const plantCell = async (cell: object) => {
    await mkdir(join(scratch.root, '.grafos/cloud'), { recursive: true });
    await writeFile(join(scratch.root, '.grafos/cloud/aws-cells.json'), JSON.stringify([cell]));
  };
  const plantStack = async (state: object) => {
    await mkdir(join(scratch.root, '.grafos/dev/trust'), { recursive: true });
    await writeFile(join(scratch.root, '.grafos/dev/trust/helper-bearer'), 'b'.repeat(43));
    await writeFile(join(scratch.root, '.grafos/dev/dev.json'), JSON.stringify(state));
  };
  return { root: scratch.root, plantCell, plantStack, [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose]() };
}

/** Commands that would use a cell of aws, with the code they end with. */
const CELL_COMMANDS: Array<[args: string, code: number, error: string | null]> = [
  ['deploy run --provider aws', 4, 'cell_not_confirmed'],
  ['deploy run --provider aws --yes', 4, 'cell_not_confirmed'],
  ['deploy run --provider aws --detach --mem 32KiB', 4, 'cell_not_confirmed'],
  ['runs list --provider aws', 4, 'cell_not_confirmed'],
  [`runs show ${RUN_ID}`, 4, 'cell_not_confirmed'],
  [`runs show ${RUN_ID} --provider aws`, 4, 'cell_not_confirmed'],
  [`runs cancel ${RUN_ID}`, 4, 'cell_not_confirmed'],
  [`artifacts ${RUN_ID}`, 4, 'cell_not_confirmed'],
  [`artifacts ${RUN_ID} --download --provider aws`, 4, 'cell_not_confirmed'],
  [`replay ${RUN_ID}`, 4, 'cell_not_confirmed'],
  [`profile ${RUN_ID}`, 4, 'cell_not_confirmed'],
  [`mem read ${RUN_ID}`, 4, 'cell_not_confirmed'],
  [`mem write ${RUN_ID} grafos.toml`, 4, 'cell_not_confirmed'],
  [`mem watch ${RUN_ID}`, 4, 'cell_not_confirmed'],
  ['admissions --provider aws', 4, 'cell_not_confirmed'],
  ['placements --provider aws', 4, 'cell_not_confirmed'],
  ['provider status aws', 3, null],
  ['provider list', 0, null],
  ['dev doctor', 1, null],
  ['dev status', 3, null],
];

/** Commands that would use the local stack. */
const STACK_COMMANDS: Array<[args: string, code: number, error: string | null]> = [
  ['dev status', 4, 'stack_not_confirmed'],
  ['dev status --bearer', 3, 'runtime_not_ready'],
  ['dev doctor', 1, null],
  ['deploy run', 4, 'stack_not_confirmed'],
  ['runs list', 4, 'stack_not_confirmed'],
  [`runs show ${RUN_ID}`, 4, 'stack_not_confirmed'],
  [`artifacts ${RUN_ID} --download`, 4, 'stack_not_confirmed'],
  [`replay ${RUN_ID}`, 4, 'stack_not_confirmed'],
  [`profile ${RUN_ID}`, 4, 'stack_not_confirmed'],
  [`mem read ${RUN_ID}`, 4, 'stack_not_confirmed'],
  ['admissions', 4, 'stack_not_confirmed'],
  ['placements', 4, 'stack_not_confirmed'],
  ['provider status local', 3, null],
  ['provider list', 0, null],
  ['admin list-tenants', 4, 'stack_not_confirmed'],
  ['admin audit-query', 4, 'stack_not_confirmed'],
];

describe('a folder of a stranger', function () {
  this.timeout(120_000);
  let liar: LyingScheduler;
  before(async () => {
    liar = await lyingScheduler();
  });
  after(() => liar[Symbol.asyncDispose]());
  beforeEach(() => {
    liar.connections = 0;
  });

  async function refuse(cwd: string, commands: typeof CELL_COMMANDS): Promise<void> {
    for (const [args, code, error] of commands) {
      const ended = await grafos([...args.split(' '), '--json'], { cwd });
      assert.equal(ended.code, code, `${args}\n${ended.stdout}${ended.stderr}`);
      assert.equal(JSON.parse(ended.stdout).error?.code ?? null, error, args);
      assert.doesNotMatch(ended.stdout, /internal_error/);
      assert.equal(liar.connections, 0, args);
    }
  }

  it('whose cells nobody confirmed: no command connects, and each says how to confirm', async () => {
    await using program = await plantedProgram();
    await program.plantCell(await liar.entryIn(program.root));
    await refuse(program.root, CELL_COMMANDS);
    const { next, why } = JSON.parse(
      (await grafos(['runs', 'list', '--provider', 'aws', '--json'], { cwd: program.root })).stdout,
    ).error;
    assert.match(next, /grafos provider confirm aws/);
    assert.match(why, /aws-cells\.json/);
  });

  it('whose state came with the clone: it counts as missing, and no command connects', async () => {
    await using program = await plantedProgram();
    await program.plantCell(await liar.entryIn(program.root));
    await program.plantStack(await stackAt(liar, program.root));
    await rm(join(program.root, '.grafos/owner'));
    await refuse(program.root, [
      ['dev status', 3, null],
      ['runs list', 3, 'runtime_not_ready'],
      ['deploy run --provider aws --yes', 3, 'runtime_not_ready'],
      ['provider confirm aws', 3, 'runtime_not_ready'],
    ]);
  });

  it('whose cell names the keys of the user: they are not read, not even to find that they are none', async () => {
    await using program = await plantedProgram();
    const entry = await liar.entryIn(program.root);
    await program.plantCell({
      ...entry,
      ca_cert: join(NOWHERE, 'ca'),
      tenant_cert: join(NOWHERE, 'cert'),
      tenant_key: join(NOWHERE, 'key'),
    });
    await refuse(
      program.root,
      [CELL_COMMANDS[0], CELL_COMMANDS[3]].flatMap((one) => (one ? [one] : [])),
    );
    const confirmed = await grafos(['provider', 'confirm', 'aws', '--json'], { cwd: program.root });
    assert.equal(JSON.parse(confirmed.stdout).error.code, 'trust_unreadable', 'a person who confirms it is told');
  });

  it('whose cell is named by control characters: none reaches the terminal', async () => {
    await using program = await plantedProgram();
    const entry = await liar.entryIn(program.root);
    await program.plantCell({
      ...entry,
      scheduler_url: 'https://\u001b[2J\n::error::x',
      tenant_name: '\u001b]0;x\u0007',
    });
    const ended = await grafos(['runs', 'list', '--provider', 'aws'], { cwd: program.root });
    assert.equal(ended.code, 4);
    assert.doesNotMatch(ended.stderr.replaceAll('\n', ''), /\p{Cc}/u);
    assert.doesNotMatch(ended.stderr, /^::error/m);
  });

  it('whose stack nobody confirmed: no command connects', async () => {
    await using program = await plantedProgram();
    await program.plantStack(await stackAt(liar, program.root));
    await refuse(program.root, STACK_COMMANDS);
  });

  it('whose stack names processes of the user: dev down and dev up end none of them', async () => {
    await using program = await plantedProgram();
    const victim = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    try {
      await once(victim, 'spawn');
      const one = { pid: victim.pid ?? 0, started: (await processStart(victim.pid ?? 0)) ?? '', log: '/x' };
      const planted = {
        ...(await stackAt(liar, program.root)),
        daemons: { fabricbiosd: one, scheduler: one, helper: one },
      };
      await program.plantStack(planted);
      const down = await grafos(['dev', 'down', '--json'], { cwd: program.root });
      assert.equal(down.code, 0, down.stderr);
      assert.deepEqual(JSON.parse(down.stdout).daemons, {});
      assert.match(JSON.parse(down.stdout).warning, /not confirmed/);
      await program.plantStack(planted);
      const up = await grafosJson<{ replaced: boolean; warning: string }>(['dev', 'up'], { cwd: program.root });
      assert.equal(up.replaced, false);
      assert.match(up.warning, /not confirmed/);
      assert.equal((await grafosJson<{ state: string }>(['dev', 'status'], { cwd: program.root })).state, 'running');
      await grafosJson(['dev', 'down'], { cwd: program.root });
      assert.equal(victim.exitCode ?? victim.signalCode, null, 'the process lives');
      assert.equal(liar.connections, 0);
    } finally {
      victim.kill('SIGKILL');
      await once(victim, 'exit');
    }
  });

  it('that is a copy commands nothing of the original, and has no cell', async () => {
    await using program = await plantedProgram();
    await using other = await plantedProgram();
    const cell = await liar.entryIn(program.root);
    await program.plantCell(cell);
    await confirmCell(program.root, 'aws', cell, true);
    await grafosJson(['dev', 'up'], { cwd: program.root });
    try {
      await rm(other.root, { recursive: true });
      // Without the files that a daemon is writing in that moment, which go while they are copied.
      const isWhole = (from: string) => !/\.\d+\.[0-9a-f]{8}$/.test(from);
      await cp(program.root, other.root, { recursive: true, filter: isWhole });
      await refuse(other.root, [
        ['dev status', 3, null],
        ['runs list', 3, 'runtime_not_ready'],
        ['runs list --provider aws', 3, 'runtime_not_ready'],
      ]);
      assert.deepEqual(JSON.parse((await grafos(['dev', 'down', '--json'], { cwd: other.root })).stdout).daemons, {});
      assert.equal((await grafosJson<{ state: string }>(['dev', 'status'], { cwd: program.root })).state, 'running');
    } finally {
      await grafosJson(['dev', 'down'], { cwd: program.root });
    }
  });

  it('whose stack nobody confirmed: grafos test runs its fixtures on a stack of its own', async () => {
    await using program = await programOf({
      ...watProgram('hello'),
      'fixtures/hello/one.input.json': '1',
      'fixtures/hello/one.expected.json': '"something else"',
    });
    const cwd = program.path;
    await mkdir(join(cwd, '.grafos/dev'), { recursive: true });
    await writeFile(join(cwd, '.grafos/dev/dev.json'), JSON.stringify(await stackAt(liar, cwd)));
    const ended = await grafos(['test', '--json'], { cwd });
    assert.equal(ended.code, 1, ended.stderr);
    assert.equal(JSON.parse(ended.stdout).failed, 1);
    assert.equal(liar.connections, 0);
  });

  it('seen by an assistant: its tools ask nothing and say why', async () => {
    await using program = await plantedProgram();
    await program.plantStack(await stackAt(liar, program.root));
    await program.plantCell(await liar.entryIn(program.root));
    await using mcp = new McpClient(program.root);
    await mcp.open();
    for (const [tool, args, code] of [
      ['grafos_stack_status', {}, /stack_not_confirmed/],
      ['grafos_list_runs', {}, /stack_not_confirmed/],
      ['grafos_list_runs', { provider: 'aws' }, /cell_not_confirmed/],
      ['grafos_show_run', { run_id: RUN_ID }, /not_confirmed/],
      ['grafos_list_artifacts', { run_id: RUN_ID, provider: 'aws' }, /cell_not_confirmed/],
    ] as const) {
      assert.match(JSON.stringify(await mcp.tool(tool, args)), code);
    }
    assert.equal(liar.connections, 0);
  });

  describe(`in a terminal${terminalMissing() === undefined ? '' : ` (skipped: ${terminalMissing()})`}`, () => {
    before(function () {
      if (terminalMissing() !== undefined) this.skip();
    });

    it('asks once about a cell: a no changes nothing, a yes is remembered until the entry is edited', async () => {
      await using program = await plantedProgram();
      const cwd = program.root;
      const cell = await liar.entryIn(cwd);
      await program.plantCell(cell);
      liar.answer = ({ url }, response) =>
        response.end(JSON.stringify(url === '/health' ? GOOD_ANSWERS.health?.good : { runs: [] }));
      const list = ['runs', 'list', '--provider', 'aws'];
      for (const no of ['', 'n', 'yess']) {
        const refused = await grafosTerminal(list, { cwd, answers: [[/\[y\/N\]/, no]] });
        assert.equal(refused.code, 4, refused.screen);
        assert.match(refused.screen, /cell_not_confirmed/);
      }
      assert.equal(liar.connections, 0);
      const asked = await grafosTerminal(list, { cwd, answers: [[/\[y\/N\]/, 'y']] });
      assert.equal(asked.code, 0, asked.screen);
      for (const fact of [liar.url, 'acme', 'aws-cells.json', 'liar-ca.pem'])
        assert.ok(asked.screen.includes(fact), fact);
      assert.match(asked.screen, /no runs yet/);
      const again = await grafosTerminal(list, { cwd, answers: [] });
      assert.equal(again.code, 0);
      assert.doesNotMatch(again.screen, /\[y\/N\]/);
      await program.plantCell({ ...cell, tenant_name: 'acme2' });
      assert.equal((await grafosTerminal(list, { cwd, answers: [[/\[y\/N\]/, 'n']] })).code, 4);
    });

    it('asks about the first deploy to a confirmed cell, and shows what goes where', async () => {
      await using program = await plantedProgram();
      const cwd = program.root;
      const cell = await liar.entryIn(cwd);
      await program.plantCell(cell);
      await confirmCell(cwd, 'aws', cell, false);
      liar.answer = deployed;
      const run = ['deploy', 'run', '--provider', 'aws'];
      const refused = await grafosTerminal(run, { cwd, answers: [[/leave this machine/, 'n']] });
      assert.equal(refused.code, 4);
      assert.match(refused.screen, /deploy_not_confirmed/);
      const asked = await grafosTerminal(run, { cwd, answers: [[/leave this machine/, 'yes']] });
      assert.equal(asked.code, 0, asked.screen);
      for (const fact of [liar.url, 'eu-central-1', 'acme', MODULE_SHA256, '8 bytes'])
        assert.ok(asked.screen.includes(fact), `${fact}\n${asked.screen}`);
      assert.doesNotMatch((await grafosTerminal(run, { cwd, answers: [] })).screen, /leave this machine/);
    });
  });

  it('without a terminal the first deploy needs --yes once, also after provider confirm', async () => {
    await using program = await plantedProgram();
    const cwd = program.root;
    await program.plantCell(await liar.entryIn(cwd));
    liar.answer = deployed;
    const confirmed = await grafosJson<{ is_new: boolean; confirmed: { URL: string } }>(
      ['provider', 'confirm', 'aws'],
      {
        cwd,
      },
    );
    assert.deepEqual([confirmed.is_new, confirmed.confirmed.URL], [true, liar.url]);
    assert.equal((await grafosJson<{ is_new: boolean }>(['provider', 'confirm', 'aws'], { cwd })).is_new, false);
    const run = ['deploy', 'run', '--provider', 'aws'];
    const refused = await grafos([...run, '--json'], { cwd });
    assert.equal(refused.code, 4);
    const { code, why, next } = JSON.parse(refused.stdout).error;
    assert.equal(code, 'deploy_not_confirmed');
    assert.match(next, /--yes/);
    assert.match(why, new RegExp(MODULE_SHA256));
    await grafosJson([...run, '--yes'], { cwd });
    await grafosJson(run, { cwd });
  });

  it('whose stack is confirmed by provider confirm is used, and it says so', async () => {
    await using program = await plantedProgram();
    const cwd = program.root;
    await program.plantStack(await stackAt(liar, program.root));
    const confirmed = await grafosJson<{ is_new: boolean }>(['provider', 'confirm', 'local'], { cwd });
    assert.equal(confirmed.is_new, true);
    const list = await grafos(['runs', 'list', '--json'], { cwd });
    assert.equal(JSON.parse(list.stdout).error.code, 'runtime_not_ready', 'its processes are gone');
    assert.ok(await readFile(join(cwd, '.grafos/dev/dev.json')));
  });
});

const MODULE_SHA256 = 'f6c0d945dc8a9e01854484f4e9b123945919e553778d4386d1d939451c038a0c';

/** A stack that listens where the liar does; its processes are gone. */
async function stackAt(liar: LyingScheduler, root: string): Promise<DevState> {
  const entry = await liar.entryIn(root);
  return {
    ...DEV_STATE,
    ...entry,
    helper: { url: `http://127.0.0.1:${liar.port}` },
    fabric: { ...DEV_STATE.fabric, mem_dataplane: `${liar.url}/mem`, control: `127.0.0.1:${liar.port}` },
  };
}

const deployed: Answer = ({ url, method }, response) => {
  if (url === '/health') response.end(JSON.stringify(GOOD_ANSWERS.health?.good));
  else if (method === 'POST') {
    const run = { ...RUN, module_sha256: MODULE_SHA256, state: 'succeeded' };
    const { response: ended } = RUN;
    response.end(
      JSON.stringify({ ...run, response: { ...ended, error: null, state: 'succeeded', module_sha256: MODULE_SHA256 } }),
    );
  } else response.end('{}');
};
