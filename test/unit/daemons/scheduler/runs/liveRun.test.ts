import assert from 'node:assert/strict';
import { LIMITS } from '../../../../../base/limits.ts';
import { NOT_ENDED } from '../../../../../daemons/scheduler/runs/endRun.ts';
import { LiveRun } from '../../../../../daemons/scheduler/runs/liveRun.ts';
import type { StoredRun } from '../../../../../daemons/scheduler/store/runTable.ts';
import { RECORD } from '../../../../helpers/goodAnswers.ts';

const START = Date.parse('2026-01-02T03:04:05Z');
const stored = (): StoredRun => ({
  ...RECORD,
  ...NOT_ENDED,
  seq: 1,
  hold_ms: 0,
  idempotency_key: null,
  request_sha256: null,
  state: 'placed',
  created_at: START,
});

/** The happenings that a follower hears: states by name, the log by its text. */
function follow(live: LiveRun) {
  const heard: string[] = [];
  const end = live.follow(({ event, data }) =>
    heard.push(event === 'log' ? data.text : `<${data.state} ${data.at.slice(17, 19)}>`),
  );
  return { heard, end };
}

describe('a run that has not ended', () => {
  it('begins as admitted when it was made, and tells a late follower all so far and then the rest', () => {
    const live = new LiveRun(stored(), null);
    live.enter('placed', START + 1000);
    live.log('a');
    const { heard, end } = follow(live);
    assert.deepEqual(heard, ['<admitted 05>', '<placed 06>', 'a']);
    live.enter('running', START + 2000);
    live.log('b');
    end();
    live.log('c');
    assert.deepEqual(heard, ['<admitted 05>', '<placed 06>', 'a', '<running 07>', 'b']);
    assert.deepEqual(follow(live).heard.slice(-1), ['c']);
  });

  it('keeps the state and the start in its record', () => {
    const live = new LiveRun(stored(), null);
    live.enter('placed', START + 1);
    assert.deepEqual([live.run.state, live.run.started_at], ['placed', null]);
    live.enter('running', START + 2);
    assert.deepEqual([live.run.state, live.run.started_at], ['running', START + 2]);
    live.enter('succeeded', START + 3);
    assert.equal(live.run.started_at, START + 2);
  });

  it('tells the rest of a log that was told in part, and nothing twice', () => {
    const live = new LiveRun(stored(), null);
    const { heard } = follow(live);
    live.log('one\n');
    live.restOfLog('one\ntwo\n');
    live.restOfLog('one\ntwo\n');
    live.restOfLog('');
    assert.deepEqual(heard.slice(1), ['one\n', 'two\n']);
  });

  it('keeps no more of a log than a cell may send', () => {
    const live = new LiveRun(stored(), null);
    const { heard } = follow(live);
    const piece = 'x'.repeat(LIMITS.log / 4);
    for (let i = 0; i < 100; i++) live.log(piece);
    const length = heard.slice(1).join('').length;
    assert.ok(length >= LIMITS.log && length <= LIMITS.log + 2 * piece.length, `${length}`);
  });

  it('ends once, for all who wait', async () => {
    const live = new LiveRun(stored(), null);
    const ended = { run: live.run, output: new Uint8Array(), log: '' };
    const waiting = [live.ended, live.ended];
    live.finish(ended);
    live.refuse(new Error('too late'));
    assert.deepEqual(await Promise.all(waiting), [ended, ended]);
  });

  it('that is refused is an error for who waits, and none for who does not', async () => {
    new LiveRun(stored(), null).refuse(new Error('nobody waits'));
    const live = new LiveRun(stored(), null);
    live.refuse(new Error('no room'));
    await assert.rejects(live.ended, /no room/);
  });
});
