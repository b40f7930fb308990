import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
import { signCellRequest } from '../../toolchain/cell/signCellRequest.ts';
import type { CloudCellStatus } from '../../toolchain/cloud/cloudStatus.ts';
import { connectTarget } from '../../toolchain/deploy/connectTarget.ts';
import { directTarget } from '../../toolchain/deploy/resolveProvider.ts';
import { shownCertificate } from '../../toolchain/deploy/shownCertificate.ts';
import { loadAuthority } from '../../toolchain/trust/authority.ts';
import { awsModelsMissing } from '../fakeCloud/awsModel.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import { CALLER_ADDRESS, type MachineNetwork, STRANGER_ADDRESS } from '../fakeCloud/machineNetwork.ts';
import { type CloudSetup, cloudSetup } from '../helpers/cloudSetup.ts';
import { foundIn, keysIn } from '../helpers/keyMaterial.ts';

/** A packet that a firewall drops has no answer, milliseconds. */
const TRY_MS = 3_000;

const missing = debianMachinesMissing() ?? awsModelsMissing();

for (const provider of ['aws', 'gcp'] as const) {
  describe(`a cell in ${provider}${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
    before(function () {
      if (missing !== undefined) this.skip();
    });

    it('comes by one command, runs what runs here, survives a reboot, and goes by one command', async function () {
      this.timeout(600_000);
      await using setup = await cloudSetup();
      const { cloud, run } = setup;
      const of = ['--name', 'edge', '--json'];
      const plan = await done<{ resources: object[]; open: object[]; price: object }>(
        run(['cloud', 'provision', provider, ...of, '--plan']),
      );
      assert.deepEqual(plan.price.constructor, Object);
      assert.deepEqual(
        plan.open.map((one) => ({ ...one, until: undefined })),
        [7443, 7444].map((port) => ({ port, from: `${CALLER_ADDRESS}/32`, until: undefined })),
      );
      assert.equal(inventory(setup, provider).length, 0, 'a plan makes nothing');

      const made = await done<{ cell_id: string; cell: { scheduler_url: string }; keys: string }>(
        run(['cloud', 'provision', provider, ...of, '--yes']),
      );
      assert.equal(made.cell_id, `${provider}-edge`);
      assert.equal(inventory(setup, provider).length, plan.resources.length);
      assert.deepEqual(openPorts(setup, provider), [7443], 'the door is shut from outside');
      assert.deepEqual(await reached(networkOf(setup, provider)), {
        'caller 7443': true,
        'caller 7444': false,
        'stranger 7443': false,
        'stranger 7444': false,
        'stranger 7443 by a rule': true,
      });

      await done(run(['tasklet', 'build', '--json']));
      await done(run(['dev', 'up', '--json']));
      const deploy = (to: string) =>
        done<RunResponse>(
          run(['deploy', 'run', '--tasklet', 'echo', '--provider', to, '--input', 'grafos.toml', '--yes', '--json']),
        );
      const [here, there] = [await deploy('local'), await deploy(provider)];
      assert.equal(there.cell_id, `${provider}-edge`);
      await done(run(['dev', 'down', '--json']));
      assert.deepEqual([there.output_sha256, there.fuel_used], [here.output_sha256, here.fuel_used]);

      // Once more is no change: the same machine, and no second of anything.
      const before = inventory(setup, provider);
      await done(run(['cloud', 'provision', provider, ...of, '--yes']));
      assert.deepEqual(inventory(setup, provider), before);

      const renewed = await done<{ not_after: string }>(run(['cloud', 'renew', provider, ...of]));
      assert.ok(Date.parse(renewed.not_after) > Date.now() + 89 * 86_400_000);
      await renewFor(9, made.cell.scheduler_url, made.keys, made.cell_id);
      assert.match(String((await status(setup)).next), /ends in 8 days. Renew it: grafos cloud renew/);
      const again = await run(['cloud', 'provision', provider, ...of, '--yes', '--steps']);
      assert.match(again.stderr, /renewing its certificate, which ends in 8 days/);
      const { certificate_ends: ends } = await status(setup);
      assert.ok(Date.parse(String(ends)) > Date.now() + 89 * 86_400_000, String(ends));
      await machineOf(setup, provider).reboot();
      await done(run(['cloud', 'provision', provider, ...of, '--yes']));
      const runs = await done<Array<{ run_id: string }>>(run(['runs', 'list', '--provider', provider, '--json']));
      assert.deepEqual(
        runs.map(({ run_id }) => run_id),
        [there.run_id],
        'the runs are kept',
      );
      const after = await status(setup);
      assert.deepEqual(
        [after.healthy, after.next, after.certificate_ends],
        [true, null, ends],
        'also after the reboot',
      );

      const machine = machineOf(setup, provider);
      // Those of the machine, of its door and of its cell.
      const machineKeys = keysIn(join(machine.root, 'var/lib'));
      assert.ok(machineKeys.length > 100, `${machineKeys.length} forms`);
      const console = machine.console();
      if (provider === 'aws') assert.match(console, /grafos-key-sha256/);

      const away = await done<{ left: object[] }>(run(['cloud', 'destroy', provider, ...of, '--yes']));
      assert.deepEqual(away.left, []);
      assert.deepEqual(inventory(setup, provider), []);
      assert.deepEqual(await done(run(['cloud', 'list', provider, '--json'])), []);
      assert.deepEqual(
        JSON.parse(await readFile(join(setup.program.path, `.grafos/cloud/${provider}-cells.json`), 'utf8')),
        [],
      );

      assert.deepEqual(
        cloud.calls.flatMap(({ name, findings }) => findings.map((one) => `${name}: ${one}`)),
        [],
      );
      assert.deepEqual(cloud.faults, []);
      const secrets = [...keysIn(made.keys), ...machineKeys];
      const said = [...cloud.sent, Buffer.from([...setup.shown, console].join('\n'))];
      assert.deepEqual(foundIn(Buffer.concat(said), secrets), []);
    });
  });
}

async function done<Value>(running: Promise<{ code: number | null; stdout: string; stderr: string }>): Promise<Value> {
  const { code, stdout, stderr } = await running;
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  return JSON.parse(stdout) as Value;
}

/** The state of the one cell, once its parts are connected with their new certificates. */
async function status({ run }: CloudSetup): Promise<CloudCellStatus> {
  for (;;) {
    const { stdout, stderr } = await run(['cloud', 'status', '--json']);
    const [cell] = JSON.parse(stdout) as CloudCellStatus[];
    assert.ok(cell, stdout + stderr);
    if (cell.healthy) return cell;
    await delay(200);
  }
}

/** Gives a cell certificates of a life of its own, as time would. */
async function renewFor(days: number, url: string, folder: string, cellId: string): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  const file = (name: string) => join(folder, name);
  const files = { ca: file('ca.pem'), cert: file('admin-owner.pem'), key: file('admin-owner-key.pem') };
  const target = await directTarget(url, files, '');
  using owner = await connectTarget(target, signal);
  const request = await owner.requestRenewal({ signal });
  const authority = loadAuthority(target.caPem, await readFile(file('ca-key.pem'), 'utf8'));
  const hosts = [new URL(url).hostname];
  const { answer, schedulerDer } = signCellRequest({ request, authority, cellId, hosts, days });
  await owner.renew(answer, { signal });
  while (!(await shownCertificate(target, signal)).raw.equals(schedulerDer)) await delay(100, undefined, { signal });
}

/** The names of all that the account has, without what comes and goes with a machine. */
function inventory({ cloud }: CloudSetup, provider: 'aws' | 'gcp'): string[] {
  if (provider === 'gcp') return [...cloud.gcp.resources.keys()].sort();
  const stacks = [...cloud.aws.stacks.all.values()].filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
  const own = [...cloud.aws.resources.all.values()].filter(
    ({ type }) => type !== 'AWS::EC2::Volume' && type !== 'AWS::EC2::NetworkInterface',
  );
  return [...stacks.map(({ StackId }) => StackId), ...own.map(({ id }) => id)].sort();
}

function machineOf({ cloud }: CloudSetup, provider: 'aws' | 'gcp') {
  const held = provider === 'aws' ? cloud.aws.resources.all.values() : cloud.gcp.resources.values();
  const machine = [...held].find((one) => one.machine !== undefined)?.machine;
  assert.ok(machine);
  return machine;
}

function networkOf({ cloud }: Pick<CloudSetup, 'cloud'>, provider: 'aws' | 'gcp'): MachineNetwork {
  const held = provider === 'aws' ? cloud.aws.resources.all.values() : cloud.gcp.resources.values();
  const network = [...held].find((one) => one.network !== undefined)?.network;
  assert.ok(network);
  return network;
}

/**
 * Tries the ports of a machine from the caller's address and from another one. The last try, with a
 * rule for the stranger, shows that it was the firewall that kept the stranger out.
 */
async function reached(network: MachineNetwork): Promise<Record<string, boolean>> {
  network.addStranger();
  const tries = { caller: CALLER_ADDRESS, stranger: STRANGER_ADDRESS };
  const found: Record<string, boolean> = {};
  for (const [who, from] of Object.entries(tries))
    for (const port of [7443, 7444]) found[`${who} ${port}`] = await connects(from, network.address, port);
  network.allow([CALLER_ADDRESS, STRANGER_ADDRESS].map((from) => ({ from, port: 7443 })));
  found['stranger 7443 by a rule'] = await connects(STRANGER_ADDRESS, network.address, 7443);
  network.allow([{ from: CALLER_ADDRESS, port: 7443 }]);
  return found;
}

function connects(localAddress: string, host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ localAddress, host, port });
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.setTimeout(TRY_MS, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** The ports that the firewall before the machine lets the caller's address reach. */
function openPorts({ cloud }: Pick<CloudSetup, 'cloud'>, provider: 'aws' | 'gcp'): number[] {
  const network = networkOf({ cloud }, provider);
  const rules = execFileSync('ip', ['netns', 'exec', network.namespace, 'nft', 'list', 'ruleset'], {
    encoding: 'utf8',
  });
  const lines = [...rules.matchAll(/ip saddr (\S+) tcp dport (\d+) accept/g)];
  assert.deepEqual([...new Set(lines.map(([, from]) => from))], [CALLER_ADDRESS]);
  return lines.map(([, , port]) => Number(port));
}
