import assert from 'node:assert/strict';
import { Inbox, unreachable } from '../../../../daemons/fabric/controlLink.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('the inbox of a channel', () => {
  it('keeps what came early, and gives it in order before what comes then', () => {
    const inbox = new Inbox((why) => assert.fail(why));
    inbox.deliver(bytes(1));
    inbox.deliver(bytes(2, 3));
    const got: number[] = [];
    inbox.receive((chunk) => got.push(...chunk));
    assert.deepEqual(got, [1, 2, 3]);
    inbox.deliver(bytes(4));
    assert.deepEqual(got, [1, 2, 3, 4]);
  });

  it('gives what came early once, also when the listener is another one later', () => {
    const inbox = new Inbox((why) => assert.fail(why));
    inbox.deliver(bytes(1));
    const [first, second]: [number[], number[]] = [[], []];
    inbox.receive((chunk) => first.push(...chunk));
    inbox.receive((chunk) => second.push(...chunk));
    inbox.deliver(bytes(2));
    assert.deepEqual([first, second], [[1], [2]]);
  });

  it('reports what a listener throws, of early bytes as of later ones, and does not throw itself', () => {
    const faults: string[] = [];
    const inbox = new Inbox((why) => faults.push(why));
    inbox.deliver(bytes(1));
    inbox.receive(([first]) => {
      throw first === 1 ? new Error('malformed') : 'a text';
    });
    inbox.deliver(bytes(2));
    assert.deepEqual(faults, ['malformed', 'a text']);
  });
});

describe('a cell that cannot be reached', () => {
  it('is named by its address, with the reason and what to do', () => {
    const cause = new Error('connect ECONNREFUSED');
    const error = unreachable('::1', 4433, cause);
    assert.deepEqual(
      [error.code, error.kind, error.why, error.cause],
      ['fabric_unreachable', 'unreachable', 'connect ECONNREFUSED', cause],
    );
    assert.match(error.message, /\[::1\]:4433/);
    assert.match(error.next ?? '', /grafos dev status/);
    assert.equal(unreachable('localhost', 1, 'late').why, 'late');
  });
});
