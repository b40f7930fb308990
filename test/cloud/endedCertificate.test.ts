import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { GrafosError } from '../../base/grafosError.ts';
import type { CellKeys } from '../../toolchain/cloud/cellKeys.ts';
import { writeJournal } from '../../toolchain/cloud/cloudJournal.ts';
import { cloudStatus } from '../../toolchain/cloud/cloudStatus.ts';
import { provisionCell } from '../../toolchain/cloud/provisionCell.ts';
import { renewMadeCell } from '../../toolchain/cloud/renewMadeCell.ts';
import { confirmCell } from '../../toolchain/confirm/cellConfirmation.ts';
import { addCloudCell } from '../../toolchain/deploy/cloudCells.ts';
import { createAuthority } from '../../toolchain/trust/authority.ts';
import { doneJournal } from '../helpers/doneJournal.ts';
import { expiredCell } from '../helpers/expiredCell.ts';
import { loopbackAddress } from '../helpers/loopbackAddress.ts';
import { madeCloud } from '../helpers/madeCloud.ts';
import { provisioningOf } from '../helpers/provisioningOf.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

const { signal } = new AbortController();
const REMAKE = /grafos cloud destroy aws --name edge, then grafos cloud provision aws --name edge/;

describe('a cell in a cloud whose certificate has ended', () => {
  it('is not renewed and not adopted, is asked nothing, and each command says what to do', async () => {
    await using folder = await temporaryFolder();
    const [programRoot, address] = [folder.path, loopbackAddress()];
    await using expired = await expiredCell('edge', { host: address, port: 7443 });
    const { cell } = expired;
    const url = cell.scheduler_url;
    await addCloudCell(programRoot, 'aws', cell);
    await confirmCell(programRoot, 'aws', cell, true);
    const journal = doneJournal('edge', 'eu-central-1', url);
    await writeJournal(programRoot, journal);
    const pair = {
      certPem: await readFile(cell.tenant_cert, 'utf8'),
      keyPem: await readFile(cell.tenant_key, 'utf8'),
      cert: cell.tenant_cert,
      key: cell.tenant_key,
    };
    const keys: CellKeys = {
      folder: dirname(cell.ca_cert),
      authority: createAuthority({ name: 'edge', days: 1 }),
      ca: cell.ca_cert,
      caMark: 'mark',
      admin: pair,
      tenant: pair,
    };
    const said = (error: GrafosError) => {
      assert.equal(error.code, 'server_certificate_expired');
      assert.match(error.message, /The certificate of the cell edge is not valid now/);
      assert.match(error.why ?? '', /clock/);
      assert.match(error.next ?? '', REMAKE);
      return true;
    };
    await assert.rejects(renewMadeCell({ programRoot, provider: 'aws', name: 'edge', keys, signal }), said);

    const changes: string[] = [];
    const cloud = madeCloud(address, 'mark', changes);
    const status = await cloudStatus(programRoot, cloud, journal, signal);
    assert.deepEqual([status.healthy, status.url], [false, url]);
    assert.match(status.next ?? '', REMAKE);

    await assert.rejects(provisionCell(cloud, provisioningOf(programRoot, 'edge', keys)), said);
    assert.deepEqual(changes, ['allow 7443'], 'nothing is made or removed');
    assert.equal(expired.asked(), 0);
    const kept = JSON.parse(await readFile(join(programRoot, '.grafos/cloud/aws-cells.json'), 'utf8'));
    assert.equal(kept.length, 1);
  });
});
