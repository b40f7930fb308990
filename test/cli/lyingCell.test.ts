/**
 * The built command against a scheduler that lies: it ends with one error, in bounded memory, and
 * writes nothing outside.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ARTIFACT_NAMES, type ArtifactName } from '../../daemons/wire/tenantApi.ts';
import { confirmCell } from '../../toolchain/confirm/cellConfirmation.ts';
import { addCloudCell } from '../../toolchain/deploy/cloudCells.ts';
import { endless } from '../helpers/endless.ts';
import { GOOD_ANSWERS, OUTPUT, RECORD, RUN, RUN_ID } from '../helpers/goodAnswers.ts';
import { type Ended, grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { type Answer, type LyingScheduler, lyingScheduler } from '../helpers/lyingScheduler.ts';
import { scratchProgram } from '../helpers/scratchProgram.ts';

const SOURCE = { 'tasklets/demo.ts': 'export function compute(input: Uint8Array): Uint8Array {\n  return input;\n}\n' };
const MODULE = Buffer.from('a module');
const MIB = 1024 * 1024;
/** Prints the most memory that the process had, KiB. */
const MEASURED = [
  '--import',
  // On Linux `maxRSS` begins at the size of the process that started this one; VmHWM does not.
  `data:text/javascript,import{readFileSync}from'node:fs';process.on('exit',()=>{let peak=process.resourceUsage().maxRSS;try{peak=/VmHWM:[^0-9]*([0-9]+)/.exec(readFileSync('/proc/self/status','utf8'))[1]}catch{}process.stderr.write('\\npeak:'+peak)})`,
];

async function programAt(liar: LyingScheduler) {
  const scratch = await scratchProgram('tasklets/demo.ts', { ...SOURCE, 'build/demo.wasm': MODULE });
  const cell = await liar.entryIn(scratch.root);
  await addCloudCell(scratch.root, 'aws', cell);
  await confirmCell(scratch.root, 'aws', cell, true);
  return scratch;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const CONTENT: Record<ArtifactName, Buffer> = {
  'response.json': Buffer.from(JSON.stringify(RUN.response)),
  'output.b64': Buffer.from(OUTPUT.toString('base64')),
  'input.bin': Buffer.from('in'),
  'run.log': Buffer.from('a line\n'),
  'run.json': Buffer.from(JSON.stringify(RECORD)),
};

/** A scheduler that is good but for what `lies` puts in the place of a path's answer. */
function goodBut(lies: Record<string, unknown>): Answer {
  return ({ url = '' }, response) => {
    const path = url.replace(/^\/api\/v1\/runs\/[^/]+/, '');
    const name = ARTIFACT_NAMES.find((one) => path === `/artifacts/${one}`);
    const list = ARTIFACT_NAMES.map((one) => ({ name: one, size: CONTENT[one].length, sha256: sha256(CONTENT[one]) }));
    const good = url === '/health' ? GOOD_ANSWERS.health?.good : path === '' ? RUN : { artifacts: list };
    const answer = Object.hasOwn(lies, path) ? lies[path] : name === undefined ? good : CONTENT[name];
    response.end(answer instanceof Uint8Array ? answer : JSON.stringify(answer));
  };
}

function endlessBut(piece: string): Answer {
  return ({ url }, response) => {
    if (url === '/health') response.end(JSON.stringify(GOOD_ANSWERS.health?.good));
    else endless(response, piece);
  };
}

describe('the command against a lying cell', function () {
  this.timeout(120_000);
  let liar: LyingScheduler;
  before(async () => {
    liar = await lyingScheduler();
  });
  after(() => liar[Symbol.asyncDispose]());

  const invalid = (ended: Ended, what: string): void => {
    assert.equal(ended.code, 3, `${what}\n${ended.stdout}${ended.stderr}`);
    assert.equal(JSON.parse(ended.stdout).error.code, 'cell_answer_invalid', what);
  };

  it('downloads what a good one has into a folder of the id that was asked for', async () => {
    await using program = await programAt(liar);
    liar.answer = goodBut({});
    const { dir } = await grafosJson<{ dir: string }>(['artifacts', RUN_ID, '--download', '--provider', 'aws'], {
      cwd: program.root,
    });
    assert.equal(dir, join(program.root, '.grafos/artifacts', RUN_ID));
    for (const name of ARTIFACT_NAMES) assert.deepEqual(await readFile(join(dir, name)), CONTENT[name]);
  });

  for (const [what, lies] of Object.entries<Record<string, unknown>>({
    'the run is ../../../escaped': { '': { ...RUN, run_id: '../../../escaped' } },
    'the run is ..\\escaped': { '': { ...RUN, run_id: '..\\escaped' } },
    'the run is /tmp/escaped': { '': { ...RUN, run_id: '/tmp/escaped' } },
    'the run is another': { '': { ...RUN, run_id: '01jx0000000000000000000009' } },
    'an artifact is ../escaped': {
      '/artifacts': { artifacts: [{ name: '../escaped', size: 1, sha256: 'ab'.repeat(32) }] },
    },
    'an artifact has other bytes': { '/artifacts/run.log': Buffer.from('other') },
    'an artifact has its size and another hash': { '/artifacts/run.log': Buffer.from('a lime\n') },
    'an artifact is 41 MiB long': { '/artifacts/response.json': Buffer.alloc(41 * MIB) },
    'the output is not that of the response': {
      '': { ...RUN, response: { ...RUN.response, output_sha256: 'cd'.repeat(32) } },
    },
  })) {
    it(`writes nothing where ${what}`, async () => {
      await using program = await programAt(liar);
      liar.answer = goodBut(lies);
      const before = await readdir(dirname(program.root));
      invalid(
        await grafos(['artifacts', RUN_ID, '--download', '--provider', 'aws', '--json'], { cwd: program.root }),
        what,
      );
      const after = (await readdir(dirname(program.root))).filter((name) => !before.includes(name));
      assert.deepEqual(
        after.filter((name) => name.includes('escaped')),
        [],
      );
      const files = await readdir(join(program.root, '.grafos/artifacts'), { recursive: true }).catch(() => []);
      assert.deepEqual(
        files.filter((name) => name !== RUN_ID),
        [],
      );
    });
  }

  it('takes no other input for the one of a run that is done again', async () => {
    await using program = await programAt(liar);
    const module_sha256 = sha256(MODULE);
    const record = { ...RECORD, module_sha256, input_bytes: 2, input_sha256: sha256(Buffer.from('in')) };
    const run = { ...RUN, module_sha256, response: { ...RUN.response, module_sha256 } };
    for (const lies of [
      { '/artifacts/input.bin': Buffer.from('no') },
      { '/artifacts/run.json': Buffer.from(JSON.stringify({ ...record, run_id: 'x' })) },
      { '/artifacts/run.json': Buffer.from(JSON.stringify({ ...record, tasklet: '../x' })) },
      { '/artifacts/run.json': Buffer.from('{"seed":'.repeat(1000)) },
    ]) {
      liar.answer = goodBut({ '': run, '/artifacts/run.json': Buffer.from(JSON.stringify(record)), ...lies });
      for (const command of ['replay', 'profile']) {
        invalid(await grafos([command, RUN_ID, '--provider', 'aws', '--json'], { cwd: program.root }), command);
      }
    }
  });

  it('stays small whatever comes without end', async () => {
    await using program = await programAt(liar);
    for (const piece of ['[{"a":1},'.repeat(2000), `"${'x'.repeat(50_000)}",`]) {
      liar.answer = endlessBut(piece);
      for (const args of ['runs list', `runs show ${RUN_ID}`, `artifacts ${RUN_ID}`, 'admissions', 'deploy run']) {
        const given = [...args.split(' '), '--provider', 'aws', '--json'];
        const ended = await grafos(given, { cwd: program.root, nodeOptions: MEASURED });
        invalid(ended, args);
        const peak = Number(/peak:(\d+)/.exec(ended.stderr)?.[1]) / 1024;
        assert.ok(peak > 20 && peak < 256, `${args}: ${peak} MiB`);
      }
    }
  });

  it('stays bounded where a run is as long as one may be, and all of it objects', async () => {
    await using program = await programAt(liar);
    const output = `[${'{},'.repeat((16 * MIB) / 3 - 1)}{}]`;
    const text = JSON.stringify(RUN).replace('{"a":1}', output);
    liar.answer = ({ url }, response) =>
      void response.end(url === '/health' ? JSON.stringify(GOOD_ANSWERS.health?.good) : text);
    const ended = await grafos(['runs', 'show', RUN_ID, '--provider', 'aws'], {
      cwd: program.root,
      nodeOptions: MEASURED,
    });
    assert.equal(ended.code, 0, ended.stderr);
    const peak = Number(/peak:(\d+)/.exec(ended.stderr)?.[1]) / 1024;
    assert.ok(peak > 20 && peak < 1024, `${peak} MiB`);
  });

  it('follows no events without end, and takes no run for ended that is not', async () => {
    await using program = await programAt(liar);
    const module_sha256 = sha256(MODULE);
    const running = { ...RUN, module_sha256, state: 'running', ended_at: null, response: null };
    for (const events of ['x'.repeat(65_536), 'event: log\ndata: {"text":"x"}\n\n'.repeat(1000), null]) {
      liar.answer = (request, response) => {
        if (request.url?.endsWith('/events') !== true) {
          const good = request.url === '/health' ? GOOD_ANSWERS.health?.good : running;
          response.end(JSON.stringify(good));
        } else if (events === null) response.end();
        else endless(response, events);
      };
      invalid(await grafos(['deploy', 'run', '--provider', 'aws', '--json'], { cwd: program.root }), 'deploy run');
    }
  });
});
