import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StateFolder } from '../../../../base/files/stateFolder.ts';
import type { CellConfig } from '../../../../toolchain/cell/cellConfig.ts';
import {
  cellTrust,
  issueCertificates,
  requestCertificates,
  settleTrust,
} from '../../../../toolchain/cell/cellTrust.ts';
import { memoryPair } from '../../../../toolchain/cell/memoryPair.ts';
import { createAuthority } from '../../../../toolchain/trust/authority.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const config: CellConfig = {
  version: 1,
  cell_id: 'c-1',
  provider: 'gcp',
  region: 'r',
  hosts: ['10.0.0.1'],
  listen: '0.0.0.0',
  ports: { scheduler: 1, memory: 2, control: 3 },
  mem_capacity: 0,
};
const authority = createAuthority({ name: 'CA', days: 100 });
const DAY_MS = 86_400_000;

describe('the certificates of a cell', () => {
  /** A cell with certificates, and the serial number of the one in force. */
  async function cell() {
    const temporary = await temporaryFolder();
    const path = join(temporary.path, 'cell');
    const folder = StateFolder.at(path);
    await issueCertificates(folder, config, authority, 50);
    const serial = () => {
      const trust = cellTrust(folder);
      return trust && new X509Certificate(readFileSync(trust.file('cell.pem'))).serialNumber;
    };
    return { folder, path, serial, [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose]() };
  }

  it('are not there before they are issued, and wait in a folder of their own', async () => {
    await using temporary = await temporaryFolder();
    const folder = StateFolder.at(join(temporary.path, 'cell'));
    await requestCertificates(folder, config);
    settleTrust(folder);
    assert.equal(cellTrust(folder), undefined);
    assert.deepEqual(folder.names().sort(), ['request.pem', 'trust.next']);
  });

  it('are swapped as a whole: after a kill at each step the old or the new pairs are in force', async () => {
    await using owned = await cell();
    const { folder, path, serial } = owned;
    const old = serial();
    await issueCertificates(folder, config, authority, 60);
    const fresh = serial();
    assert.notEqual(fresh, old);
    // Killed after the old folder stepped aside.
    renameSync(join(path, 'trust'), join(path, 'trust.next'));
    StateFolder.at(path).make('trust.old');
    assert.equal(serial(), fresh, 'a reader finds it in the middle');
    settleTrust(folder);
    assert.equal(serial(), fresh);
    assert.deepEqual(folder.names(), ['trust']);
    // Killed before the swap: the old ones stay, and the next renewal ends it.
    await requestCertificates(folder, config);
    settleTrust(folder);
    assert.equal(serial(), fresh);
    await issueCertificates(folder, config, authority, 60);
    assert.notEqual(serial(), fresh);
    assert.deepEqual(folder.names(), ['trust']);
  });

  it('of the memory data plane live 13 days, are kept for nine, and made anew where half is lost', async () => {
    await using owned = await cell();
    const { folder } = owned;
    const first = await memoryPair(folder, config);
    const lifetime = first.notAfter.getTime() - Date.now();
    assert.ok(lifetime > 12.9 * DAY_MS && lifetime < 13 * DAY_MS);
    const text = () => readFileSync(first.cert, 'utf8');
    const before = text();
    await memoryPair(folder, config, new Date(Date.now() + 8.9 * DAY_MS));
    assert.equal(text(), before);
    await memoryPair(folder, config, new Date(Date.now() + 9.1 * DAY_MS));
    const second = text();
    assert.notEqual(second, before);
    rmSync(first.key);
    await memoryPair(folder, config);
    assert.notEqual(text(), second);
  });
});
