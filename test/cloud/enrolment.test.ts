import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DoorConnection } from '../../toolchain/cloud/enrol/doorConnection.ts';
import { createAuthority } from '../../toolchain/trust/authority.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import { openDoor } from '../helpers/openDoor.ts';

const missing = debianMachinesMissing();
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
