/** A client against a scheduler that lies: its certificate is good, and none of its answers is. */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { connectScheduler, type SchedulerClient } from '../../../../daemons/tenant/schedulerClient.ts';
import { SCHEMAS } from '../../../../daemons/wire/apiSchemas.ts';
import { endless } from '../../../helpers/endless.ts';
import { GOOD_ANSWERS, OUTPUT, RECORD, RUN, RUN_ID, SUBMIT } from '../../../helpers/goodAnswers.ts';
import { type Answer, type LyingScheduler, lyingScheduler } from '../../../helpers/lyingScheduler.ts';
import { wrongAnswers } from '../../../helpers/wrongAnswers.ts';

const INVALID = { name: 'GrafosError', kind: 'unreachable', code: 'cell_answer_invalid', exitCode: 3 } as const;
const PATH_LIKE = [
  '../../x',
  '..\\x',
  '/etc/passwd',
  'C:\\x',
  'a\0b',
  'a/b',
  '..',
  '',
  'x'.repeat(65),
  'A',
  'a b',
  '\u202ea',
];

const json =
  (body: unknown): Answer =>
  (_request, response) =>
    response.end(JSON.stringify(body));

/** Writes past Node's own writing of an answer. */
function endlessRaw({ socket }: IncomingMessage, begin: string, piece: string): void {
  socket.write(begin);
  endless(socket, piece);
}

describe('a client of a lying scheduler', function () {
  this.timeout(60_000);
  let liar: LyingScheduler;
  let client: SchedulerClient;
  before(async () => {
    liar = await lyingScheduler();
    client = await connectScheduler({ url: liar.url, ...liar.files, cellId: 'aws-1' });
  });
  after(async () => {
    client.close();
    await liar[Symbol.asyncDispose]();
  });

  for (const [name, { schema, call, good }] of Object.entries(GOOD_ANSWERS)) {
    it(`${name}: a good answer is taken, also with a key of a newer scheduler, and each wrong one refused`, async () => {
      liar.answer = json(good);
      await call(client);
      liar.answer = json({ ...(good as object), newer: { a: 1 } });
      await call(client);
      const wrong = wrongAnswers(SCHEMAS[schema], good);
      assert.ok(wrong.length > 5, `${wrong.length} wrong answers`);
      for (const { name: what, body } of wrong) {
        liar.answer = json(body);
        await assert.rejects(call(client), INVALID, `${name}: ${what}`);
      }
    });
  }

  it('names the cell, what it answered without control characters, and what to do', async () => {
    liar.answer = json({ runs: [{ ...RUN, run_id: `\u001b[31m\n::error::\u202e${'x'.repeat(10_000)}` }] });
    await assert.rejects(client.listRuns(), (error: Error & { why: string; next: string }) => {
      assert.ok(error.message.includes(liar.url));
      assert.match(error.why, /run_id must match/);
      assert.doesNotMatch(`${error.message}${error.why}${error.next}`, /[\p{Cc}\p{Cf}]/u);
      assert.ok(error.why.length < 600, `${error.why.length} characters`);
      assert.match(error.next, /ask whoever runs it/);
      return true;
    });
  });

  describe('ids that are not those asked for', () => {
    for (const id of [...PATH_LIKE, '01jx0000000000000000000001']) {
      it(`the run ${JSON.stringify(id).slice(0, 30)}`, async () => {
        const { response } = RUN;
        for (const body of [
          { ...RUN, run_id: id, response: { ...response, run_id: id } },
          { ...RUN, response: { ...response, run_id: id } },
        ]) {
          liar.answer = json(body);
          await assert.rejects(client.getRun(RUN_ID), INVALID);
          await assert.rejects(client.cancel(RUN_ID), INVALID);
        }
        liar.answer = json({ ...RECORD, run_id: id });
        await assert.rejects(client.record(RUN), INVALID);
        const event = `event: state\ndata: ${JSON.stringify({ run_id: id, state: 'running', at: RUN.created_at })}\n\n`;
        liar.answer = (_request, response) => response.end(event);
        await assert.rejects(client.events(RUN_ID).next(), INVALID);
        liar.answer = (_request, response) =>
          response.end(`event: end\ndata: ${JSON.stringify({ ...RUN, run_id: id })}\n\n`);
        await assert.rejects(client.events(RUN_ID).next(), INVALID);
        await assert.rejects(client.allEvents().next(), INVALID);
      });
    }

    for (const [field, value] of [
      ['tenant', 'other'],
      ['program', 'other'],
      ['tasklet', 'other'],
      ['version', '0.2.0'],
      ['module_sha256', 'cd'.repeat(32)],
    ] as const) {
      it(`a run of another ${field}`, async () => {
        liar.answer = json({ ...RUN, [field]: value });
        await assert.rejects(client.submit(SUBMIT), INVALID);
      });
    }

    for (const [name, body, call] of [
      ['a cell', { ...(GOOD_ANSWERS.health?.good as object), cell_id: 'aws-2' }, () => client.health()],
      ['a module', { module_sha256: 'cd'.repeat(32), size: 1 }, () => GOOD_ANSWERS.putModule?.call(client)],
      ['a size', { module_sha256: 'ab'.repeat(32), size: 2 }, () => GOOD_ANSWERS.putModule?.call(client)],
      [
        'a lease',
        { ...(GOOD_ANSWERS.capability?.good as object), lease_id: 'x' },
        () => GOOD_ANSWERS.capability?.call(client),
      ],
      ['more runs than asked for', { runs: [RUN, RUN, RUN] }, () => client.listRuns({ limit: 2 })],
      ['an end without a response', { ...RUN, response: null }, () => client.getRun(RUN_ID)],
      ['a response without an end', { ...RUN, ended_at: null }, () => client.getRun(RUN_ID)],
      ['two ends', { ...RUN, state: 'cancelled' }, () => client.getRun(RUN_ID)],
      [
        'a success with an error',
        { ...RUN, state: 'succeeded', response: { ...RUN.response, state: 'succeeded' } },
        () => client.getRun(RUN_ID),
      ],
      [
        'an artifact twice',
        { artifacts: [0, 0].map(() => ({ name: 'run.log', size: 1, sha256: 'ab'.repeat(32) })) },
        () => client.listArtifacts(RUN_ID),
      ],
      [
        'an artifact beyond its bound',
        { artifacts: [{ name: 'input.bin', size: 16 * 1024 * 1024 + 1, sha256: 'ab'.repeat(32) }] },
        () => client.listArtifacts(RUN_ID),
      ],
      [
        'an artifact of no run',
        { artifacts: [{ name: '../escaped', size: 1, sha256: 'ab'.repeat(32) }] },
        () => client.listArtifacts(RUN_ID),
      ],
    ] as const) {
      it(name, async () => {
        liar.answer = json(body);
        await assert.rejects(Promise.resolve(call()), INVALID);
      });
    }

    for (const url of [
      'https://10.0.0.1:1/mem',
      'http://127.0.0.1:1/mem',
      'https://127.0.0.1.evil.example/mem',
      'file:///etc/passwd',
      'x',
      'https://user@example.com/mem',
    ]) {
      it(`a data plane at ${url}`, async () => {
        liar.answer = json({ ...(GOOD_ANSWERS.capability?.good as object), mem_dataplane: url });
        await assert.rejects(Promise.resolve(GOOD_ANSWERS.capability?.call(client)), INVALID);
      });
    }
  });

  describe('bytes that are not those named', () => {
    it('an artifact of another hash, another size, or too long', async () => {
      liar.answer = (_request, response) => response.end('bytes');
      const right = { size: 5, sha256: '277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9' };
      await client.artifact(RUN_ID, 'run.log', { expected: right });
      for (const wrong of [
        { ...right, size: 6 },
        { ...right, sha256: 'ab'.repeat(32) },
      ]) {
        await assert.rejects(client.artifact(RUN_ID, 'run.log', { expected: wrong }), INVALID);
      }
      liar.answer = (_request, response) => response.end(Buffer.alloc(128 * 1024));
      await assert.rejects(client.artifact(RUN_ID, 'run.log'), INVALID);
      await assert.rejects(client.artifact(RUN_ID, 'run.json'), INVALID);
    });

    it('an output that is not the one of the response', async () => {
      const { response } = RUN;
      assert.ok(response);
      liar.answer = (_request, answer) => answer.end(OUTPUT.toString('base64'));
      assert.deepEqual(await client.output(response), OUTPUT);
      for (const wrong of [{ output_bytes: 8 }, { output_sha256: 'ab'.repeat(32) }]) {
        await assert.rejects(client.output({ ...response, ...wrong }), INVALID);
      }
    });
  });

  describe('answers without end or form', () => {
    const asked: Array<[name: string, ask: () => Promise<unknown>]> = [
      ['a run', () => client.getRun(RUN_ID)],
      ['a list', () => client.listRuns()],
      ['a health', () => client.health()],
      ['an artifact', () => client.artifact(RUN_ID, 'run.log')],
    ];
    const lies: Array<[name: string, answer: Answer]> = [
      ['endless JSON', (_request, response) => endless(response, '[1,1,1,1,1,1,1,'.repeat(1000))],
      ['an endless refusal', (_request, response) => endless(response.writeHead(500), '{"error":'.repeat(1000))],
      [
        'a gigabyte that is promised',
        (_request, response) =>
          endless(response.writeHead(200, { 'content-length': 2 ** 30 }), Buffer.alloc(65_536, ' ')),
      ],
      [
        'chunks of one byte',
        (request) =>
          endlessRaw(request, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\n[\r\n'.repeat(10_000)),
      ],
      ['endless headers', (request) => endlessRaw(request, 'HTTP/1.1 200 OK\r\n', `x-more: ${'y'.repeat(1000)}\r\n`)],
      ['an endless header', (request) => endlessRaw(request, 'HTTP/1.1 200 OK\r\nx-more: ', 'y'.repeat(10_000))],
      [
        'endless trailers',
        (request) =>
          endlessRaw(
            request,
            'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n',
            `x-more: ${'y'.repeat(1000)}\r\n`,
          ),
      ],
      [
        'an endless chunk extension',
        (request) => endlessRaw(request, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;', 'y'.repeat(10_000)),
      ],
      ['no HTTP', (request) => void request.socket.end('SSH-2.0-OpenSSH\r\n\r\n')],
      ['a refusal that is none', (_request, response) => response.writeHead(403).end('<html>')],
      [
        'a refusal of no known reason',
        (_request, response) => response.writeHead(403).end('{"error":{"reason":"x","message":"y"}}'),
      ],
      ['a redirect', (_request, response) => response.writeHead(302, { location: 'https://127.0.0.1:1/' }).end()],
    ];
    for (const [lie, answer] of lies) {
      it(lie, async () => {
        liar.answer = answer;
        for (const [name, ask] of asked) await assert.rejects(ask(), INVALID, name);
      });
    }

    for (const [name, body] of [
      ['nothing', ''],
      ['half of it', JSON.stringify(RUN).slice(0, -1)],
      ['HTML', '<html></html>'],
      ['deep arrays', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
      [
        'deep objects in a field of no schema',
        JSON.stringify(RUN).replace('{', `{"x":${'{"a":'.repeat(600)}1${'}'.repeat(600)},`),
      ],
      ['deep output', JSON.stringify(RUN).replace('{"a":1}', `${'['.repeat(600)}${']'.repeat(600)}`)],
      ['a byte order mark', `\ufeff${JSON.stringify(RUN)}`],
      ['"__proto__" for a run', '{"__proto__":{"run_id":"x"}}'],
    ] as const) {
      it(`a body of ${name}`, async () => {
        liar.answer = (_request, response) => response.end(body);
        await assert.rejects(client.getRun(RUN_ID), INVALID);
      });
    }

    it('bodies that trickle, or stop after their beginning', async () => {
      const timers: NodeJS.Timeout[] = [];
      liar.answer = ({ url }, response) => {
        response.write('{');
        if (url?.endsWith(RUN_ID)) timers.push(setInterval(() => response.write(' '), 200));
      };
      try {
        await Promise.all([
          assert.rejects(client.getRun(RUN_ID), { ...INVALID, why: /slower than 16 KiB a second/ }),
          assert.rejects(client.listRuns(), { ...INVALID, why: /slower than 16 KiB a second/ }),
        ]);
      } finally {
        for (const timer of timers) clearInterval(timer);
      }
    });
  });

  describe('event streams', () => {
    const both: Array<[name: string, read: () => Promise<unknown>]> = [
      ['of a run', () => Array.fromAsync(client.events(RUN_ID))],
      ['of all runs', () => Array.fromAsync(client.allEvents())],
    ];
    for (const [lie, answer] of [
      ['without line ends', (_request, response) => endless(response, 'x'.repeat(65_536))],
      ['of one endless event', (_request, response) => endless(response, 'data: x\n'.repeat(8_192))],
      ['of one endless comment', (_request, response) => endless(response, `:${'x'.repeat(65_536)}`)],
      ['with an event that is no JSON', (_request, response) => response.end('event: end\ndata: {\n\n')],
      [
        'with an event that is too deep',
        (_request, response) => response.end(`event: end\ndata: ${'['.repeat(9_999)}\n\n`),
      ],
      ['with an end of another shape', (_request, response) => response.end('event: end\ndata: {"run_id":7}\n\n')],
      ['with a state of no run', (_request, response) => response.end('event: state\ndata: null\n\n')],
    ] as Array<[string, Answer]>) {
      it(lie, async () => {
        liar.answer = answer;
        for (const [name, read] of both) await assert.rejects(read(), INVALID, name);
      });
    }

    it('of a run with a log without end', async () => {
      liar.answer = (_request, response) => endless(response, `event: log\ndata: {"text":"${'x'.repeat(1000)}"}\n\n`);
      await assert.rejects(async () => {
        for await (const event of client.events(RUN_ID)) assert.equal(event.event, 'log');
      }, INVALID);
    });

    it('of a run with a tail of events that nobody knows', async () => {
      liar.answer = (_request, response) => endless(response, 'event: newer\ndata: {}\n\n'.repeat(1000));
      await assert.rejects(Array.fromAsync(client.events(RUN_ID)), INVALID);
    });

    it('are read when they are good, in any pieces, with events of a newer scheduler passed over', async () => {
      const text = `: ping\n\nevent: newer\ndata: {}\n\nevent: log\ndata: {"text":"ä\\n"}\n\nevent: end\ndata: ${JSON.stringify(RUN)}\n\n`;
      const bytes = Buffer.from(text);
      for (const size of [1, 2, 3, 7, bytes.length]) {
        liar.answer = (_request, response) => {
          for (let at = 0; at < bytes.length; at += size) response.write(bytes.subarray(at, at + size));
          response.end();
        };
        const events = await Array.fromAsync(client.events(RUN_ID));
        assert.deepEqual(events, [
          { event: 'log', data: { text: 'ä\n' } },
          { event: 'end', data: RUN },
        ]);
      }
    });
  });
});
