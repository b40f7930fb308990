import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../../../base/limits.ts';
import { HelperRefusedError } from '../../../../daemons/helper/helperRefusal.ts';
import { linkScheduler, type SchedulerPort } from '../../../../daemons/helper/schedulerPort.ts';
import { startRun } from '../../../../daemons/helper/startRun.ts';
import { createTaskletReader } from '../../../../daemons/helper/taskletList.ts';
import type { RunJob } from '../../../../daemons/wire/tenantApi.ts';
import { RUN } from '../../../helpers/goodAnswers.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';

const MODULE = Buffer.from('0061736d01000000', 'hex');
const HASH = createHash('sha256').update(MODULE).digest('hex');

describe('a run that the dashboard starts', () => {
  let program: Awaited<ReturnType<typeof scratchProgram>>;
  let calls: string[];
  let jobs: Array<{ job: RunJob; idempotencyKey: string }>;
  let held: Set<string>;

  /** Another process at the end of a connection, as far as a start asks it. */
  const scheduler = linkScheduler(async () => {
    const port: Partial<SchedulerPort> = {
      hasModule: async (sha256) => {
        calls.push('has');
        return held.has(sha256);
      },
      putModule: async (sha256) => {
        calls.push('put');
        held.add(sha256);
      },
      submit: async (job, { idempotencyKey = '' } = {}) => {
        calls.push('submit');
        jobs.push({ job: job as RunJob, idempotencyKey });
        return RUN;
      },
    };
    return port as SchedulerPort;
  });
  const start = (request: Record<string, unknown>, idempotencyKey?: string) =>
    startRun(
      { scheduler, tasklets: createTaskletReader(program.root) },
      { tasklet: 'demo', ...request },
      { idempotencyKey, signal: AbortSignal.timeout(10_000) },
    );

  beforeEach(async () => {
    program = await scratchProgram('a.wat', {});
    await mkdir(join(program.root, 'build'));
    await writeFile(join(program.root, 'build/demo.wasm'), MODULE);
    [calls, jobs, held] = [[], [], new Set()];
  });
  afterEach(async () => await program[Symbol.asyncDispose]());

  it('puts the module once, and submits with the limits of the manifest', async () => {
    assert.equal(await start({}), RUN);
    assert.equal(await start({}), RUN);
    assert.deepEqual(calls, ['has', 'put', 'submit', 'has', 'submit']);
    const [first, second] = jobs;
    assert.deepEqual(
      [first?.job.module_sha256, first?.job.tasklet, first?.job.fuel, first?.job.mem_bytes, first?.job.input.length],
      [HASH, 'demo', 500_000, 0, 0],
    );
    assert.match(first?.idempotencyKey ?? '', /^[0-9a-f-]{36}$/);
    assert.notEqual(first?.idempotencyKey, second?.idempotencyKey);
    await start({}, 'mine');
    assert.equal(jobs[2]?.idempotencyKey, 'mine');
  });

  for (const [what, request, input, mem] of [
    ['text', { input: { text: 'grüße\0' } }, 'grüße\0', 0],
    ['base64', { input: { base64: 'AP8=' } }, '\0\ufffd', 0],
    ['nothing in base64', { input: { base64: '' } }, '', 0],
    ['memory in words', { mem: '1MiB' }, '', 1024 ** 2],
    ['memory in bytes', { mem: 0 }, '', 0],
  ] as const) {
    it(`takes ${what}`, async () => {
      await start(request);
      assert.deepEqual([Buffer.from(jobs[0]?.job.input ?? []).toString(), jobs[0]?.job.mem_bytes], [input, mem]);
    });
  }

  const bad: Array<[what: string, request: Record<string, unknown>, reason: string, says: RegExp]> = [
    ['an unknown field', { fuel: 1 }, 'bad_request', /no field "fuel"/],
    ['no tasklet', { tasklet: undefined }, 'bad_request', /must name a tasklet/],
    ['a tasklet that is no text', { tasklet: ['demo'] }, 'bad_request', /must name a tasklet/],
    ['another tasklet', { tasklet: 'other' }, 'tasklet_unknown', /no tasklet "other"/],
    ['a tasklet named like a part of every object', { tasklet: 'constructor' }, 'tasklet_unknown', /no tasklet/],
    ['input that is text itself', { input: 'x' }, 'bad_request', /`input` must be/],
    ['input of null', { input: null }, 'bad_request', /`input` must be/],
    ['input of two kinds', { input: { text: 'x', base64: '' } }, 'bad_request', /`input` must be/],
    ['input of another kind', { input: { hex: '00' } }, 'bad_request', /`input` must be/],
    ['input that is no text', { input: { text: 1 } }, 'bad_request', /`input` must be/],
    ['base64 without padding', { input: { base64: 'AP8' } }, 'bad_request', /not base64/],
    ['base64 for URLs', { input: { base64: '_-8=' } }, 'bad_request', /not base64/],
    ['base64 with a newline', { input: { base64: 'AP8=\n' } }, 'bad_request', /not base64/],
    ['too long an input', { input: { text: 'x'.repeat(LIMITS.input + 1) } }, 'body_too_large', /takes \d+ at most/],
    ['memory below zero', { mem: -1 }, 'bad_request', /`mem` must be/],
    ['memory in odd words', { mem: '1 cup' }, 'bad_request', /`mem` must be/],
    ['memory of null', { mem: null }, 'bad_request', /`mem` must be/],
  ];
  for (const [what, request, reason, says] of bad) {
    it(`is refused with ${what}, before the scheduler is asked`, async () => {
      await assert.rejects(
        start(request),
        (error) => error instanceof HelperRefusedError && error.reason === reason && says.test(error.message),
      );
      assert.deepEqual(calls, []);
    });
  }

  it('needs a module, and says which tasklets there are', async () => {
    await rm(join(program.root, 'build/demo.wasm'));
    await assert.rejects(start({}), { reason: 'tasklet_not_built', status: 409 });
    await assert.rejects(start({ tasklet: 'x' }), { next: 'It has demo.' });
    await mkdir(join(program.root, 'build/demo.wasm'));
    await assert.rejects(start({}), { code: 'module_not_readable' });
    assert.deepEqual(calls, []);
  });
});
