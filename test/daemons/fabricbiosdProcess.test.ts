import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as http2Connect } from 'node:http2';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { connectFabric } from '../../daemons/fabric/fabricClient.ts';
import { connectWebTransport } from '../../daemons/memory/webTransport.ts';
import { createAuthority, type LeafRequest } from '../../toolchain/trust/authority.ts';
import { type DevTrust, writeDevTrust } from '../../toolchain/trust/devTrust.ts';
import { pemsOf } from '../helpers/fabricCell.ts';
import { fabricTasklet, putModule, submission } from '../helpers/fabricTasklets.ts';
import { noProcessNames } from '../helpers/processesNaming.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { type SourceDaemon, spawnFromSource } from './spawnFromSource.ts';

describe('the fabricbiosd process', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let trust: DevTrust;

  before(async () => {
    folder = await temporaryFolder('grafos-fabricbiosd-');
    trust = writeDevTrust(join(folder.path, 'trust'), { tenant: 'dev-tenant', cellId: 'cell-1' });
  });

  after(() => folder[Symbol.asyncDispose]());

  /** The flags of a good start; a flag given again as `undefined` is left out. */
  const flags = (changes: Record<string, string | undefined> = {}): string[] => {
    const all: Record<string, string | undefined> = {
      'cell-id': 'cell-1',
      ca: trust.ca,
      cert: trust.fabricbiosd.cert,
      key: trust.fabricbiosd.key,
      'mem-dp-cert': trust.memDataplane.cert,
      'mem-dp-key': trust.memDataplane.key,
      ...changes,
    };
    const given = Object.entries(all).filter(([, value]) => value !== undefined);
    return ['control-server', ...given.flatMap(([name, value]) => [`--${name}`, value ?? ''])];
  };

  const factsOf = (daemon: SourceDaemon) =>
    daemon.line.ready ? daemon.line.facts : assert.fail(JSON.stringify(daemon.line));

  const connect = (daemon: SourceDaemon) => {
    const { control: address, transport } = factsOf(daemon);
    return connectFabric({ address, transport, ...pemsOf(trust, trust.scheduler) });
  };

  for (const transport of ['quic', 'tcp']) {
    it(`reports its facts over ${transport} on one line, prints nothing else, and SIGTERM with a run under way leaves nothing`, async () => {
      await using daemon = await spawnFromSource('fabricbiosd', flags({ transport, 'mem-capacity': '16m' }));
      const facts = factsOf(daemon);
      assert.equal(facts.transport, transport);
      assert.equal(facts.mem_capacity, 16 * 1024 * 1024);
      assert.equal(facts.cell_id, 'cell-1');
      assert.match(facts.control, /^127\.0\.0\.1:\d+$/);
      assert.match(facts.mem_dataplane, /^https:\/\/127\.0\.0\.1:\d+\/mem$/);
      assert.match(facts.mem_dataplane_sha256, /^[0-9a-f]{64}$/);
      const client = await connect(daemon);
      const module = fabricTasklet('endless');
      await putModule(client, module);
      const running = new Promise<void>((resolve) => client.onNotification('run.state', () => resolve()));
      const lost = client.request('tasklet.submit', submission(client, module, Buffer.alloc(0), { mem_bytes: 4096 }));
      lost.catch(() => {});
      await running;
      daemon.signal('SIGTERM');
      assert.equal(await daemon.ended, 0);
      assert.match(await client.closed, /shutting down/);
      await assert.rejects(lost);
      assert.equal(daemon.stdout.length, 1);
      await noProcessNames(folder.path);
    });
  }

  it('ends when its lifeline does, and lives on after `keep`', async () => {
    await using first = await spawnFromSource('fabricbiosd', flags());
    first.closeLifeline();
    assert.equal(await first.ended, 0);
    await using second = await spawnFromSource('fabricbiosd', flags());
    second.tell('keep');
    const client = await connect(second);
    second.closeLifeline();
    await client.request('identity', {});
    client.close();
  });

  it('survives strangers at its ports', async () => {
    await using daemon = await spawnFromSource('fabricbiosd', flags());
    const facts = factsOf(daemon);
    const control = Number(facts.control.split(':')[1]);
    const memory = new URL(facts.mem_dataplane);

    const udp = createSocket('udp4');
    for (let n = 0; n < 300; n++) {
      const packet = Buffer.alloc(1 + ((n * 37) % 1300), n);
      // Every kind of first byte; a version and connection id lengths that may even be right.
      packet[0] = (n * 7) & 0xff;
      if (n % 3 === 0 && packet.length > 20) packet.set([0xc0 | (n & 0x3f), 0, 0, 0, 1, 20], 0);
      await new Promise((resolve) => udp.send(packet, control, '127.0.0.1', resolve));
    }
    udp.close();
    const port = Number(memory.port);
    for (const text of [
      'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
      'GET /mem HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
      '\0\0\0',
    ]) {
      const socket = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false });
      socket.on('error', () => {});
      await once(socket, 'secureConnect');
      socket.write(text);
      socket.setTimeout(50, () => socket.destroy());
      await once(socket, 'close');
    }

    const http2 = http2Connect(memory.origin, { rejectUnauthorized: false });
    http2.on('error', () => {});
    await once(http2, 'remoteSettings');
    const get = http2.request({ ':path': '/mem' });
    get.on('error', () => {});
    await new Promise((resolve) => get.on('close', resolve));
    // Capsules of draft-ietf-webtrans-http2. They reach no listener of this project; the library
    // has to survive them.
    for (const garbage of [
      Buffer.alloc(0),
      Buffer.alloc(100, 0xff),
      // WT_STREAM on a stream that only the server may open.
      Buffer.from('990b4d3b0101', 'hex'),
      // WT_CLOSE_SESSION, and a new stream after it.
      Buffer.from('68430400000000990b4d3b0100', 'hex'),
      // WT_MAX_DATA and WT_STOP_SENDING without their numbers.
      Buffer.from('990b4d3d00990b4d3a00', 'hex'),
      // A capsule of 2^62 - 1 bytes.
      Buffer.from('990b4d3bffffffffffffffff', 'hex'),
    ]) {
      const session = http2.request({
        ':method': 'CONNECT',
        ':protocol': 'webtransport',
        ':scheme': 'https',
        ':path': '/mem',
      });
      session.on('error', () => {});
      await once(session, 'response');
      session.write(garbage);
      session.end();
    }
    http2.destroy();

    for (let n = 0; n < 3; n++) {
      const wt = await connectWebTransport({
        url: facts.mem_dataplane,
        sha256: facts.mem_dataplane_sha256,
        timeoutMs: 5_000,
      });
      const stream = n === 0 ? undefined : await wt.open();
      if (n === 2) await stream?.write(Buffer.from([0, 0]));
      wt.close(0, 'leaving in the middle');
      await wt.closed;
    }

    const client = await connect(daemon);
    assert.equal((await client.request('inventory', {})).leases, 0);
    client.close();
    assert.deepEqual(
      daemon.stderr.filter((line) => / error /.test(line)),
      [],
    );
  });

  describe('does not start, and says why,', () => {
    const file = (name: string, text: string): string => {
      const path = join(folder.path, name);
      writeFileSync(path, text);
      return path;
    };
    const own = (issue: LeafRequest) => {
      const ca = createAuthority({ name: 'own CA', days: 60 });
      const { certPem, keyPem } = ca.issue(issue);
      return { cert: certPem, key: keyPem };
    };

    const cases: Array<[string, string, () => Record<string, string | undefined>, RegExp?]> = [
      ['without a cell id', 'flag_missing', () => ({ 'cell-id': undefined })],
      ['with a cell id that is none', 'flag_invalid', () => ({ 'cell-id': 'Cell 1' })],
      ['with an unknown flag', 'flag_unknown', () => ({ colour: 'red' })],
      ['with an unknown transport', 'flag_invalid', () => ({ transport: 'pigeon' })],
      ['with a size that is none', 'flag_invalid', () => ({ 'mem-capacity': 'lots' })],
      ['with too large a pool', 'flag_invalid', () => ({ 'mem-capacity': '5GiB' })],
      ['with an address that is none', 'flag_invalid', () => ({ bind: '127.0.0.1' })],
      ['bound to every address', 'flag_invalid', () => ({ bind: '0.0.0.0:0' })],
      ['with workers that are no number', 'flag_invalid', () => ({ workers: 'many' })],
      ['with a CA file that is not there', 'file_unreadable', () => ({ ca: join(folder.path, 'none.pem') })],
      ['with a key that is a certificate', 'certificate_unreadable', () => ({ key: trust.fabricbiosd.cert })],
      ["with another pair's key", 'certificate_unfit', () => ({ key: trust.tenant.key }), /does not belong to the key/],
      [
        "with a scheduler's certificate",
        'certificate_unfit',
        () => ({ cert: trust.scheduler.cert, key: trust.scheduler.key }),
        /role is scheduler/,
      ],
      [
        'at a host its certificate does not name',
        'certificate_unfit',
        () => ({ bind: '127.0.0.7:0' }),
        /not for the host/,
      ],
      [
        'with a certificate of another CA',
        'certificate_unfit',
        () => ({ ca: file('other.pem', createAuthority({ name: 'other', days: 1 }).certPem) }),
        /not our CA/,
      ],
      [
        'with a data-plane certificate no browser would pin',
        'certificate_unfit',
        () => {
          const { cert, key } = own({ role: 'cell', name: 'cell-1', days: 30 });
          return { 'mem-dp-cert': file('long.pem', cert), 'mem-dp-key': file('long-key.pem', key) };
        },
        /longer than 14 days/,
      ],
      ['at an address that is not of this machine', 'address_unavailable', () => ({ 'mem-dp-bind': '192.0.2.1:0' })],
    ];
    for (const [what, code, changes, why] of cases) {
      it(`${what}: ${code}`, async () => {
        await using daemon = await spawnFromSource('fabricbiosd', flags(changes()));
        const { line } = daemon;
        if (line.ready) assert.fail('it started');
        assert.equal(line.error.code, code, line.error.message);
        if (why !== undefined) assert.match(line.error.why ?? '', why);
        assert.ok(line.error.next, 'it says what to do next');
        assert.equal(await daemon.ended, 3);
      });
    }

    for (const [flag, transport, held] of [
      ['bind', 'quic', 'udp'],
      ['bind', 'quic', 'tcp'],
      ['bind', 'tcp', 'tcp'],
      ['mem-dp-bind', 'tcp', 'tcp'],
    ] as const) {
      it(`over ${transport} on a ${held} port in use (--${flag}): port_in_use`, async () => {
        const udp = createSocket('udp4').bind(0, '127.0.0.1');
        const tcp = createServer().listen(0, '127.0.0.1');
        await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
        try {
          const holder = held === 'udp' ? udp.address() : tcp.address();
          if (typeof holder !== 'object' || holder === null) assert.fail('no port');
          const taken = `127.0.0.1:${holder.port}`;
          await using daemon = await spawnFromSource('fabricbiosd', flags({ [flag]: taken, transport }));
          const { line } = daemon;
          if (line.ready) assert.fail('it started');
          assert.equal(line.error.code, 'port_in_use', line.error.message);
          assert.ok(line.error.message.includes(taken));
          assert.equal(await daemon.ended, 3);
        } finally {
          udp.close();
          tcp.close();
        }
      });
    }
  });

  it('never writes a key or a token to its log', async () => {
    await using daemon = await spawnFromSource('fabricbiosd', flags());
    const client = await connect(daemon);
    const { lease_id } = await client.request('lease.alloc', { tenant: 't', bytes: 16, ttl_ms: 60_000 });
    const { token } = await client.request('cap.request', { lease_id, tenant: 't', rights: ['read'], ttl_ms: 1_000 });
    client.close();
    daemon.signal('SIGTERM');
    await daemon.ended;
    const log = daemon.stderr.join('\n');
    const key = readFileSync(trust.fabricbiosd.key, 'utf8').split('\n')[1] ?? '';
    assert.ok(log.length > 0 && key.length > 0);
    assert.ok(!log.includes(token) && !log.includes(key));
  });
});
