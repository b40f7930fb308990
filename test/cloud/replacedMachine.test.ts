import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import type { GrafosError } from '../../base/grafosError.ts';
import { SCHEDULER_PORT } from '../../toolchain/cloud/cellCloud.ts';
import { cellKeys } from '../../toolchain/cloud/cellKeys.ts';
import { readJournal, writeJournal } from '../../toolchain/cloud/cloudJournal.ts';
import { cloudStatus } from '../../toolchain/cloud/cloudStatus.ts';
import { DoorConnection } from '../../toolchain/cloud/enrol/doorConnection.ts';
import { provisionCell } from '../../toolchain/cloud/provisionCell.ts';
import { renewMadeCell } from '../../toolchain/cloud/renewMadeCell.ts';
import { confirmCell } from '../../toolchain/confirm/cellConfirmation.ts';
import { addCloudCell } from '../../toolchain/deploy/cloudCells.ts';
import { type Authority, createAuthority } from '../../toolchain/trust/authority.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import { doneJournal } from '../helpers/doneJournal.ts';
import { loopbackAddress } from '../helpers/loopbackAddress.ts';
import { madeCloud } from '../helpers/madeCloud.ts';
import { openDoor } from '../helpers/openDoor.ts';
import { ownUserState } from '../helpers/ownUserState.ts';
import { provisioningOf } from '../helpers/provisioningOf.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

const missing = debianMachinesMissing();
const { signal } = new AbortController();

describe('another machine at the address of a cell', () => {
  ownUserState();

  it(`is brought nothing before the enrolment${missing === undefined ? '' : ` (skipped: ${missing})`}`, async function () {
    if (missing !== undefined) this.skip();
    this.timeout(180_000);
    await using folder = await temporaryFolder();
    await using door = await openDoor();
    const keys = { ...(await cellKeys('aws', 'edge', 'acme')), authority: door.authority };
    // The other machine was given the same CA, as a copy of the first would be.
    const owner = door.authority.issue({ role: 'admin', name: 'owner', days: 1 });
    const admin = { ...keys.admin, ...owner };
    const cloud = madeCloud(door.peer.address, keys.caMark, [], 'ab'.repeat(32));
    await assert.rejects(
      provisionCell(cloud, provisioningOf(folder.path, 'edge', { ...keys, admin })),
      (error: GrafosError) => {
        assert.equal(error.code, 'machine_key_differs');
        assert.ok(error.message.includes(door.peer.address), error.message);
        assert.match(`${error.why}`, new RegExp(`${door.peer.keySha256}.*abab`));
        return true;
      },
    );
    assert.equal(readJournal(folder.path, 'aws', 'edge')?.step, 'enrol');
    // The door heard a caller who asked for nothing, and waits for the true one.
    await door.said(/turned away/);
    const names = (await readdir(door.folder)).filter((name) => /part$|^(?:bundle|enrolled|closed)/.test(name));
    assert.deepEqual(names, []);
    using again = await DoorConnection.dial(door.peer, signal);
    assert.equal((await again?.answer())?.bundle, null);
  });

  for (const [who, refused, certificate] of [
    [
      'of another CA',
      'untrusted',
      (_own, host) => other().issue({ role: 'scheduler', name: 'aws-edge', hosts: [host], days: 9 }),
    ],
    [
      'for another host',
      'unfit',
      (own) => own.issue({ role: 'scheduler', name: 'aws-edge', hosts: ['192.0.2.9'], days: 9 }),
    ],
    ['of another role', 'unfit', (own, host) => own.issue({ role: 'cell', name: 'aws-edge', hosts: [host], days: 9 })],
  ] as Array<[string, string, (own: Authority, host: string) => { certPem: string; keyPem: string }]>) {
    it(`is asked nothing after it, with a certificate ${who}`, async () => {
      await using folder = await temporaryFolder();
      const [programRoot, address] = [folder.path, loopbackAddress()];
      const keys = await cellKeys('aws', 'edge', 'acme');
      await using stranger = await answering(address, certificate(keys.authority, address));
      const cell = {
        scheduler_url: `https://${address}:${SCHEDULER_PORT}`,
        tenant_name: 'acme',
        ca_cert: keys.ca,
        tenant_cert: keys.tenant.cert,
        tenant_key: keys.tenant.key,
        name: 'edge',
      };
      await addCloudCell(programRoot, 'aws', cell);
      await confirmCell(programRoot, 'aws', cell, true);
      const journal = doneJournal('edge', 'eu-central-1', cell.scheduler_url);
      await writeJournal(programRoot, journal);
      const changes: string[] = [];
      const cloud = madeCloud(address, keys.caMark, changes);
      const said = ({ code, message, next }: GrafosError) => {
        assert.equal(code, `server_certificate_${refused}`);
        assert.match(message, /the cell edge does not prove to be it/);
        assert.match(next ?? '', /grafos cloud destroy aws --name edge, then grafos cloud provision aws --name edge/);
        return true;
      };
      await assert.rejects(provisionCell(cloud, provisioningOf(programRoot, 'edge', keys)), said);
      await assert.rejects(renewMadeCell({ programRoot, provider: 'aws', name: 'edge', keys, signal }), said);
      const { healthy, next } = await cloudStatus(programRoot, cloud, journal, signal);
      assert.equal(healthy, false);
      assert.match(next ?? '', /does not prove to be it.*grafos cloud destroy aws --name edge/);
      assert.deepEqual([stranger.asked(), changes], [0, ['allow 7443']]);
      const kept = await readFile(join(programRoot, '.grafos/cloud/aws-cells.json'), 'utf8');
      assert.equal(JSON.parse(kept).length, 1);
    });
  }
});

const other = () => createAuthority({ name: 'grafOS cell CA', days: 20 });

/** A scheduler that would answer anything, and counts the requests. */
async function answering(
  host: string,
  { certPem, keyPem }: { certPem: string; keyPem: string },
): Promise<{ asked(): number } & AsyncDisposable> {
  let asked = 0;
  const https = createServer({ cert: certPem, key: keyPem }, (_request, response) => {
    asked += 1;
    response.end('{}');
  });
  await once(https.listen(SCHEDULER_PORT, host), 'listening');
  return {
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      https.closeAllConnections();
      https.close();
      await once(https, 'close');
    },
  };
}
