import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DOOR_PORT } from '../../toolchain/cloud/cellCloud.ts';
import { DoorConnection } from '../../toolchain/cloud/enrol/doorConnection.ts';
import { userData } from '../../toolchain/cloud/userData.ts';
import { createAuthority } from '../../toolchain/trust/authority.ts';
import { cloudInitMachine } from '../fakeCloud/cloudInitMachine.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import { MachineNetwork } from '../fakeCloud/machineNetwork.ts';

const missing = debianMachinesMissing();
/** A first boot with cloud-init on a busy computer. */
const BOOT_MS = 300_000;

describe(`the user data of a cell${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  before(function () {
    if (missing !== undefined) this.skip();
  });

  it('is run by the real cloud-init without a fault, and opens the door', async function () {
    // The Debian with cloud-init is made by the first test that needs it.
    this.timeout(2 * BOOT_MS);
    using network = new MachineNetwork();
    network.allow([{ from: '0.0.0.0/0', port: DOOR_PORT }]);
    const authority = createAuthority({ name: 'test CA', days: 2 });
    const script = userData({ provider: 'aws', region: 'eu-central-1', cellId: 'aws-edge', ca: authority.certPem });
    using machine = cloudInitMachine({ userData: script, namespace: network.namespace });
    const keySha256 = await keyOf(() => machine.console());
    const { certPem, keyPem } = authority.issue({ role: 'admin', name: 'owner', days: 1 });
    const peer = { address: network.address, port: DOOR_PORT, keySha256, certPem, keyPem };
    using door = await DoorConnection.dial(peer, new AbortController().signal);
    assert.deepEqual(await door?.answer(), { door: 1, cell_id: 'aws-edge', bundle: null });

    // It ends with 2 where there was as much as a warning.
    machine.run('cloud-init', 'status', '--wait');
    const result = JSON.parse(machine.run('cat', '/var/lib/cloud/data/result.json'));
    assert.deepEqual([result.v1.errors, /NoCloud/.test(result.v1.datasource)], [[], true]);
    assert.equal(
      readFileSync(join(machine.root, 'var/lib/cloud/instances/i-0123456789abcdef0/user-data.txt'), 'utf8'),
      script,
    );
    const mode = machine.run('stat', '-c', '%a %U', '/var/lib/grafos-door/key.pem').trim();
    assert.equal(mode, '600 root');
  });
});

async function keyOf(console: () => string): Promise<string> {
  for (const until = Date.now() + BOOT_MS; Date.now() < until; await delay(200)) {
    const [, hash] = /grafos-key-sha256 ([0-9a-f]{64})/.exec(console()) ?? [];
    if (hash !== undefined) return hash;
  }
  throw new Error(`the machine told no key: ${console().slice(-2000)}`);
}
