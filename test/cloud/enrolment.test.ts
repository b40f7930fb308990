import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../base/packageRoot.ts';
import { DoorConnection } from '../../toolchain/cloud/enrol/doorConnection.ts';
import { createAuthority } from '../../toolchain/trust/authority.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import { MachineNetwork } from '../fakeCloud/machineNetwork.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

const missing = debianMachinesMissing();
const PORT = 7444;
const never = new AbortController().signal;

describe(`the enrolment door${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  before(function () {
    if (missing !== undefined) this.skip();
  });

  it('turns away everybody but an admin of its CA', async () => {
    await using door = await openDoor();
    const stranger = createAuthority({ name: 'another CA', days: 1 });
    const people = {
      'a tenant': door.authority.issue({ role: 'tenant', name: 'acme', days: 1 }),
      'a cell': door.authority.issue({ role: 'cell', name: 'aws-edge', days: 1 }),
      'an admin of another CA': stranger.issue({ role: 'admin', name: 'owner', days: 1 }),
      nobody: { certPem: '', keyPem: '' },
    };
    for (const [who, { certPem, keyPem }] of Object.entries(people)) {
      await assert.rejects(
        async () => {
          using connection = await DoorConnection.dial({ ...door.peer, certPem, keyPem }, never);
          await connection?.answer();
        },
        { code: 'enrolment_failed' },
        who,
      );
    }
    using connection = await DoorConnection.dial(door.peer, never);
    assert.deepEqual(await connection?.answer(), { door: 1, cell_id: 'aws-edge', bundle: null });
  });

  it('is left at once when its key is not the one that the cloud told', async () => {
    await using door = await openDoor();
    const keySha256 = 'ab'.repeat(32);
    await assert.rejects(DoorConnection.dial({ ...door.peer, keySha256 }, never), { code: 'machine_key_differs' });
  });

  it('takes a bundle up where it broke off, and unpacks none that was altered', async () => {
    await using door = await openDoor();
    const bundle = Buffer.alloc(300_000, 'not an archive');
    const sha256 = createHash('sha256').update(bundle).digest('hex');
    {
      using first = await DoorConnection.dial(door.peer, never);
      await first?.answer();
      assert.deepEqual(await first?.ask({ ask: 'bundle', bytes: bundle.length, sha256 }), { have: 0 });
      await first?.send(bundle.subarray(0, 100_000));
    }
    await door.said(/the caller left after 100000 of 300000 bytes/);
    {
      using second = await DoorConnection.dial(door.peer, never);
      await second?.answer();
      assert.deepEqual(await second?.ask({ ask: 'bundle', bytes: bundle.length, sha256 }), { have: 100_000 });
      // The rest is of other bytes.
      await second?.send(Buffer.alloc(200_000, 'x'));
      await assert.rejects(
        async () => second?.answer(),
        (error: Error & { why?: string }) => /bundle_altered/.test(error.why ?? ''),
      );
    }
    {
      using third = await DoorConnection.dial(door.peer, never);
      await third?.answer();
      assert.deepEqual(await third?.ask({ ask: 'bundle', bytes: bundle.length, sha256 }), { have: 0 });
      await third?.send(bundle);
      // Its hash is right, and it is no archive.
      await assert.rejects(
        async () => third?.answer(),
        (error: Error & { why?: string }) => /install_failed/.test(error.why ?? ''),
      );
    }
    assert.deepEqual(
      (await readdir(door.folder)).filter((name) => ['enrolled', 'closed', 'bundle.json'].includes(name)),
      [],
    );
  });

  for (const request of [
    '[]',
    '"x"',
    '{"ask":"open"}',
    '{"ask":"bundle"}',
    '{"ask":"bundle","bytes":-1,"sha256":"../x"}',
    'no json',
  ]) {
    it(`refuses ${request}, and goes on`, async () => {
      await using door = await openDoor();
      {
        using connection = await DoorConnection.dial(door.peer, never);
        await connection?.answer();
        await connection?.send(Buffer.from(`${request}\n`));
        await assert.rejects(
          async () => connection?.answer(),
          (error: Error & { why?: string }) => /wrong_request/.test(error.why ?? ''),
        );
      }
      using again = await DoorConnection.dial(door.peer, never);
      assert.equal((await again?.answer())?.door, 1);
    });
  }

  it('closes for good when nobody comes in time', async () => {
    await using door = await openDoor(1);
    await door.said(/closed, nobody enrolled this machine in time/);
    await door.ended;
    assert.ok(existsSync(join(door.folder, 'closed')));
    assert.equal(await DoorConnection.dial(door.peer, never), undefined);
  });
});

interface OpenDoor extends AsyncDisposable {
  folder: string;
  authority: ReturnType<typeof createAuthority>;
  peer: Parameters<typeof DoorConnection.dial>[0];
  ended: Promise<unknown>;
  /** Waits for a line that the door writes to its log. */
  said(pattern: RegExp): Promise<void>;
}

/** The very script of the user data, in a network of its own and with a console of its own. */
async function openDoor(seconds = 600): Promise<OpenDoor> {
  await using cleanup = new AsyncDisposableStack();
  const { path: folder } = cleanup.use(await temporaryFolder('grafos-door-'));
  const network = cleanup.use(new MachineNetwork());
  network.allow([{ from: '0.0.0.0/0', port: PORT }]);
  const authority = createAuthority({ name: 'test CA', days: 2 });
  await cp(join(packageRoot, 'media/cell/door.py'), join(folder, 'door.py'));
  await writeFile(join(folder, 'ca.pem'), authority.certPem);
  await writeFile(join(folder, 'console'), '');
  const facts = {
    provider: 'aws',
    region: 'eu-central-1',
    cell_id: 'aws-edge',
    door_port: PORT,
    scheduler_port: 7443,
    seconds,
  };
  await writeFile(join(folder, 'door.json'), JSON.stringify(facts));
  const script = `mount --bind ${folder}/console /dev/console && mount -t tmpfs tmpfs /opt && exec /usr/bin/python3 ${folder}/door.py`;
  const child: ChildProcess = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'ip', 'netns', 'exec', network.namespace, 'unshare', '--mount', 'sh', '-c', script],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  cleanup.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const lines: string[] = [];
  const news = createInterface(child.stdout as NonNullable<typeof child.stdout>).on('line', (line) => lines.push(line));
  const owner = authority.issue({ role: 'admin', name: 'owner', days: 1 });
  const owned = cleanup.move();
  return {
    folder,
    authority,
    peer: {
      address: network.address,
      port: PORT,
      keySha256: await toldKey(join(folder, 'console'), ended),
      certPem: owner.certPem,
      keyPem: owner.keyPem,
    },
    ended,
    async said(pattern) {
      while (!lines.some((line) => pattern.test(line)))
        await once(news, 'line', { signal: AbortSignal.timeout(20_000) });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The hash on the console, once it is there. */
async function toldKey(console: string, ended: Promise<unknown>): Promise<string> {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  for (;;) {
    const [, hash] = /grafos-key-sha256 ([0-9a-f]{64})/.exec(await readFile(console, 'utf8')) ?? [];
    if (hash !== undefined) return hash;
    if (isOver) throw new Error('the door ended before it told its key');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
