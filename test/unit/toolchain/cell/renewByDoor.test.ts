import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { StateFolder } from '../../../../base/files/stateFolder.ts';
import type { CellConfig } from '../../../../toolchain/cell/cellConfig.ts';
import { cellTrust, issueCertificates } from '../../../../toolchain/cell/cellTrust.ts';
import { answerByDoor, requestByDoor } from '../../../../toolchain/cell/renewByDoor.ts';
import { signCellRequest } from '../../../../toolchain/cell/signCellRequest.ts';
import { createAuthority } from '../../../../toolchain/trust/authority.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const CONFIG = { cell_id: 'aws-eu-1', hosts: ['127.0.0.1'] } as CellConfig;
const owner = createAuthority({ name: 'owner', days: 30 });
const stranger = createAuthority({ name: 'stranger', days: 30 });
const signal = new AbortController().signal;

/** A cell with certificates of its owner's CA, and the request for the next ones. */
async function cell() {
  const scratch = await temporaryFolder();
  const folder = StateFolder.at(scratch.path);
  await issueCertificates(folder, CONFIG, owner, 20);
  const { request } = await requestByDoor(folder, CONFIG, signal);
  return {
    answerOf: (authority: typeof owner) =>
      signCellRequest({ request, authority, cellId: CONFIG.cell_id, hosts: CONFIG.hosts, days: 10 }).answer,
    take: (answer: string) => answerByDoor(folder, CONFIG, answer, signal),
    ca: () => new X509Certificate(cellTrust(folder)?.readText('ca.pem') ?? ''),
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

describe('an answer that an admin brings through the scheduler', () => {
  it('is put in force when it is of the CA that the cell has', async () => {
    await using one = await cell();
    assert.equal(await one.take(one.answerOf(owner)), undefined);
    assert.ok(one.ca().raw.equals(new X509Certificate(owner.certPem).raw));
  });

  const blockOf = (pem: string) => pem.trimEnd();
  for (const [what, answer] of [
    ['of another CA', (foreign) => foreign],
    ['of another CA, with that of the cell before it', (foreign) => owner.certPem + foreign],
    ['of another CA, with that of the cell after it', (foreign) => foreign + owner.certPem],
    ['with the CA of the cell after a blank', (foreign) => ` ${owner.certPem}${foreign}`],
    ['with the CA of the cell after a word', (foreign) => `x${owner.certPem}${foreign}`],
    ['with the CA of the cell before a word', (foreign) => `${blockOf(owner.certPem)}x\n${foreign}`],
    ['with the CA of the cell in lines of blanks', (foreign) => owner.certPem.replaceAll('\n', ' \n') + foreign],
    ['with the CA of the cell between CRs', (foreign) => owner.certPem.replaceAll('\n', '\r') + foreign],
    ['with nothing in it', () => ''],
  ] as Array<[string, (foreign: string) => string]>) {
    it(`is refused ${what}, and the cell keeps its CA`, async () => {
      await using one = await cell();
      assert.match((await one.take(answer(one.answerOf(stranger)))) ?? 'taken', /another CA|certificates|does not fit/);
      assert.ok(one.ca().raw.equals(new X509Certificate(owner.certPem).raw));
      // The keys still wait for an answer that fits.
      assert.equal(await one.take(one.answerOf(owner)), undefined);
    });
  }
});
