import assert from 'node:assert/strict';
import { rfc3339 } from '../../../../../daemons/fabricbiosd/leases/cellClock.ts';
import { LeaseTable, type LiveLease } from '../../../../../daemons/fabricbiosd/leases/leaseTable.ts';
import { LeaseWatchers } from '../../../../../daemons/fabricbiosd/leases/leaseWatchers.ts';
import {
  expiryOf,
  type Grant,
  GrantRefusedError,
  MemSession,
} from '../../../../../daemons/fabricbiosd/memory/memSession.ts';
import {
  jsonFields,
  MEM,
  MEM_BODY_BYTES_MAX,
  MEM_CHUNK_BYTES_MAX,
  MEM_PING_BYTES_MAX,
  memFrame,
  offsetField,
  parseMemFrame,
  rangeFields,
} from '../../../../../daemons/memory/memFrames.ts';
import { CapabilityRefusedError } from '../../../../../daemons/peers/capabilityToken.ts';
import { FrameReader } from '../../../../../daemons/streams/frames.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const u32 = (value: number) => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
};

/** A session at one end of a stream; the test is its client. */
function session(grant: Partial<Grant> = {}) {
  const clock = { now: START };
  const leases = new LeaseTable(new SharedArrayBuffer(2 * MEM_CHUNK_BYTES_MAX), () => clock.now, {
    ended: () => {},
    renewed: () => {},
  });
  const lease: LiveLease = leases.alloc({ tenant: 't', bytes: MEM_CHUNK_BYTES_MAX + 100, ttlMs: 1e6 });
  const watchers = new LeaseWatchers();
  const answers: Array<{ type: number; id: number; rest: Buffer }> = [];
  const reader = new FrameReader(MEM_BODY_BYTES_MAX, (body) => answers.push(parseMemFrame(Buffer.from(body))));
  const queue: Uint8Array[] = [];
  let wake = () => {};
  let isOver = false;
  const closed: string[] = [];
  let granted = 0;
  const mem = new MemSession({
    stream: {
      read: async () => {
        while (queue.length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve));
        return queue.shift();
      },
      write: async (chunk) => reader.push(chunk),
    },
    clock: () => clock.now,
    watchers,
    admit: (token) => {
      if (token === 'bad') throw new CapabilityRefusedError('token_signature_invalid', 'No.');
      if (token === 'old') throw new GrantRefusedError('token_superseded', 'Renewed since.');
      return {
        lease,
        generation: 1,
        rights: ['read', 'write'],
        offset: 0,
        length: lease.bytes,
        expiresAt: START + 60_000,
        ...grant,
      };
    },
    granted: () => granted++,
    close: (why) => {
      closed.push(why);
      isOver = true;
      wake();
    },
  });
  const served = mem.serve();
  const send = (...frames: Uint8Array[][]) => {
    queue.push(Buffer.concat(frames.flat()));
    wake();
  };
  const ask = async (...frames: Uint8Array[][]) => {
    const before = answers.length;
    send(...frames);
    while (answers.length < before + frames.length && closed.length === 0) await turn();
    return answers.slice(before).map(({ type, id, rest }) => [type, id, rest.toString('latin1')]);
  };
  const hello = (token = 'good', leaseId = lease.id, id = 1) =>
    memFrame(MEM.hello, id, jsonFields({ token, lease_id: leaseId }));
  const stop = async () => {
    isOver = true;
    wake();
    await served;
    leases.stop();
  };
  return { lease, clock, watchers, answers, closed, ask, send, hello, stop, served, grants: () => granted };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const codeOf = (answers: unknown[][]) =>
  answers.map(([type, , rest]) => (type === MEM.error ? JSON.parse(String(rest)).code : type));

describe('a session of the memory data plane', () => {
  it('says what the token is good for, and reads and writes the bytes of the lease', async () => {
    const one = session();
    const [[type, id, text] = []] = await one.ask(one.hello());
    assert.deepEqual([type, id, one.grants()], [MEM.helloOk, 1, 1]);
    assert.deepEqual(JSON.parse(String(text)), {
      lease_id: one.lease.id,
      generation: 1,
      bytes: one.lease.bytes,
      rights: ['read', 'write'],
      offset: 0,
      length: one.lease.bytes,
      expires_at: '2026-01-01T00:01:00.000Z',
    });
    assert.deepEqual(
      await one.ask(
        memFrame(MEM.write, 2, offsetField(3), Buffer.from('abc')),
        memFrame(MEM.read, 3, rangeFields(2, 5)),
        memFrame(MEM.ping, 4, Buffer.from('hi')),
      ),
      [
        [MEM.written, 2, ''],
        [MEM.data, 3, '\0abc\0'],
        [MEM.pong, 4, 'hi'],
      ],
    );
    assert.equal(Buffer.from(one.lease.window.subarray(3, 6)).toString(), 'abc');
    await one.stop();
  });

  it('sends a copy: a later write does not change what was read', async () => {
    const one = session();
    await one.ask(one.hello());
    const [[, , first] = []] = await one.ask(
      memFrame(MEM.read, 2, rangeFields(0, 1)),
      memFrame(MEM.write, 3, offsetField(0), Buffer.of(7)),
    );
    assert.equal(first, '\0');
    await one.stop();
  });

  it('moves the largest chunk, at the end of the lease', async () => {
    const one = session();
    await one.ask(one.hello());
    const [[type, , bytes] = []] = await one.ask(memFrame(MEM.read, 2, rangeFields(100, MEM_CHUNK_BYTES_MAX)));
    assert.deepEqual([type, String(bytes).length], [MEM.data, MEM_CHUNK_BYTES_MAX]);
    await one.stop();
  });

  it('refuses what is outside of the bounds of the token, and goes on', async () => {
    const one = session({ offset: 16, length: 16 });
    await one.ask(one.hello());
    const outside: Array<[offset: number, length: number]> = [
      [15, 1],
      [16, 17],
      [32, 1],
      [0, 0],
      [33, 0],
      [2 ** 53, 1],
      [16, 2 ** 53],
    ];
    for (const [offset, length] of outside) {
      assert.deepEqual(
        codeOf(await one.ask(memFrame(MEM.read, 2, rangeFields(offset, length)))),
        ['out_of_bounds'],
        `${offset} ${length}`,
      );
      assert.deepEqual(codeOf(await one.ask(memFrame(MEM.watch, 3, rangeFields(offset, length)))), ['out_of_bounds']);
    }
    assert.deepEqual(codeOf(await one.ask(memFrame(MEM.write, 2, offsetField(31), Buffer.from('ab')))), [
      'out_of_bounds',
    ]);
    assert.ok(one.lease.window.every((byte) => byte === 0));
    assert.deepEqual(
      codeOf(await one.ask(memFrame(MEM.read, 9, rangeFields(16, 16)), memFrame(MEM.read, 9, rangeFields(32, 0)))),
      [MEM.data, MEM.data],
    );
    await one.stop();
  });

  it('refuses what the token gives no right to', async () => {
    const reads = session({ rights: ['read'] });
    await reads.ask(reads.hello());
    assert.deepEqual(codeOf(await reads.ask(memFrame(MEM.write, 2, offsetField(0), Buffer.of(1)))), ['right_missing']);
    const writes = session({ rights: ['write'] });
    await writes.ask(writes.hello());
    const answers = await writes.ask(
      memFrame(MEM.read, 2, rangeFields(0, 1)),
      memFrame(MEM.watch, 3, rangeFields(0, 1)),
    );
    assert.deepEqual(codeOf(answers), ['right_missing', 'right_missing']);
    await Promise.all([reads.stop(), writes.stop()]);
  });

  it('ends with the reason when the first frame is no HELLO, or its token is refused', async () => {
    const rows: Array<[reason: string, frame: (one: ReturnType<typeof session>) => Uint8Array[]]> = [
      ['hello_required', () => memFrame(MEM.ping, 1)],
      ['token_signature_invalid', (one) => one.hello('bad')],
      ['token_superseded', (one) => one.hello('old')],
      ['token_of_another_lease', (one) => one.hello('good', 'lease-of-another')],
    ];
    for (const [reason, frame] of rows) {
      const one = session();
      one.send(frame(one), memFrame(MEM.ping, 2));
      await one.served;
      assert.deepEqual([one.closed, one.answers, one.grants()], [[reason], [], 0], reason);
      await one.stop();
    }
  });

  const malformed: Array<[what: string, frame: Uint8Array[]]> = [
    ['a request id of 0', memFrame(MEM.ping, 0)],
    ['an unknown type', memFrame(0x7f, 2)],
    ['a type of the cell', memFrame(MEM.data, 2)],
    ['a READ without a range', memFrame(MEM.read, 2, offsetField(0))],
    ['a READ with more than a range', memFrame(MEM.read, 2, Buffer.alloc(17))],
    ['a READ of more than a chunk', memFrame(MEM.read, 2, rangeFields(0, MEM_CHUNK_BYTES_MAX + 1))],
    ['a WRITE without an offset', memFrame(MEM.write, 2, Buffer.alloc(7))],
    ['an UNWATCH without an id', memFrame(MEM.unwatch, 2)],
    ['a PING that is too long', memFrame(MEM.ping, 2, Buffer.alloc(MEM_PING_BYTES_MAX + 1))],
    ['a HELLO that is no JSON', memFrame(MEM.hello, 2, Buffer.from('{'))],
    ['a HELLO that is null', memFrame(MEM.hello, 2, Buffer.from('null'))],
    ['a HELLO without a lease', memFrame(MEM.hello, 2, jsonFields({ token: 'good' }))],
    ['a HELLO whose token is a number', memFrame(MEM.hello, 2, jsonFields({ token: 1, lease_id: 'x' }))],
    ['a frame of no bytes', [Buffer.alloc(4)]],
    ['a frame that is too short', [Buffer.from('000000040201020304'.slice(0, 16), 'hex')]],
  ];
  for (const [what, frame] of malformed) {
    it(`ends as frame_invalid at ${what}`, async () => {
      const one = session();
      await one.ask(one.hello());
      one.send(frame);
      await one.served;
      assert.deepEqual(one.closed, ['frame_invalid']);
      await one.stop();
    });
  }

  it('takes a newer token of the same lease', async () => {
    const one = session();
    assert.deepEqual(codeOf(await one.ask(one.hello(), one.hello('good', one.lease.id, 2))), [
      MEM.helloOk,
      MEM.helloOk,
    ]);
    await one.stop();
  });

  it('ends when its token has expired, though its timer is late', async () => {
    const one = session();
    await one.ask(one.hello());
    one.clock.now = START + 59_999;
    assert.deepEqual(codeOf(await one.ask(memFrame(MEM.ping, 2))), [MEM.pong]);
    one.clock.now++;
    one.send(memFrame(MEM.write, 3, offsetField(0), Buffer.of(9)));
    await one.served;
    assert.deepEqual([one.closed, one.lease.window[0]], [['token_expired'], 0]);
    await one.stop();
  });

  it('reports the changes of a watched range, those of one turn as one, until it is unwatched', async () => {
    const one = session();
    await one.ask(one.hello());
    await one.ask(memFrame(MEM.watch, 5, rangeFields(10, 10)));
    const write = (offset: number, text: string) => memFrame(MEM.write, 6, offsetField(offset), Buffer.from(text));
    const before = one.answers.length;
    one.send(write(0, 'far'), write(12, 'a'), write(18, 'b'));
    while (one.answers.length < before + 4) await turn();
    const changed = one.answers.filter(({ type }) => type === MEM.changed);
    assert.deepEqual(
      changed.map(({ id, rest }) => [id, rest.toString('hex')]),
      [[5, rangeFields(12, 7).toString('hex')]],
    );
    await one.ask(memFrame(MEM.unwatch, 7, u32(5)));
    await one.ask(write(12, 'c'));
    await turn();
    assert.equal(one.answers.filter(({ type }) => type === MEM.changed).length, 1);
    await one.stop();
  });

  it('has a bounded number of watches, each id once', async () => {
    const one = session();
    await one.ask(one.hello());
    for (let id = 1; id <= 64; id++) await one.ask(memFrame(MEM.watch, id, rangeFields(0, 1)));
    assert.deepEqual(codeOf(await one.ask(memFrame(MEM.watch, 65, rangeFields(0, 1)))), ['too_many_watches']);
    await one.ask(memFrame(MEM.unwatch, 66, u32(1)));
    assert.deepEqual(codeOf(await one.ask(memFrame(MEM.watch, 65, rangeFields(0, 1)))), [MEM.watching]);
    one.send(memFrame(MEM.watch, 65, rangeFields(0, 1)));
    await one.served;
    assert.deepEqual(one.closed, ['frame_invalid']);
    await one.stop();
  });
});

describe('the end of a memory session with its token', () => {
  const now = 1_700_000_000_000.75;
  const table = () => new LeaseTable(new SharedArrayBuffer(64), () => now, { ended() {}, renewed() {} });
  const alloc = (leases: LeaseTable, holder?: { fence(): void }) =>
    leases.alloc({ tenant: 'me', bytes: 16, ttlMs: 5_000, ...(holder === undefined ? {} : { holder }) });
  /** As a token states it: to the millisecond, the lease's end at most. */
  const tokenEnd = (end: number) => Date.parse(rfc3339(end));

  for (const [title, endsBeforeMs, isHeld, reason] of [
    ['a token that lives as long as its lease ends with it', 0, false, 'lease_expired'],
    ['a token that ends a millisecond before ends by itself', 1, false, 'token_expired'],
    ['a token of seconds ends by itself', 4_000, false, 'token_expired'],
    ['a lease that a run holds goes on', 0, true, 'token_expired'],
  ] as const) {
    it(title, () => {
      const leases = table();
      const lease = alloc(leases, isHeld ? { fence() {} } : undefined);
      assert.equal(expiryOf({ lease, expiresAt: tokenEnd(lease.expiresAt - endsBeforeMs) }), reason);
      leases.stop();
    });
  }

  it('a lease whose run ended goes by its hold', () => {
    const leases = table();
    const lease = alloc(leases, { fence() {} });
    leases.hold(lease.id, 1_000);
    assert.equal(expiryOf({ lease, expiresAt: tokenEnd(now + 1_000) }), 'lease_expired');
    assert.equal(expiryOf({ lease, expiresAt: tokenEnd(now + 500) }), 'token_expired');
    leases.stop();
  });
});
