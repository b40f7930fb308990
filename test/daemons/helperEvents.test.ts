import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunSubmit } from '../../daemons/wire/tenantApi.ts';
import {
  ask,
  eventsOf,
  getWithBearer,
  helperWithStandIn,
  postWithBearer,
  type TestHelper,
  WASM,
} from './helperSetup.ts';

describe('helper: events, with an in-process stand-in for the scheduler', () => {
  let helper: TestHelper;
  const get = async (path: string) => await getWithBearer(helper, path);
  const post = async (path: string, body: unknown = {}) => await postWithBearer(helper, path, body);

  /** A request of the CLI to the scheduler itself, past the helper. */
  const submitted = (tasklet: string): RunSubmit => ({
    program: 'demo',
    tasklet,
    version: '0.1.0',
    module_sha256: '0'.repeat(64),
    input_b64: '',
    mem_bytes: 0,
    fuel: 1,
    linear_memory_bytes: 65_536,
    timeout_ms: 1_000,
  });
  /** A listener of the helper's events, gone at the end of the block. */
  const listen = async () => {
    const ended = new AbortController();
    const events = eventsOf(helper, '/v1/events', ended.signal);
    return {
      // biome-ignore lint/suspicious/noExplicitAny: events of every shape
      async until(wanted: string): Promise<any> {
        for (;;) {
          const { value, done } = await events.next();
          if (done) throw new Error('the stream ended');
          if (value.event === wanted) return value.data;
        }
      },
      async [Symbol.asyncDispose]() {
        ended.abort();
        await events.return(undefined).catch(() => {});
      },
    };
  };

  beforeEach(async () => {
    helper = await helperWithStandIn();
  });
  afterEach(async () => await helper.dispose());

  it('pushes a snapshot, then every run to its end and every change of the program, and says goodbye', async () => {
    const ended = new AbortController();
    const events = eventsOf(helper, '/v1/events', ended.signal);
    // biome-ignore lint/suspicious/noExplicitAny: events of every shape
    const until = async (wanted: (event: string, data: any) => boolean): Promise<any> => {
      for (;;) {
        const { value, done } = await events.next();
        if (done) throw new Error('the stream ended');
        if (wanted(value.event, value.data)) return value.data;
      }
    };
    const seen = new Set<string>();
    await until((event) => seen.add(event) && seen.has('tasklets') && seen.has('runs'));

    helper.scheduler.onSubmit = (id) => {
      helper.scheduler.running(id);
      helper.scheduler.end(id, { error: { code: 'fuel_exhausted', message: 'No fuel is left.' } });
    };
    const { run_id } = (await post('/v1/runs', { tasklet: 'local-dev' })).json;
    const run = await until((event, data) => event === 'run' && data.ended_at !== null);
    assert.equal(run.run_id, run_id);
    assert.equal(run.error.code, 'fuel_exhausted');

    await writeFile(join(helper.dir, 'build', 'not-built.wasm'), WASM);
    const { tasklets } = await until((event, data) => event === 'tasklets' && data.tasklets[2]?.built !== null);
    assert.equal(tasklets[2].built.stale, false);
    await writeFile(join(helper.dir, 'grafos.toml'), '[program\n');
    const broken = await until((event, data) => event === 'tasklets' && data.problem !== null);
    assert.equal(broken.problem.reason, 'manifest_invalid');

    helper.scheduler.down = true;
    await Promise.all([helper.stop(), until((event) => event === 'stopping')]);
    assert.equal((await events.next()).done, true);
  });

  it('pushes the runs that somebody else starts, and takes back what the cell would not have', async () => {
    await using feed = await listen();
    assert.deepEqual(await feed.until('runs'), { runs: [] });
    const { run_id } = await helper.scheduler.submit(submitted('by-cli'));
    assert.equal((await feed.until('run')).tasklet, 'by-cli');
    helper.scheduler.running(run_id);
    assert.equal((await feed.until('run')).state, 'running');
    helper.scheduler.end(run_id, { output: '{"big":1}' });
    const ended = await feed.until('run');
    assert.deepEqual([ended.run_id, ended.state, ended.output_bytes], [run_id, 'succeeded', 9]);
    assert.equal('response' in ended, false);

    const { run_id: refused } = await helper.scheduler.submit(submitted('no-room'));
    helper.scheduler.refuse(refused);
    assert.deepEqual(await feed.until('gone'), { run_id: refused });
    await using late = await listen();
    const { runs } = await late.until('runs');
    assert.deepEqual(
      runs.map((run: { run_id: string }) => run.run_id),
      [run_id],
    );
  });

  it('listens to the scheduler once while anybody listens to it, and not at all otherwise', async () => {
    assert.equal(helper.scheduler.streams, 0);
    await get('/v1/runs');
    await post('/v1/runs', { tasklet: 'local-dev' });
    assert.equal(helper.scheduler.streams, 0);
    {
      await using one = await listen();
      await one.until('runs');
      await using two = await listen();
      await two.until('runs');
      assert.equal(helper.scheduler.streams, 1);
    }
    for (const late = AbortSignal.timeout(10_000); helper.scheduler.streams > 0; late.throwIfAborted()) {
      await ask(helper, '/health');
    }
    await using again = await listen();
    assert.equal((await again.until('runs')).runs.length, 1);
    assert.equal(helper.scheduler.streams, 1);
  });

  it('listens again after the scheduler was away, and tells what it missed', async () => {
    await using feed = await listen();
    await feed.until('runs');
    const { run_id } = await helper.scheduler.submit(submitted('by-cli'));
    await feed.until('run');
    helper.scheduler.down = true;
    helper.scheduler.dropStreams();
    const away = await feed.until('scheduler');
    assert.equal(away.state, 'unreachable');
    // Who comes meanwhile sees what was last known, and why it is not more.
    await using late = await listen();
    assert.equal((await late.until('runs')).runs[0].state, 'admitted');
    assert.equal((await late.until('scheduler')).state, 'unreachable');
    helper.scheduler.down = false;
    helper.scheduler.end(run_id, {});
    for (const each of [feed, late]) {
      assert.equal((await each.until('runs')).runs[0].state, 'succeeded');
      assert.deepEqual(await each.until('scheduler'), { state: 'ok', message: null });
    }
    await helper.scheduler.submit(submitted('afterwards'));
    assert.equal((await feed.until('run')).tasklet, 'afterwards');
  });

  it('follows a build folder that is removed and made again', async () => {
    const ended = new AbortController();
    const events = eventsOf(helper, '/v1/events', ended.signal);
    const until = async (built: boolean): Promise<void> => {
      for (;;) {
        const { value } = await events.next();
        if (value?.event === 'tasklets' && (value.data.tasklets[0]?.built !== null) === built) return;
      }
    };
    await until(true);
    await rm(join(helper.dir, 'build'), { recursive: true });
    await until(false);
    const { mkdir } = await import('node:fs/promises');
    await mkdir(join(helper.dir, 'build'));
    await writeFile(join(helper.dir, 'build', 'local-dev.wasm'), WASM);
    await until(true);
    ended.abort();
  });

  it('relays the events of one run', async () => {
    const { run_id } = (await post('/v1/runs', { tasklet: 'local-dev' })).json;
    helper.scheduler.logLine(run_id, 'hello\n');
    const seen: string[] = [];
    for await (const { event, data } of eventsOf(helper, `/v1/runs/${run_id}/events`, new AbortController().signal)) {
      seen.push(event);
      if (event === 'log') {
        assert.equal(data.text, 'hello\n');
        helper.scheduler.end(run_id, { output: 'x' });
      }
    }
    assert.deepEqual(seen, ['log', 'end']);
  });

  it('serves a bounded number of streams', async () => {
    const ended = new AbortController();
    const open = [];
    for (let i = 0; i < 32; i++) {
      const events = eventsOf(helper, '/v1/events', ended.signal);
      await events.next();
      open.push(events);
    }
    const refused = await get('/v1/events');
    assert.equal(refused.status, 503);
    assert.equal(refused.json.error.reason, 'too_many_streams');
    ended.abort();
  });
});
