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
import { readUsedCells, rememberCell } from '../../../../toolchain/deploy/usedCells.ts';
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
    [JSON.stringify([{ ...cell('https://a'), name: 'a b' }]), /Entry 0 has a "name" that is none/],
    [JSON.stringify([{ ...cell('https://a'), name: 7 }]), /Entry 0 has a "name" that is none/],
    [
      JSON.stringify(['a', 'b'].map((host) => ({ ...cell(`https://${host}`), name: 'n' }))),
      /Two entries have the name n/,
    ],
    [JSON.stringify([cell('https://a'), { ...cell('https://b'), name: 'a' }]), /Two entries have the name a/],
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

  it('are called by their name, or by host and port, and equal names are refused', async () => {
    await using folder = await temporaryFolder();
    for (const name of ['ca', 'c', 'k']) await writeFile(join(folder.path, name), name);
    const [plain, named] = [cell('https://a:8443'), { ...cell('https://b'), name: 'edge' }];
    for (const one of [plain, named]) {
      await addCloudCell(folder.path, 'aws', one);
      await confirmCell(folder.path, 'aws', one, false);
    }
    assert.equal((await resolveProvider(folder.path, 'aws')).cell, 'edge');
    assert.equal((await resolveProvider(folder.path, 'aws', 'a:8443')).url, 'https://a:8443');
    await assert.rejects(resolveProvider(folder.path, 'aws', 'moon'), {
      code: 'cell_unknown',
      next: /^Its cells are: .*edge, a:8443/,
    });
    await assert.rejects(resolveProvider(folder.path, 'aws', 'egde'), {
      code: 'cell_unknown',
      next: /^Did you mean "edge"\? Its cells are: .*edge, a:8443/,
    });
    await assert.rejects(resolveProvider(folder.path, 'gcp', 'edge'), { code: 'runtime_not_ready' });
    await assert.rejects(resolveProvider(folder.path, 'local', 'edge'), { code: 'wrong_usage' });
    const twin = { ...cell('https://c'), name: 'edge' };
    await assert.rejects(addCloudCell(folder.path, 'aws', twin), { code: 'cell_name_used', why: /https:\/\/b/ });
    assert.equal((await readCloudCells(folder.path, 'aws')).length, 2);
    // The same name at another provider is another cell.
    await addCloudCell(folder.path, 'gcp', twin);
    // The one that the last deploy took is preferred.
    await rememberCell(folder.path, { run_id: 'r1', provider: 'aws', cell: 'a:8443' });
    assert.equal((await resolveProvider(folder.path, 'aws')).cell, 'a:8443');
    // A name is part of what was confirmed.
    await addCloudCell(folder.path, 'aws', { ...named, name: 'other' });
    await assert.rejects(resolveProvider(folder.path, 'aws', 'other'), { code: 'cell_not_confirmed' });
  });

  it('are all kept where several are added and removed at one time', async () => {
    await using folder = await temporaryFolder();
    const urls = Array.from({ length: 8 }, (_, index) => `https://c${index}`);
    await addCloudCell(folder.path, 'aws', cell('https://gone'));
    await Promise.all([
      ...urls.map((url) => addCloudCell(folder.path, 'aws', cell(url))),
      removeCell(folder.path, 'aws', cell('https://gone')),
    ]);
    const cells = await readCloudCells(folder.path, 'aws');
    assert.deepEqual(cells.map(({ scheduler_url }) => scheduler_url).sort(), urls);
    // Of equal names one is taken, whoever comes first.
    const named = (url: string) => ({ ...cell(url), name: 'twin' });
    const twins = ['https://d0', 'https://d1', 'https://d2'].map((url) => addCloudCell(folder.path, 'aws', named(url)));
    const states = (await Promise.allSettled(twins)).map(({ status }) => status);
    assert.deepEqual(states.toSorted(), ['fulfilled', 'rejected', 'rejected']);
  });

  it('that moved take the place of their old entry, or nothing changes', async () => {
    await using folder = await temporaryFolder();
    const [old, moved] = [
      { ...cell('https://old'), name: 'eu' },
      { ...cell('https://new'), name: 'eu' },
    ];
    await addCloudCell(folder.path, 'aws', cell('https://other'));
    await addCloudCell(folder.path, 'aws', old);
    const list = async () => (await readCloudCells(folder.path, 'aws')).map(({ scheduler_url }) => scheduler_url);
    await assert.rejects(addCloudCell(folder.path, 'aws', moved), { code: 'cell_name_used' });
    const foreign = { ...moved, ca_cert: 'another' };
    await assert.rejects(addCloudCell(folder.path, 'aws', foreign, { isOwnName: true }), { code: 'cell_name_used' });
    const before = () => Promise.reject(new Error('no confirmation'));
    await assert.rejects(addCloudCell(folder.path, 'aws', moved, { isOwnName: true, before }), /no confirmation/);
    assert.deepEqual(await list(), ['https://old', 'https://other']);
    await addCloudCell(folder.path, 'aws', moved, { isOwnName: true });
    assert.deepEqual(await list(), ['https://new', 'https://other']);
  });

  it('are remembered for runs by this user and program, within bounds', async () => {
    await using folder = await temporaryFolder();
    await using copy = await temporaryFolder();
    const used = (index: number) => ({ run_id: `r${index}`, provider: 'aws' as const, cell: `c${index % 3}` });
    await Promise.all(Array.from({ length: 8 }, (_, index) => rememberCell(folder.path, used(index))));
    await rememberCell(folder.path, used(3));
    const { last, runs } = await readUsedCells(folder.path);
    assert.deepEqual([last, runs.length, runs[0]], [{ aws: 'c0' }, 8, used(3)]);
    assert.deepEqual((await readUsedCells(copy.path)).runs, []);
  });

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
