import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../base/packageRoot.ts';
import { DOOR_PORT, SCHEDULER_PORT } from '../../toolchain/cloud/cellCloud.ts';
import type { DoorPeer } from '../../toolchain/cloud/enrol/doorConnection.ts';
import { createAuthority } from '../../toolchain/trust/authority.ts';
import { MachineNetwork } from '../fakeCloud/machineNetwork.ts';
import { temporaryFolder } from './temporaryFolder.ts';

/** The enrolment door of a machine that does not boot: the very script of the user data. */
export interface OpenDoor extends AsyncDisposable {
  folder: string;
  authority: ReturnType<typeof createAuthority>;
  peer: DoorPeer;
  ended: Promise<unknown>;
  /** Waits for a line that the door writes to its log. */
  said(pattern: RegExp): Promise<void>;
}

/** Opens a door in a network of its own and with a console of its own. */
export async function openDoor(seconds = 600): Promise<OpenDoor> {
  await using cleanup = new AsyncDisposableStack();
  const { path: folder } = cleanup.use(await temporaryFolder('grafos-door-'));
  const network = cleanup.use(new MachineNetwork());
  network.allow([DOOR_PORT, SCHEDULER_PORT].map((port) => ({ from: '0.0.0.0/0', port })));
  const authority = createAuthority({ name: 'test CA', days: 2 });
  await cp(join(packageRoot, 'media/cell/door.py'), join(folder, 'door.py'));
  await writeFile(join(folder, 'ca.pem'), authority.certPem);
  await writeFile(join(folder, 'console'), '');
  const facts = {
    provider: 'aws',
    region: 'eu-central-1',
    cell_id: 'aws-edge',
    door_port: DOOR_PORT,
    scheduler_port: SCHEDULER_PORT,
    seconds,
  };
  await writeFile(join(folder, 'door.json'), JSON.stringify(facts));
  const script = `mount --bind ${folder}/console /dev/console && mount -t tmpfs tmpfs /opt && exec /usr/bin/python3 ${folder}/door.py`;
  const child: ChildProcess = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'ip', 'netns', 'exec', network.namespace, 'unshare', '--mount', 'sh', '-c', script],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  cleanup.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const lines: string[] = [];
  const news = createInterface(child.stdout as NonNullable<typeof child.stdout>).on('line', (line) => lines.push(line));
  const owner = authority.issue({ role: 'admin', name: 'owner', days: 1 });
  const owned = cleanup.move();
  return {
    folder,
    authority,
    peer: {
      address: network.address,
      port: DOOR_PORT,
      keySha256: await toldKey(join(folder, 'console'), ended),
      certPem: owner.certPem,
      keyPem: owner.keyPem,
    },
    ended,
    async said(pattern) {
      while (!lines.some((line) => pattern.test(line)))
        await once(news, 'line', { signal: AbortSignal.timeout(20_000) });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The hash on the console, once it is there. */
async function toldKey(console: string, ended: Promise<unknown>): Promise<string> {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  for (;;) {
    const [, hash] = /grafos-key-sha256 ([0-9a-f]{64})/.exec(await readFile(console, 'utf8')) ?? [];
    if (hash !== undefined) return hash;
    if (isOver) throw new Error('the door ended before it told its key');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
