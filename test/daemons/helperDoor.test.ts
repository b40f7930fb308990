import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { DOOR_LIMITS } from '../../daemons/doors/doorLimits.ts';
import { DASHBOARD_FILES } from '../../daemons/helper/dashboardFiles.ts';
import { createHelperRoutes } from '../../daemons/helper/routes.ts';
import { HELPER_REASONS } from '../../daemons/wire/helperApi.ts';
import { ask, helperWithStandIn, type TestHelper } from './helperSetup.ts';

async function answersAgain(helper: TestHelper): Promise<void> {
  for (const late = AbortSignal.timeout(10_000); ; late.throwIfAborted()) {
    const status = await ask(helper, '/health').then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
  }
}

describe('helper: its door and its routes', () => {
  let helper: TestHelper;
  const withBearer = () => ({ Authorization: `Bearer ${helper.bearer}` });

  before(async () => {
    helper = await helperWithStandIn();
  });
  after(async () => await helper.dispose());

  it('is documented: every route and every reason stands in docs/reference/helper.md', async () => {
    const page = await readFile(join(packageRoot, 'docs', 'reference', 'helper.md'), 'utf8');
    const nothing = undefined as never;
    const routes = createHelperRoutes({
      cellId: '',
      scheduler: nothing,
      tasklets: nothing,
      feed: nothing,
      streams: new Set(),
      rules: () => nothing,
    });
    const rows = [...page.matchAll(/^\| `((?:GET|POST) [^`]+)` \| (yes)? ?\|/gm)].map(([, route, bearer]) => [
      route,
      bearer === undefined,
    ]);
    const files = Object.keys(DASHBOARD_FILES).filter((path) => path !== '/');
    assert.deepEqual(
      rows.sort(),
      routes
        .filter(({ path }) => !files.includes(path))
        .map(({ method, path, open }) => [`${method} ${path}`, open])
        .sort(),
    );
    const reasons = [...page.matchAll(/^\| \d{3} \| `(\w+)`/gm)].map(([, reason]) => reason);
    assert.deepEqual(reasons.sort(), [...HELPER_REASONS].sort());
  });

  it('serves whoever comes while silent connections wait, of which the oldest go', async () => {
    const known = new Agent({ keepAlive: true, maxSockets: 1 });
    const program = () =>
      new Promise<{ status: number; port: number | undefined }>((resolve, reject) => {
        const request = httpRequest(
          { port: helper.port, host: '127.0.0.1', path: '/v1/program', agent: known, headers: withBearer() },
          (response) => {
            const port = response.socket.localPort;
            response.resume().on('end', () => resolve({ status: response.statusCode ?? 0, port }));
          },
        );
        request.on('error', reject).end();
      });
    const first = await program();
    let ended = 0;
    const sockets = await Promise.all(
      Array.from({ length: 2 * DOOR_LIMITS.helperUnproven }, async () => {
        const socket = connect(helper.port, '127.0.0.1');
        socket.on('error', () => {});
        socket.on('close', () => {
          ended++;
        });
        await once(socket, 'connect');
        return socket;
      }),
    );
    try {
      assert.equal((await ask(helper, '/health')).status, 200);
      assert.deepEqual(await program(), first, 'another connection than the one that had shown the bearer');
      for (const late = AbortSignal.timeout(10_000); ended < DOOR_LIMITS.helperUnproven; late.throwIfAborted())
        await once(sockets[ended] as Socket, 'close', { signal: late }).catch(() => {});
    } finally {
      known.destroy();
      for (const socket of sockets) socket.destroy();
    }
    await answersAgain(helper);
  });

  it('refuses a Host that is missing, doubled or another, and ends a connection that never finishes its headers', async () => {
    const raw = async (text: string): Promise<string> =>
      await new Promise((resolve) => {
        const socket = connect(helper.port, '127.0.0.1', () => socket.write(text));
        let got = '';
        socket.on('data', (chunk) => {
          got += chunk;
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve(got));
      });
    const own = `Host: 127.0.0.1:${helper.port}`;
    const rows: Array<[what: string, hosts: string[], status: number]> = [
      ['its own', [own], 200],
      ['none', [], 400],
      ['its own and a foreign one', [own, 'Host: evil.example'], 400],
      ['its own twice', [own, own.toLowerCase()], 400],
      ['an empty one', ['Host:'], 400],
      ['one with a user', [`Host: user@127.0.0.1:${helper.port}`], 400],
      ['one with a path', [`Host: 127.0.0.1:${helper.port}/`], 400],
      ['two in one line', [`Host: 127.0.0.1:${helper.port}, evil.example`], 400],
      ['a dot at its end', [`Host: localhost.:${helper.port}`], 421],
      ['capitals', [`Host: LOCALHOST:${helper.port}`], 421],
      ['an IPv6 address', [`Host: [::1]:${helper.port}`], 421],
      ['an IPv6 address without brackets', [`Host: ::1:${helper.port}`], 400],
    ];
    const answers = await Promise.all(
      rows.map(([, hosts]) => raw(`GET /health HTTP/1.1\r\n${[...hosts, 'Connection: close'].join('\r\n')}\r\n\r\n`)),
    );
    rows.forEach(([what, , status], index) => {
      assert.equal(answers[index]?.slice(0, 12), `HTTP/1.1 ${status}`, what);
    });
    assert.doesNotMatch(await raw(`GET / HTTP/1.1\r\n${own}\r\nX-Slow: `), /200 OK/);
  }).timeout(30_000);
});
