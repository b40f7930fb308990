import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { CheckAnswer, CheckRequest } from '../../../language-server/checkMessages.ts';
import { CheckQueue, SUPERSEDED_MS, type Urgency } from '../../../language-server/checkQueue.ts';
import { CHECK_LIMITS } from '../../../toolchain/validate/checkLimits.ts';
import type { GiveUp } from '../../../toolchain/validate/givenUp.ts';

/** A thread that answers when the test says so. */
class Bench {
  readonly posted: CheckRequest[] = [];
  readonly done: string[] = [];
  readonly givenUp: string[] = [];
  readonly logged: string[] = [];
  readonly busy: boolean[] = [];
  started = 0;
  terminated = 0;
  #on: { answer(answer: CheckAnswer): void; end(why: string, reason: GiveUp): void } | undefined;
  readonly queue = new CheckQueue({
    start: (on) => {
      this.started += 1;
      this.#on = on;
      return {
        post: (request) => this.posted.push(request),
        terminate: () => {
          this.terminated += 1;
        },
      };
    },
    log: (text) => this.logged.push(text),
    onBusy: (busy) => this.busy.push(busy),
  });

  ask(tasklet: string, urgency: Urgency, text = ''): void {
    this.queue.request(
      {
        root: '/p',
        tasklet,
        overlay: () => new Map([['/p/a.ts', text]]),
        done: () => this.done.push(`${tasklet}${text}`),
        givenUp: (why) => this.givenUp.push(`${tasklet} ${why}`),
      },
      urgency,
    );
  }

  /** The check under way. */
  get now(): Extract<CheckRequest, { kind: 'check' }> {
    const last = this.posted.findLast(({ kind }) => kind === 'check');
    assert.ok(last?.kind === 'check');
    return last;
  }

  answer(state: 'done' | 'cancelled' | 'failed' = 'done'): void {
    const { id } = this.now;
    this.#on?.answer(
      state === 'done'
        ? { id, state, findings: [], sources: [] }
        : state === 'failed'
          ? { id, state, message: 'x' }
          : { id, state },
    );
  }

  die(reason: GiveUp = 'fault'): void {
    this.#on?.end('it ended', reason);
  }

  checked(): string[] {
    return this.posted.flatMap((one) => (one.kind === 'check' ? (one.tasklet ?? '*') : []));
  }
}

describe('the queue of checks', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  it('checks one at a time, the typed before the rest', () => {
    const bench = new Bench();
    for (const name of ['a', 'b', 'c']) bench.ask(name, 'background');
    bench.answer();
    assert.deepEqual(bench.checked(), ['a', 'b']);
    bench.answer();
    bench.answer();
    assert.deepEqual(bench.done, ['a', 'b', 'c']);
    assert.deepEqual(bench.busy, [true, false]);
    bench.queue.dispose();
  });

  it('drops the answer to an older text and checks the newest alone', () => {
    const bench = new Bench();
    for (const text of ['1', '2', '3']) bench.ask('a', 'typed', text);
    assert.deepEqual(bench.checked(), ['a']);
    assert.ok(bench.posted.some(({ kind }) => kind === 'cancel'));
    bench.answer();
    assert.deepEqual([...bench.now.overlay.values()], ['3']);
    bench.answer();
    assert.deepEqual(bench.done, ['a3']);
    bench.queue.dispose();
  });

  it('pushes a background check aside for a typed one, and makes it after', () => {
    const bench = new Bench();
    bench.ask('rest', 'background');
    bench.ask('mine', 'typed');
    bench.answer('cancelled');
    assert.equal(bench.now.tasklet, 'mine');
    bench.answer();
    assert.equal(bench.now.tasklet, 'rest');
    bench.answer();
    assert.deepEqual(bench.done, ['mine', 'rest']);
    bench.queue.dispose();
  });

  it('does not push a typed check aside for another', () => {
    const bench = new Bench();
    bench.ask('a', 'typed');
    bench.ask('b', 'typed');
    assert.ok(!bench.posted.some(({ kind }) => kind === 'cancel'));
    bench.queue.dispose();
  });

  it('keeps the urgency of what was asked for twice', () => {
    const bench = new Bench();
    bench.ask('a', 'typed');
    bench.ask('x', 'background');
    bench.ask('b', 'typed');
    bench.ask('b', 'background');
    bench.answer();
    assert.equal(bench.now.tasklet, 'b');
    bench.queue.dispose();
  });

  it('ends the thread when an older check goes on for too long', () => {
    const bench = new Bench();
    bench.ask('a', 'typed', '1');
    bench.ask('a', 'typed', '2');
    mock.timers.tick(SUPERSEDED_MS - 1);
    assert.equal(bench.terminated, 0);
    mock.timers.tick(1);
    assert.deepEqual([bench.terminated, bench.started], [1, 2]);
    assert.deepEqual([...bench.now.overlay.values()], ['2']);
    bench.answer();
    assert.deepEqual(bench.done, ['a2']);
    bench.queue.dispose();
  });

  it('ends a check that hangs, says so, and goes on with the next', () => {
    const bench = new Bench();
    bench.ask('a', 'typed');
    bench.ask('b', 'background');
    mock.timers.tick(CHECK_LIMITS.timeMs);
    assert.match(bench.logged[0] ?? '', /"a".*more than 60 s/);
    assert.deepEqual(bench.givenUp, ['a time']);
    assert.deepEqual(bench.checked(), ['a', 'b']);
    bench.queue.dispose();
  });

  it('starts a new thread when one dies, and gives a tasklet up that kills three', () => {
    const bench = new Bench();
    bench.ask('a', 'typed');
    bench.ask('b', 'background');
    for (let death = 0; death < 3; death++) {
      assert.equal(bench.now.tasklet, 'a');
      bench.die();
    }
    assert.deepEqual([bench.now.tasklet, bench.started, bench.logged.length], ['b', 4, 3]);
    assert.match(bench.logged[0] ?? '', /it ended/);
    assert.deepEqual(bench.givenUp, ['a fault']);
    bench.queue.dispose();
  });

  it('gives a tasklet up at once that takes all memory, and says nothing of one that was asked for again', () => {
    const bench = new Bench();
    bench.ask('a', 'typed');
    bench.die('memory');
    assert.deepEqual([bench.givenUp, bench.checked()], [['a memory'], ['a']]);
    bench.ask('a', 'typed', '2');
    bench.ask('a', 'typed', '3');
    bench.die('memory');
    assert.deepEqual([bench.givenUp, bench.checked()], [['a memory'], ['a', 'a', 'a']]);
    bench.queue.dispose();
  });

  it('says what failed and goes on', () => {
    const bench = new Bench();
    bench.ask('a', 'typed');
    bench.ask('b', 'typed');
    bench.answer('failed');
    assert.match(bench.logged[0] ?? '', /"a".*failed: x/);
    assert.deepEqual(bench.givenUp, ['a fault']);
    assert.equal(bench.now.tasklet, 'b');
    bench.queue.dispose();
  });

  it('forgets a program that was closed', () => {
    const bench = new Bench();
    bench.ask('a', 'typed');
    bench.ask('b', 'typed');
    bench.queue.forget('/p');
    bench.answer();
    assert.deepEqual([bench.done, bench.checked(), bench.busy], [[], ['a'], [true, false]]);
    bench.queue.dispose();
  });
});
