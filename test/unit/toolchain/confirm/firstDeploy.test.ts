import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { confirmCell } from '../../../../toolchain/confirm/cellConfirmation.ts';
import { firstDeploy } from '../../../../toolchain/confirm/firstDeploy.ts';
import { addCloudCell, type CloudCell } from '../../../../toolchain/deploy/cloudCells.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const cellAt = (name: string): CloudCell => ({
  ...{ name, scheduler_url: `https://${name}.example.com:8443`, tenant_name: 'acme' },
  ...{ ca_cert: 'ca.pem', tenant_cert: 'tenant.pem', tenant_key: 'tenant-key.pem' },
});

async function programWith(...cells: CloudCell[]) {
  const folder = await temporaryFolder();
  await writeFile(join(folder.path, 'ca.pem'), 'the CA');
  for (const cell of cells) {
    await addCloudCell(folder.path, 'aws', cell);
    await confirmCell(folder.path, 'aws', cell, false);
  }
  return folder;
}

describe('the question before the first deploy to a cell', () => {
  it('is asked once: after a yes no deploy of this program to it is asked about', async () => {
    await using program = await programWith(cellAt('eu'));
    const first = await firstDeploy(program.path, 'aws');
    assert.equal(first?.cell.scheduler_url, 'https://eu.example.com:8443');
    assert.notEqual(await firstDeploy(program.path, 'aws'), null, 'looking is no answer');
    await first?.confirm();
    for (let deploy = 0; deploy < 3; deploy += 1) assert.equal(await firstDeploy(program.path, 'aws'), null);
  });

  it('is one of its own for another cell and another program', async () => {
    await using program = await programWith(cellAt('eu'), cellAt('us'));
    await (await firstDeploy(program.path, 'aws', 'us'))?.confirm();
    assert.equal(await firstDeploy(program.path, 'aws', 'us'), null);
    assert.equal((await firstDeploy(program.path, 'aws', 'eu'))?.cell.name, 'eu');
    await using other = await programWith(cellAt('us'));
    assert.notEqual(await firstDeploy(other.path, 'aws'), null);
  });

  it('is none where nothing leaves the machine, or there is no cell', async () => {
    await using program = await programWith();
    assert.equal(await firstDeploy(program.path, 'local'), null);
    assert.equal(await firstDeploy(program.path, 'gcp'), null);
  });
});
