import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { confirmCell } from '../../../../toolchain/confirm/cellConfirmation.ts';
import {
  addCloudCell,
  type CloudCell,
  cloudCellsFile,
  readCloudCells,
} from '../../../../toolchain/deploy/cloudCells.ts';
import { keepKeysIn, keptKeyReference } from '../../../../toolchain/deploy/keptKeys.ts';
import { removeCell } from '../../../../toolchain/deploy/removeCell.ts';
import { resolveProvider } from '../../../../toolchain/deploy/resolveProvider.ts';
import { makeProgramState } from '../../../../toolchain/stack/programState.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const cell = (url: string): CloudCell => ({
  scheduler_url: url,
  tenant_name: 't',
  ca_cert: 'ca',
  tenant_cert: 'c',
  tenant_key: 'k',
});

describe('cells of a provider', () => {
  it('are none at first, and resolving says how to get one', async () => {
    await using folder = await temporaryFolder();
    assert.deepEqual(await readCloudCells(folder.path, 'aws'), []);
    await assert.rejects(resolveProvider(folder.path, 'aws'), {
      code: 'runtime_not_ready',
      kind: 'unreachable',
      next: /cloud adopt aws/,
    });
    await assert.rejects(resolveProvider(folder.path, 'local'), { code: 'runtime_not_ready', next: /dev up/ });
    await assert.rejects(resolveProvider(folder.path, 'moon'), { code: 'provider_unknown', kind: 'usage' });
  });

  it('keep the newest first and each URL once, readable by the owner only', async () => {
    await using folder = await temporaryFolder();
    await addCloudCell(folder.path, 'gcp', cell('https://a'));
    await addCloudCell(folder.path, 'gcp', cell('https://b'));
    const file = await addCloudCell(folder.path, 'gcp', { ...cell('https://a'), tenant_name: 'new' });
    assert.equal(file, cloudCellsFile(folder.path, 'gcp'));
    const cells = await readCloudCells(folder.path, 'gcp');
    assert.deepEqual(
      cells.map(({ scheduler_url, tenant_name }) => [scheduler_url, tenant_name]),
      [
        ['https://a', 'new'],
        ['https://b', 't'],
      ],
    );
    if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal(await readFile(join(folder.path, '.grafos', '.gitignore'), 'utf8'), '*\n');
  });

  it('are removed one by one, with the answer that was given about them', async () => {
    await using folder = await temporaryFolder();
    for (const name of ['ca', 'c', 'k']) await writeFile(join(folder.path, name), name);
    for (const url of ['https://a', 'https://b']) {
      await addCloudCell(folder.path, 'azure', cell(url));
      await confirmCell(folder.path, 'azure', cell(url), true);
    }
    await removeCell(folder.path, 'azure', cell('https://b'));
    assert.deepEqual(await readCloudCells(folder.path, 'azure'), [cell('https://a')]);
    assert.equal((await resolveProvider(folder.path, 'azure')).url, 'https://a');
    // A cell that comes back is asked about again.
    await addCloudCell(folder.path, 'azure', cell('https://b'));
    await assert.rejects(resolveProvider(folder.path, 'azure'), { code: 'cell_not_confirmed' });
    for (const url of ['https://a', 'https://b', 'https://c']) await removeCell(folder.path, 'azure', cell(url));
    assert.deepEqual(await readCloudCells(folder.path, 'azure'), []);
    await assert.rejects(resolveProvider(folder.path, 'azure'), { code: 'runtime_not_ready' });
    assert.equal(await readFile(join(folder.path, 'k'), 'utf8'), 'k');
  });

  for (const [text, why] of [
    ['{', /JSON/],
    ['{}', /array/],
    ['[null]', /Entry 0 has no text "scheduler_url"/],
    ['[{"scheduler_url":"https://a","tenant_name":"t","ca_cert":"ca","tenant_cert":"c"}]', /"tenant_key"/],
  ] as const) {
    it(`are refused as ${text.slice(0, 20)}, and nothing is lost by adding`, async () => {
      await using folder = await temporaryFolder();
      const file = cloudCellsFile(folder.path, 'aws');
      await makeProgramState(folder.path, 'cloud');
      await writeFile(file, text);
      await assert.rejects(readCloudCells(folder.path, 'aws'), { code: 'cells_file_invalid', why });
      await assert.rejects(addCloudCell(folder.path, 'aws', cell('https://b')), { code: 'cells_file_invalid' });
      assert.equal(await readFile(file, 'utf8'), text);
    });
  }

  it('may have a key that is kept elsewhere, which only who keeps it can read', async () => {
    await using folder = await temporaryFolder();
    for (const name of ['ca', 'c']) await writeFile(join(folder.path, name), name);
    const kept = { ...cell('https://a'), tenant_key: keptKeyReference('mine') };
    await addCloudCell(folder.path, 'aws', kept);
    await confirmCell(folder.path, 'aws', kept, false);
    await assert.rejects(resolveProvider(folder.path, 'aws'), { code: 'key_not_here', next: /cloud adopt/ });
    const keys = new Map([['mine', 'the key']]);
    keepKeysIn(async (name) => keys.get(name));
    assert.equal((await resolveProvider(folder.path, 'aws')).keyPem, 'the key');
    keys.clear();
    await assert.rejects(resolveProvider(folder.path, 'aws'), { code: 'key_not_here', next: /Add the cell again/ });
  });
});
