/**
 * A whole local stack from source: three real daemons and a program of WAT tasklets, as
 * `grafos dev up` makes one.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connectScheduler, type SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import { writeDevTrust } from '../../toolchain/trust/devTrust.ts';
import { compileWat } from '../helpers/compileWat.ts';
import { WAT, watProgram } from '../helpers/watTasklets.ts';
import { type SourceDaemon, spawnFromSource } from './spawnFromSource.ts';

export interface LocalStack extends AsyncDisposable {
  dir: string;
  url: string;
  port: number;
  bearer: string;
  /** The tenant's own client, as the CLI has one. */
  tenant: SchedulerClient;
  /** SHA-256 and size are what the runs must name. */
  moduleOf(name: string): Promise<Buffer>;
  endHelper(): Promise<void>;
}

const CELL = 'local-test';
const TENANT = 'dev-tenant';

export async function startLocalStack(tasklets: Array<keyof typeof WAT>): Promise<LocalStack> {
  const stack = new AsyncDisposableStack();
  try {
    const dir = await mkdtemp(join(tmpdir(), 'grafos-stack-'));
    stack.defer(async () => await rm(dir, { recursive: true, force: true }));
    for (const [path, text] of Object.entries(watProgram(...tasklets))) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    }
    await mkdir(join(dir, 'build'));
    const moduleOf = async (name: string) => await readFile(join(dir, 'build', `${name}.wasm`));
    for (const name of tasklets) await writeFile(join(dir, 'build', `${name}.wasm`), compileWat(WAT[name]));

    const trust = writeDevTrust(join(dir, 'trust'), { tenant: TENANT, cellId: CELL });
    const start = async (name: 'fabricbiosd' | 'scheduler' | 'helper', args: string[]) => {
      const daemon = await spawnFromSource(name, args);
      stack.use(daemon);
      if (!daemon.line.ready)
        throw new Error(`${name}: ${JSON.stringify(daemon.line.error)}\n${daemon.stderr.join('\n')}`);
      return { daemon, facts: daemon.line.facts };
    };
    const pair = ({ cert, key }: { cert: string; key: string }) => ['--ca', trust.ca, '--cert', cert, '--key', key];
    const fabric = await start('fabricbiosd', [
      ...['control-server', '--bind', '127.0.0.1:0', '--mem-dp-bind', '127.0.0.1:0', '--transport', 'tcp'],
      ...['--mem-capacity', '131072', '--cell-id', CELL, '--provider', 'local', '--region', 'local', '--workers', '1'],
      ...pair(trust.fabricbiosd),
      ...['--mem-dp-cert', trust.memDataplane.cert, '--mem-dp-key', trust.memDataplane.key],
    ]);
    const scheduler = await start('scheduler', [
      ...['--fabric', fabric.facts.control, '--fabric-transport', 'tcp', '--cell-id', CELL],
      ...pair(trust.scheduler),
      ...['--state-dir', dir],
    ]);
    const client = async ({ cert, key }: { cert: string; key: string }) => {
      const [caPem, certPem, keyPem] = await Promise.all([trust.ca, cert, key].map((file) => readFile(file, 'utf8')));
      const made = await connectScheduler({
        url: scheduler.facts.url,
        caPem: caPem ?? '',
        certPem: certPem ?? '',
        keyPem: keyPem ?? '',
        cellId: CELL,
      });
      stack.defer(() => made.close());
      return made;
    };
    const admin = await client(trust.admin);
    await admin.promote();
    await admin.createTenant(TENANT, await readFile(trust.tenant.cert, 'utf8'));

    const bearerFile = join(dir, 'bearer');
    const helper = await start('helper', [
      ...['--project', dir, '--scheduler', 'lifeline', '--cell-id', CELL, '--bearer-file', bearerFile],
      ...pair(trust.tenant),
    ]);
    helper.daemon.tell(`scheduler ${scheduler.facts.url}`);
    const { url } = helper.facts;
    const daemons: SourceDaemon[] = [helper.daemon];
    const tenant = await client(trust.tenant);
    const owned = stack.move();
    return {
      dir,
      url,
      port: Number(new URL(url).port),
      bearer: (await readFile(bearerFile, 'utf8')).trim(),
      tenant,
      moduleOf,
      endHelper: async () => {
        for (const daemon of daemons) await daemon[Symbol.asyncDispose]();
      },
      [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
