import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { signCellRequest } from '../../toolchain/cell/signCellRequest.ts';
import { DOOR_PORT, SCHEDULER_PORT } from '../../toolchain/cloud/cellCloud.ts';
import { type CellKeys, cellKeys } from '../../toolchain/cloud/cellKeys.ts';
import { DoorConnection, type DoorPeer } from '../../toolchain/cloud/enrol/doorConnection.ts';
import { type Bundle, enrolCell } from '../../toolchain/cloud/enrol/enrolCell.ts';
import { keptBundle } from '../../toolchain/cloud/keptBundle.ts';
import { readSigningRequests } from '../../toolchain/trust/signingRequest.ts';
import { awsModelsMissing } from '../fakeCloud/awsModel.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import type { Machine } from '../fakeCloud/machine.ts';
import { CALLER_ADDRESS, type MachineNetwork } from '../fakeCloud/machineNetwork.ts';
import { type CloudSetup, cloudSetup } from '../helpers/cloudSetup.ts';
import { destroyed, makeUntilKey } from '../helpers/madeUntilKey.ts';
import { both, request } from '../helpers/signingRequests.ts';

const missing = debianMachinesMissing() ?? awsModelsMissing();
const never = new AbortController().signal;
const CELL_ID = 'aws-edge';
const GRAFOS = '/opt/grafos/current/bin/grafos';
const DOOR = '/var/lib/grafos-door';

describe(`the enrolment of a machine that runs grafos${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  before(function () {
    if (missing !== undefined) this.skip();
  });

  it('takes no swapped request or keys, happens once, and stays so after a reboot', async function () {
    this.timeout(300_000);
    await using setup = await cloudSetup({ lagMs: 50, stepMs: 5 });
    // The command ends before it asks for the key: its machine is there, and nobody enrolled it.
    assert.equal(await makeUntilKey(setup, 'aws', () => undefined), 'whole');
    const { machine, network } = machineOf(setup);
    const keys = await keysOf(setup);
    const address = network.address;
    const peer = (of: { certPem: string; keyPem: string }): DoorPeer => ({
      address,
      port: DOOR_PORT,
      keySha256,
      ...of,
    });
    const keySha256 = await toldKey(machine);
    const bundle = await keptBundle('linux-x64', never, () => {});
    const owner = peer(keys.admin);
    const stranger = peer(keys.authority.issue({ role: 'admin', name: 'somebody', days: 1 }));
    const enrol = (by: DoorPeer) =>
      enrolCell({ peer: by, authority: keys.authority, cellId: CELL_ID, bundle, days: 90, report: () => {} }, never);
    await bring(owner, bundle);

    // The program on the machine is one that hands on requests of somebody else.
    machine.run('sh', '-c', SWAPPING);
    for (const [what, pem] of [
      ['of another cell', both('aws-other', [address])],
      ['for another host', both(CELL_ID, ['192.0.2.9'])],
      ['for one more host', both(CELL_ID, [address, '192.0.2.9'])],
      ['of an admin', request('admin', CELL_ID, []) + request('cell', CELL_ID, [address])],
      ['of a tenant', both(CELL_ID, [address]) + request('tenant', CELL_ID, [])],
    ] as const) {
      swap(machine, pem);
      await assert.rejects(enrol(owner), { code: 'signing_request_differs' }, what);
      assert.deepEqual(there(machine, '/run/grafos-answer.pem', `${DOOR}/enrolled`), [], `${what}: nothing was signed`);
    }
    // With the right names only the machine itself can tell that the keys are not its own.
    swap(machine, both(CELL_ID, [address]));
    await assert.rejects(enrol(owner), (error: Error & { code?: string; why?: string }) => {
      assert.equal(error.code, 'enrolment_failed');
      assert.match(error.why ?? '', /install_failed.*No certificate in it is for the key of the cell/s);
      return true;
    });
    assert.deepEqual(there(machine, '/var/lib/grafos/trust', `${DOOR}/enrolled`), []);
    assert.match(told(machine, 'systemctl is-active grafos-cell.service'), /^inactive/);
    machine.run('mv', `${GRAFOS}.real`, GRAFOS);

    // Who asks again is given the same keys, and none for another address.
    const [first, second] = [await askedBy(owner, address), await askedBy(stranger, address)];
    assert.deepEqual(spkiOf(second), spkiOf(first));
    await assert.rejects(askedBy(stranger, '192.0.2.9'), (error: Error & { why?: string }) =>
      /There is another cell in/.test(error.why ?? ''),
    );

    // The door serves one caller at a time: the second waits, and finds it closed.
    const { late } = await enrolledBy(owner, keys, address, () => enrol(stranger));
    assert.equal(await late, false);
    for (const by of [owner, stranger]) assert.equal(await enrol(by), false);
    // It starts the cell first, and notes then that it is closed.
    while (there(machine, `${DOOR}/closed`).length === 0) await delay(50);
    const trust = trustOf(machine);
    const again = () => {
      assert.equal(told(machine, `python3 ${DOOR}/door.py`), 'ended 0\n', 'a door that is closed stays so');
      const other = signCellRequest({
        ...keys,
        request: both(CELL_ID, [address]),
        cellId: CELL_ID,
        hosts: [address],
        days: 9,
      });
      machine.run('sh', '-c', `cat > /run/other.pem <<'END'\n${other.answer}END\nchmod 644 /run/other.pem`);
      const init = `runuser -u grafos -- ${GRAFOS} cell init --state /var/lib/grafos --json`;
      assert.match(told(machine, `${init} --cert /run/other.pem`), /"cell_answer_unfit".*No request waits.*ended 2/s);
      const words = `--cell-id ${CELL_ID} --provider aws --region eu-central-1 --port ${SCHEDULER_PORT} --host`;
      assert.match(told(machine, `${init} ${words} ${address}`), /"ready": true.*"request": null.*ended 0/s);
      assert.match(told(machine, `${init} ${words} 192.0.2.9`), /"cell_state_differs".*ended 2/s);
      assert.equal(trustOf(machine), trust);
    };
    again();

    await provisioned(setup);
    await machine.reboot();
    network.allow([DOOR_PORT, SCHEDULER_PORT].map((port) => ({ from: CALLER_ADDRESS, port })));
    await provisioned(setup);
    for (const by of [owner, stranger]) assert.equal(await enrol(by), false);
    again();
    await destroyed(setup, 'aws');
  });
});

/** Puts a program before grafos that hands on the requests in a file. */
const SWAPPING = `cd /opt/grafos/current/bin && mv grafos grafos.real && cat > grafos <<'END' && chmod 755 grafos
#!/bin/sh
case "$*" in *--cert*) exec "$0.real" "$@";; esac
"$0.real" "$@" && cat /run/swapped.pem > /var/lib/grafos/request.pem
END`;

function swap(machine: Machine, pem: string): void {
  machine.run('sh', '-c', `cat > /run/swapped.pem <<'END'\n${pem}END\nchmod 644 /run/swapped.pem`);
}

/** All that a command says in the machine, and its exit code. */
function told(machine: Machine, command: string): string {
  return machine.run('sh', '-c', `{ ${command}; } 2>&1; echo "ended $?"`);
}

/** Those of the paths that are there. */
function there(machine: Machine, ...paths: string[]): string[] {
  return paths.filter((path) => /ended 0/.test(told(machine, `test -e ${path}`)));
}

function trustOf(machine: Machine): string {
  return machine.run('sh', '-c', 'cd /var/lib/grafos/trust && sha256sum *');
}

function machineOf({ cloud }: CloudSetup): { machine: Machine; network: MachineNetwork } {
  const held = [...cloud.aws.resources.all.values()];
  const machine = held.find((one) => one.machine !== undefined)?.machine;
  const network = held.find((one) => one.network !== undefined)?.network;
  assert.ok(machine && network);
  return { machine, network };
}

/** The keys on the laptop. */
async function keysOf({ env }: CloudSetup): Promise<CellKeys> {
  const before = process.env.XDG_STATE_HOME;
  process.env.XDG_STATE_HOME = env.XDG_STATE_HOME;
  try {
    return await cellKeys('aws', 'edge', 'acme');
  } finally {
    if (before === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = before;
  }
}

async function toldKey(machine: Machine): Promise<string> {
  for (const until = Date.now() + 120_000; Date.now() < until; await delay(100)) {
    const [, hash] = /grafos-key-sha256 ([0-9a-f]{64})/.exec(machine.console()) ?? [];
    if (hash !== undefined) return hash;
  }
  throw new Error(`the machine told no key: ${machine.console().slice(-2000)}`);
}

/** Brings the bundle, and asks for nothing. */
async function bring(peer: DoorPeer, { file, bytes, sha256 }: Bundle): Promise<void> {
  using door = await DoorConnection.dial(peer, never);
  assert.equal((await door?.answer())?.bundle, null);
  assert.deepEqual(await door?.ask({ ask: 'bundle', bytes, sha256 }), { have: 0 });
  await door?.send(await readFile(file));
  assert.deepEqual(await door?.answer(), { ok: true });
}

async function askedBy(peer: DoorPeer, host: string): Promise<string> {
  using door = await DoorConnection.dial(peer, never);
  await door?.answer();
  const answered = await door?.ask({ ask: 'request', host });
  return String(answered?.request);
}

/** Enrols the machine while somebody else calls. */
async function enrolledBy(
  peer: DoorPeer,
  { authority }: CellKeys,
  address: string,
  meanwhile: () => Promise<boolean>,
): Promise<{ late: Promise<boolean> }> {
  using door = await DoorConnection.dial(peer, never);
  await door?.answer();
  const asked = String((await door?.ask({ ask: 'request', host: address }))?.request);
  const late = meanwhile();
  late.catch(() => {});
  const { answer } = signCellRequest({ request: asked, authority, cellId: CELL_ID, hosts: [address], days: 90 });
  assert.deepEqual(await door?.ask({ ask: 'answer', answer }), { done: true });
  return { late };
}

function spkiOf(requests: string): string[] {
  return readSigningRequests(requests).map(({ publicKey }) =>
    publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  );
}

async function provisioned({ run }: CloudSetup): Promise<void> {
  const { code, stdout, stderr } = await run(['cloud', 'provision', 'aws', '--name', 'edge', '--yes', '--json']);
  assert.equal(code, 0, stdout + stderr);
}
