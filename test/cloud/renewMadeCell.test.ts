import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { signCellRequest } from '../../toolchain/cell/signCellRequest.ts';
import { type CellKeys, cellKeys } from '../../toolchain/cloud/cellKeys.ts';
import { type CloudJournal, writeJournal } from '../../toolchain/cloud/cloudJournal.ts';
import { cloudStatus } from '../../toolchain/cloud/cloudStatus.ts';
import { connectOwner } from '../../toolchain/cloud/connectOwner.ts';
import { provisionCell } from '../../toolchain/cloud/provisionCell.ts';
import { ownerTarget } from '../../toolchain/cloud/renewCertificates.ts';
import { renewMadeCell } from '../../toolchain/cloud/renewMadeCell.ts';
import { confirmCell } from '../../toolchain/confirm/cellConfirmation.ts';
import { addCloudCell } from '../../toolchain/deploy/cloudCells.ts';
import { connectTarget } from '../../toolchain/deploy/connectTarget.ts';
import { shownCertificate } from '../../toolchain/deploy/shownCertificate.ts';
import { readSigningRequests } from '../../toolchain/trust/signingRequest.ts';
import { doneJournal } from '../helpers/doneJournal.ts';
import { freePorts } from '../helpers/freePorts.ts';
import { grafosJson, startGrafos } from '../helpers/grafosCommand.ts';
import { loopbackAddress } from '../helpers/loopbackAddress.ts';
import { madeCloud } from '../helpers/madeCloud.ts';
import { ownUserState } from '../helpers/ownUserState.ts';
import { provisioningOf } from '../helpers/provisioningOf.ts';
import { both } from '../helpers/signingRequests.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

const { signal } = new AbortController();
const hasIpv6 = networkInterfaces().lo?.some(({ address }) => address === '::1') === true;

describe('the certificates of a cell in a cloud', function () {
  this.timeout(180_000);
  ownUserState();

  it('are warned about near their end, and renewed through the port of the scheduler', async () => {
    const address = loopbackAddress();
    await using made = await madeCell('near', address, 7443);
    const status = () => cloudStatus(made.programRoot, madeCloud(address, made.keys.caMark), made.journal, signal);
    const before = await status();
    assert.equal(before.healthy, true, String(before.next));
    assert.equal(before.next, 'Its certificate ends in 9 days. Renew it: grafos cloud renew aws --name near');
    const { programRoot, keys } = made;
    const ends = await renewMadeCell({ programRoot, keys, provider: 'aws', name: 'near', signal });
    assert.ok(Date.parse(ends) - Date.now() > 89 * 86_400_000, ends);
    let after = await status();
    // With its new certificates the scheduler connects to its cell again.
    for (; after.healthy !== true; after = await status()) await delay(100);
    assert.deepEqual([after.next, after.certificate_ends], [null, ends]);

    // The certificates of a cell may end in different seconds.
    const apart = await renewMadeCell({ programRoot, keys: signsSlowly(keys), provider: 'aws', name: 'near', signal });
    assert.ok(Date.parse(apart) > Date.parse(ends));
  });

  it('are not renewed where their CA ends as soon, and the cell is said to need another', async () => {
    const address = loopbackAddress();
    await using folder = await temporaryFolder();
    await grafosJson(['admin', 'init-ca', '--days', '10', '--out', 'ca'], { cwd: folder.path });
    const [ca, caKey] = [join(folder.path, 'ca/ca.pem'), join(folder.path, 'ca/ca-key.pem')];
    await using made = await madeCell('short', address, 7443, { ca, caKey });
    const { programRoot, keys, journal } = made;
    const cloud = madeCloud(address, keys.caMark);
    const before = await cloudStatus(programRoot, cloud, journal, signal);
    await provisionCell(cloud, provisioningOf(programRoot, 'short', keys));
    const after = await cloudStatus(programRoot, cloud, journal, signal);
    assert.match(
      after.next ?? '',
      /^Its certificate ends in 8 days, and its CA lasts no longer.*set \S+aws-short aside.*grafos cloud destroy aws --name short/,
    );
    assert.deepEqual([after.healthy, after.certificate_ends], [true, before.certificate_ends]);
  });

  it('are taken for the keys that wait in the running cell, once', async () => {
    const address = loopbackAddress();
    await using made = await madeCell('swapped', address, 7443);
    const { keys, journal } = made;
    const target = await ownerTarget(journal.url ?? '', keys);
    using owner = await connectTarget(target, signal);
    const shown = async () => (await shownCertificate(target, signal)).fingerprint256;
    const before = await shown();
    const sign = (request: string, cellId = 'aws-swapped', hosts = [address]) =>
      signCellRequest({ request, authority: keys.authority, cellId, hosts, days: 90 }).answer;
    const asked = await owner.requestRenewal({ signal });
    const [ca = '', cell = '', scheduler = ''] =
      sign(asked).match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g) ?? [];
    for (const [what, answer, why] of [
      ['for the keys of somebody else', sign(both('aws-swapped', [address])), /No certificate in it is for the key/],
      ['for one key of the cell alone', ca + cell + cell, /for the key of the scheduler/],
      ['without one', ca + scheduler, /has 2 certificates/],
    ] as const) {
      await assert.rejects(owner.renew(answer, { signal }), { code: 'bad_request', message: why }, what);
      assert.equal(await shown(), before, what);
    }
    // Who asks again is given the same keys, so that the first answer is good for them, once.
    const again = await owner.requestRenewal({ signal });
    await owner.renew(sign(asked), { signal });
    for (const late of [sign(asked), sign(again)])
      await assert.rejects(owner.renew(late, { signal }), { code: 'bad_request', message: /No request waits/ });
    const renewed = await eventuallyNot(before, shown);
    // The keys of the next request are others.
    const next = await owner.requestRenewal({ signal });
    assert.ok(keysIn(next).every((key) => !keysIn(asked).includes(key)));
    await assert.rejects(owner.renew(sign(asked), { signal }), {
      code: 'bad_request',
      message: /for the key of the cell/,
    });
    assert.equal(await shown(), renewed);
  });

  it('are of a cell that was made: another name is refused with the nearest one that was', async () => {
    await using made = await madeCell('near', '127.0.0.1', 0);
    const { programRoot, keys } = made;
    for (const [name, next] of [
      ['naer', /^Did you mean "near"\? Show those that were: /],
      ['qqqqqq', /^Show those that were: /],
    ] as const)
      await assert.rejects(renewMadeCell({ programRoot, keys, provider: 'aws', name, signal }), {
        code: 'cell_unknown',
        next,
      });
  });

  it('are renewed for an IPv6 address, which certificates have without brackets', async function () {
    if (!hasIpv6) this.skip();
    await using made = await madeCell('six', '::1', 0);
    const { programRoot, keys } = made;
    const renewal = { programRoot, keys, provider: 'aws' as const, name: 'six', signal };
    const ends = await renewMadeCell(renewal);
    // Each connection compares the address with the certificate, so the second proves the first.
    assert.ok(Date.parse(await renewMadeCell(renewal)) >= Date.parse(ends));
  });
});

/** Keys whose CA signs for the scheduler in a later second than for the cell. */
function signsSlowly(keys: CellKeys): CellKeys {
  const { authority } = keys;
  const issueFor: typeof authority.issueFor = (request, key) => {
    const second = Math.floor(Date.now() / 1000);
    while (request.role === 'scheduler' && Math.floor(Date.now() / 1000) === second);
    return authority.issueFor(request, key);
  };
  return { ...keys, authority: { ...authority, issueFor } };
}

async function eventuallyNot(before: string, look: () => Promise<string>): Promise<string> {
  for (;;) {
    const found = await look();
    if (found !== before) return found;
    await delay(100);
  }
}

function keysIn(requests: string): string[] {
  return readSigningRequests(requests).map(({ publicKey }) =>
    String(publicKey.export({ format: 'pem', type: 'spki' })),
  );
}

interface MadeCell extends AsyncDisposable {
  programRoot: string;
  keys: CellKeys;
  journal: CloudJournal;
}

/** A cell that runs with certificates of ten days, with the notes of one that was made in aws. */
async function madeCell(
  name: string,
  host: string,
  port: number,
  ownCa?: { ca: string; caKey: string },
): Promise<MadeCell> {
  await using cleanup = new AsyncDisposableStack();
  const { path: programRoot } = cleanup.use(await temporaryFolder('grafos-made-'));
  const keys = await cellKeys('aws', name, 'acme', ownCa);
  const [scheduler = 0, memory, control] = await freePorts(host, 3);
  const ports = ['--port', port || scheduler, '--memory-port', memory, '--control-port', control].map(String);
  const words = ['--cell-id', `aws-${name}`, '--provider', 'aws', '--region', 'eu-1', '--host', host, '--listen', host];
  // No certificate outlives its CA.
  const days = ownCa === undefined ? '10' : '9';
  const ca = ['--ca', keys.ca, '--ca-key', ownCa?.caKey ?? join(keys.folder, 'ca-key.pem'), '--days', days];
  await grafosJson(['cell', 'init', '--state', 'state', ...words, ...ports, ...ca], { cwd: programRoot });
  const { child, ended } = startGrafos(['cell', 'run', '--state', 'state', '--json'], { cwd: programRoot });
  cleanup.defer(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  await runs(child, name);
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${port || scheduler}`;
  const cell = {
    scheduler_url: url,
    tenant_name: 'acme',
    ca_cert: keys.ca,
    tenant_cert: keys.tenant.cert,
    tenant_key: keys.tenant.key,
    name,
  };
  using owner = await connectOwner(cell, signal);
  await owner.promote({ signal });
  await owner.createTenant('acme', keys.tenant.certPem, { signal });
  await addCloudCell(programRoot, 'aws', cell);
  await confirmCell(programRoot, 'aws', cell, true);
  const journal = doneJournal(name, 'eu-1', url);
  await writeJournal(programRoot, journal);
  const owned = cleanup.move();
  return { programRoot, keys, journal, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function runs(child: ReturnType<typeof startGrafos>['child'], name: string): Promise<void> {
  if (child.stdout === null) throw new Error('no stdout');
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line.includes(`aws-${name} runs`)) break;
  }
  assert.equal(child.exitCode, null, lines.join('\n'));
  child.stdout.resume();
}
