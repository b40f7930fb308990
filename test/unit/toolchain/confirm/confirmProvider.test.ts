import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cellConfirmation } from '../../../../toolchain/confirm/cellConfirmation.ts';
import { confirmProvider } from '../../../../toolchain/confirm/confirmProvider.ts';
import { addCloudCell, type CloudCell } from '../../../../toolchain/deploy/cloudCells.ts';
import { resolveProvider } from '../../../../toolchain/deploy/resolveProvider.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const cell = (url: string, name?: string): CloudCell => ({
  scheduler_url: url,
  tenant_name: 't',
  ca_cert: 'ca',
  tenant_cert: 'c',
  tenant_key: 'k',
  ...(name === undefined ? {} : { name }),
});

async function programOf(root: string, ...cells: CloudCell[]): Promise<void> {
  for (const name of ['ca', 'c', 'k']) await writeFile(join(root, name), name);
  for (const one of cells) await addCloudCell(root, 'aws', one);
}

describe('provider confirm', () => {
  it('confirms the only unknown cell, and then none', async () => {
    await using folder = await temporaryFolder();
    await programOf(folder.path, cell('https://good', 'good'));
    const facts = await confirmProvider(folder.path, 'aws');
    assert.equal(Object.fromEntries(facts ?? []).URL, 'https://good');
    assert.equal(await confirmProvider(folder.path, 'aws'), null);
    assert.equal(await confirmProvider(folder.path, 'aws', 'good'), null);
    await assert.rejects(confirmProvider(folder.path, 'aws', 'moon'), { code: 'cell_unknown' });
  });

  it('confirms none of several unknown ones without a name', async () => {
    await using folder = await temporaryFolder();
    const [good, evil] = [cell('https://good', 'good'), cell('https://evil', 'evil')];
    await programOf(folder.path, good, evil);
    await assert.rejects(confirmProvider(folder.path, 'aws'), {
      code: 'cell_needed',
      why: /^evil: .*https:\/\/evil.*\ngood: .*https:\/\/good/,
      next: /provider confirm aws --cell NAME$/,
    });
    for (const one of [good, evil])
      await assert.rejects(cellConfirmation(folder.path, 'aws', one), { code: 'cell_not_confirmed' });
    const facts = await confirmProvider(folder.path, 'aws', 'good');
    assert.equal(Object.fromEntries(facts ?? []).URL, 'https://good');
    await assert.rejects(cellConfirmation(folder.path, 'aws', evil), { code: 'cell_not_confirmed' });
  });

  it('is advised with the name of the cell that was asked for', async () => {
    await using folder = await temporaryFolder();
    const cells = [
      cell('https://a', 'edge'),
      cell('https://b:7443'),
      cell('https://[::1]:7443'),
      cell('https://c;reboot'),
    ];
    await programOf(folder.path, ...cells);
    for (const [name, advised] of [
      ['edge', '--cell edge'],
      ['b:7443', '--cell b:7443'],
      ['[::1]:7443', '--cell "[::1]:7443"'],
      ['c;reboot', '--cell NAME'],
    ] as const) {
      const error = await resolveProvider(folder.path, 'aws', name).catch((fault: { next?: string }) => fault);
      assert.ok(
        'next' in error && error.next?.endsWith(`grafos provider confirm aws ${advised}`),
        JSON.stringify(error),
      );
    }
  });
});
