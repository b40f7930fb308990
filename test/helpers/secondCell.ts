import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../base/packageRoot.ts';
import { grafosJson } from './grafosCommand.ts';
import { networkNamespace } from './networkNamespace.ts';
import { temporaryFolder } from './temporaryFolder.ts';

export interface SecondCell extends AsyncDisposable {
  url: string;
  address: string;
  cellId: string;
  tenant: string;
  ca: string;
  tenantCert: string;
  tenantKey: string;
  admin: { cert: string; key: string };
}

/**
 * A cell as a cloud has it: on a host of its own, with a trust root of its own that `grafos admin`
 * made, promoted, with one tenant. The daemons are the built ones. All of it ends with the block.
 */
export async function secondCell(
  provider: 'aws' | 'gcp' | 'azure',
  region: string,
  tenant = 'acme',
): Promise<SecondCell> {
  await using cleanup = new AsyncDisposableStack();
  const folder = cleanup.use(await temporaryFolder('grafos-cell-'));
  const host = cleanup.use(networkNamespace());
  const cellId = `${provider}-${region}-1`;
  const trust = join(folder.path, 'trust');
  const admin = (...args: string[]) =>
    grafosJson<{ cert: string; key: string }>(['admin', ...args], { cwd: folder.path });
  const ca = await admin('init-ca', '--out', join(trust, 'ca'), '--days', '30');
  const issue = (command: string, name: string, role: string, ...more: string[]) =>
    admin(
      command,
      name,
      '--role',
      role,
      '--ca',
      ca.cert,
      '--ca-key',
      ca.key,
      '--out',
      join(trust, `${role}-${name}`),
      '--days',
      '10',
      ...more,
    );
  const cell = await issue('issue-server-cert', cellId, 'cell', '--host', host.address);
  const server = await issue('issue-server-cert', 'scheduler-1', 'scheduler', '--host', host.address);
  const tenantPair = await issue('issue-cert', tenant, 'tenant');
  const adminPair = await issue('issue-cert', 'root', 'admin');
  const state = join(folder.path, 'state');
  await mkdir(state);

  const fabric = await daemon<{ control: string; transport: string }>(cleanup, host.name, 'fabricbiosd', [
    'control-server',
    ...['--bind', '127.0.0.1:0', '--mem-dp-bind', `${host.address}:0`, '--mem-capacity', '128KiB'],
    ...['--cell-id', cellId, '--provider', provider, '--region', region],
    ...['--ca', ca.cert, '--cert', cell.cert, '--key', cell.key, '--mem-dp-cert', cell.cert, '--mem-dp-key', cell.key],
  ]);
  const scheduler = await daemon<{ url: string }>(cleanup, host.name, 'scheduler', [
    ...['--mode', 'cell', '--auth-mode', 'mtls+token', '--bind', `${host.address}:0`],
    ...['--fabric', fabric.control, '--fabric-transport', fabric.transport, '--cell-id', cellId],
    ...['--ca', ca.cert, '--cert', server.cert, '--key', server.key, '--state-dir', state],
  ]);
  const asAdmin = ['--scheduler', scheduler.url, '--ca', ca.cert, '--cert', adminPair.cert, '--key', adminPair.key];
  await grafosJson(['admin', 'promote', ...asAdmin], { cwd: folder.path });
  await grafosJson(['admin', 'create-tenant', tenant, '--tenant-cert', tenantPair.cert, ...asAdmin], {
    cwd: folder.path,
  });
  const owned = cleanup.move();
  return {
    url: scheduler.url,
    address: host.address,
    cellId,
    tenant,
    ca: ca.cert,
    tenantCert: tenantPair.cert,
    tenantKey: tenantPair.key,
    admin: adminPair,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * Starts a built daemon on the other host and reads the facts of its ready line. It ends with its
 * lifeline.
 */
async function daemon<Facts>(
  cleanup: AsyncDisposableStack,
  namespace: string,
  name: string,
  args: string[],
): Promise<Facts> {
  const child: ChildProcess = spawn(
    'ip',
    [
      'netns',
      'exec',
      namespace,
      process.execPath,
      join(packageRoot, 'dist', 'daemons', `${name}.js`),
      ...args,
      '--lifeline',
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const exited = once(child, 'exit');
  cleanup.defer(async () => {
    child.stdin?.destroy();
    await exited;
  });
  if (child.stdout === null) throw new Error('no stdout');
  const lines = createInterface(child.stdout);
  const line = await Promise.race([once(lines, 'line'), exited.then(() => [''])]);
  const ready = line[0] === '' ? undefined : JSON.parse(line[0]);
  if (!ready?.ready) throw new Error(`${name} did not start: ${line[0]}\n${log}`);
  return ready.facts;
}
