/**
 * A scheduler in this process over a real wire, with certificates of its own and a stand-in for the
 * cell.
 */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DaemonLog } from '../../daemons/kit/daemonLog.ts';
import type { PeerFiles } from '../../daemons/peers/peerFiles.ts';
import { certificateThumbprint, mintTenantToken } from '../../daemons/peers/tenantToken.ts';
import { type Scheduler, startScheduler } from '../../daemons/scheduler/start.ts';
import { connectScheduler, type SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { PeerRole } from '../../daemons/wire/peerRole.ts';
import type { AuditRecord, RunSubmit } from '../../daemons/wire/tenantApi.ts';
import { type Authority, createAuthority } from '../../toolchain/trust/authority.ts';
import { type StandInCell, standInCell } from './standInCell.ts';

export const CELL_ID = 'cell-test-1';

export interface Harness {
  url: string;
  dir: string;
  cell: StandInCell;
  authority: Authority;
  logged: string[];
  /** A certificate of this stack's CA, or of another. */
  issue(role: PeerRole, name: string, authority?: Authority): PeerFiles;
  client(files: PeerFiles, cellId?: string): Promise<SchedulerClient>;
  /** The tenant `name`, registered. */
  tenant(name?: string): Promise<{ files: PeerFiles; client: SchedulerClient }>;
  admin: SchedulerClient;
  audit(filter: { reason?: string; action?: string }): Promise<AuditRecord[]>;
  /** Stops the scheduler and starts another on the same folder. The clients are new. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startHarness(options: { promote?: boolean; dir?: string } = {}): Promise<Harness> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'grafos-scheduler-'));
  // Older than what it issues, so that it can also have issued what is out of date by now.
  const authority = createAuthority({ name: 'test CA', days: 60, now: new Date(Date.now() - 30 * 86_400_000) });
  const cell = standInCell(CELL_ID);
  const logged: string[] = [];
  const clients: SchedulerClient[] = [];
  let scheduler: Scheduler | undefined;

  const issue: Harness['issue'] = (role, name, by = authority) => {
    const hosts = role === 'scheduler' || role === 'cell' ? { hosts: ['127.0.0.1', 'localhost'] } : {};
    const { certPem, keyPem } = by.issue({ role, name, days: 1, ...hosts });
    return { caPem: authority.certPem, certPem, keyPem };
  };
  const files = issue('scheduler', CELL_ID);
  const adminFiles = issue('admin', 'root');
  const line = (text: string): void => void logged.push(text);
  const log: DaemonLog = { info: line, warn: line, error: line };

  const harness: Harness = {
    url: '',
    dir,
    cell,
    authority,
    logged,
    issue,
    client: async (peer, cellId = CELL_ID) => {
      const client = await connectScheduler({ url: harness.url, cellId, ...peer });
      clients.push(client);
      return client;
    },
    tenant: async (name = 'dev-tenant') => {
      const peer = issue('tenant', name);
      await harness.admin.createTenant(name, peer.certPem, { rotate: true });
      return { files: peer, client: await harness.client(peer) };
    },
    admin: undefined as unknown as SchedulerClient,
    audit: async (filter) => (await harness.admin.audit({ limit: 1000, ...filter })).value,
    restart: async () => {
      await end();
      await start();
    },
    close: async () => {
      await end();
      rmSync(dir, { recursive: true, force: true });
    },
  };

  const start = async (): Promise<void> => {
    scheduler = await startScheduler({
      host: '127.0.0.1',
      port: 0,
      files,
      cellId: CELL_ID,
      stateDir: dir,
      version: '0.0.0-test',
      log,
      connectCell: (news) => cell.connect(news),
    });
    harness.url = scheduler.url;
    harness.admin = await harness.client(adminFiles);
    if (options.promote !== false) await harness.admin.promote();
  };
  const end = async (): Promise<void> => {
    for (const client of clients.splice(0)) client.close();
    await scheduler?.stop();
    scheduler = undefined;
  };
  try {
    await start();
  } catch (error) {
    await harness.close();
    throw error;
  }
  return harness;
}

export const MODULE = Buffer.from('a module, as far as a scheduler can tell');
export const MODULE_SHA256 = createHash('sha256').update(MODULE).digest('hex');

/** A submit. The name of the tasklet decides what the stand-in does with it. */
export function submitOf(tasklet: string, more: Partial<RunSubmit> & { input?: string } = {}): RunSubmit {
  const { input = '', ...rest } = more;
  return {
    program: 'prog',
    tasklet,
    version: '1.0.0',
    module_sha256: MODULE_SHA256,
    input_b64: Buffer.from(input).toString('base64'),
    mem_bytes: 0,
    fuel: 500_000,
    linear_memory_bytes: 1024 * 1024,
    timeout_ms: 10_000,
    ...rest,
  };
}

/** A token as our client makes it, or a spoilt one. */
export function tokenOf(files: PeerFiles, more: Partial<Parameters<typeof mintTenantToken>[0]> = {}): string {
  const certificate = new X509Certificate(files.certPem);
  const subject = /grafos:\/\/([^,]+)/.exec(certificate.subjectAltName ?? '')?.[1] ?? '';
  const x5tS256 = certificateThumbprint(certificate.raw);
  return mintTenantToken({ key: createPrivateKey(files.keyPem), subject, audience: CELL_ID, x5tS256, ...more }).token;
}
