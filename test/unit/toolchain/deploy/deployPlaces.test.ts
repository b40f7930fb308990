import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { confirmCell } from '../../../../toolchain/confirm/cellConfirmation.ts';
import { addCloudCell, type CloudCell } from '../../../../toolchain/deploy/cloudCells.ts';
import { deployPlaces } from '../../../../toolchain/deploy/deployPlaces.ts';
import { createAuthority } from '../../../../toolchain/trust/authority.ts';
import { answeringCells, answersAfter } from '../../../helpers/answeringCells.ts';
import { expiredCell } from '../../../helpers/expiredCell.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

/** A program with two confirmed cells that refuse every connection. */
async function programWithDeadCells(root: string): Promise<void> {
  const authority = createAuthority({ name: 'ca', days: 10 });
  const tenant = authority.issue({ role: 'tenant', name: 'acme', days: 5 });
  const files = { 'ca.pem': authority.certPem, 'acme.pem': tenant.certPem, 'acme-key.pem': tenant.keyPem };
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text);
  for (const [index, name] of ['eu', 'us'].entries()) {
    const cell: CloudCell = {
      scheduler_url: `https://127.0.0.1:${index + 1}`,
      tenant_name: 'acme',
      ca_cert: 'ca.pem',
      tenant_cert: 'acme.pem',
      tenant_key: 'acme-key.pem',
      name,
    };
    await addCloudCell(root, 'aws', cell);
    await confirmCell(root, 'aws', cell, false);
  }
}

async function first(root: string, cell?: string, signal = new AbortController().signal): Promise<void> {
  for await (const { client } of deployPlaces(root, 'aws', cell, signal)) client[Symbol.dispose]();
}

describe('the places of a deploy', () => {
  it('are none without a cell, and the only cell has its own error', async () => {
    await using folder = await temporaryFolder();
    await assert.rejects(first(folder.path), { code: 'runtime_not_ready', next: /cloud adopt aws/ });
    await programWithDeadCells(folder.path);
    await assert.rejects(first(folder.path, 'eu'), { code: 'scheduler_unreachable' });
    await assert.rejects(first(folder.path, 'mars'), { code: 'cell_unknown' });
  });

  it('are said to be none with the reason of each, where no cell can be asked', async () => {
    await using folder = await temporaryFolder();
    await programWithDeadCells(folder.path);
    await using expired = await expiredCell('old');
    await addCloudCell(folder.path, 'aws', expired.cell);
    // Not confirmed: it is not asked, and not among those that failed.
    await assert.rejects(first(folder.path), { code: 'cells_unready', why: /^us: .*\neu: [^\n]*$/s });
    await confirmCell(folder.path, 'aws', expired.cell, true);
    await assert.rejects(first(folder.path), { code: 'cells_unready', why: /^old: .*certificate.*\nus: .*\neu: /s });
    assert.equal(expired.asked(), 0);
  });

  it('end with an abort', async () => {
    await using folder = await temporaryFolder();
    await programWithDeadCells(folder.path);
    await assert.rejects(first(folder.path, undefined, AbortSignal.abort()));
  });

  it('leave no connection open where the abort comes with the answer', async () => {
    await using folder = await temporaryFolder();
    await using cells = await answeringCells(folder.path, { eu: () => {}, us: () => {} });
    answersAfter(cells, 'eu', 'us', '/health');
    const given = new AbortController();
    const places = deployPlaces(folder.path, 'aws', undefined, given.signal);
    const { value } = await places.next();
    // The other cell has answered as well by the time of these answers.
    for (let round = 0; round < 3; round += 1) await value?.client.health();
    value?.client[Symbol.dispose]();
    const rest = places.next();
    // The other place is taken out of the list in this very turn.
    queueMicrotask(() => given.abort());
    await rest.then(
      (left) => left.value?.client[Symbol.dispose](),
      () => {},
    );
    await Promise.all(Object.values(cells.schedulers).map((one) => one.idle()));
  });
});
