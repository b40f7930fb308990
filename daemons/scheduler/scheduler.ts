/**
 * Puts the scheduler together: store, audit log, link to the cell, runs, and the tenant API on top.
 */

import type { CellProcess } from '../protocol/cellProcess.ts';
import type { DaemonLog } from '../protocol/daemonLog.ts';
import type { PeerFiles } from '../protocol/peerFiles.ts';
import { StateFolder } from '../protocol/stateFolder.ts';
import { openAuditLog } from './audit/auditLog.ts';
import { authenticator } from './auth/authenticate.ts';
import { bulkThread } from './bulk/bulkThread.ts';
import { CellGuard } from './fabric/cellGuard.ts';
import type { CellNews, CellSession } from './fabric/cellSession.ts';
import { fabricLink } from './fabric/fabricLink.ts';
import { startApiServer } from './http/apiServer.ts';
import { cellRoutes, health } from './http/cellRoutes.ts';
import { moduleRoutes } from './http/moduleRoutes.ts';
import { runRoutes } from './http/runRoutes.ts';
import { tenantRoutes } from './http/tenantRoutes.ts';
import { moduleStore } from './moduleStore.ts';
import { openapiDocument } from './openapi/openapiDocument.ts';
import { leaseLedger } from './runs/leaseLedger.ts';
import { runContent } from './runs/runContent.ts';
import { runFeed } from './runs/runFeed.ts';
import { endAbandonedRuns, runService } from './runs/runService.ts';
import { schedulerRole } from './schedulerRole.ts';
import { openCellStore } from './store/cellStore.ts';
import { decisionTable } from './store/decisionTable.ts';
import { runFiles } from './store/runFiles.ts';
import { runTable } from './store/runTable.ts';
import { tenantTable } from './store/tenantTable.ts';
import { tokenTable } from './store/tokenTable.ts';

export interface SchedulerOptions {
  host: string;
  port: number;
  files: PeerFiles;
  cellId: string;
  /** Absolute; made when it is not there. Holds cell.db, audit.jsonl, modules/ and runs/. */
  stateDir: string;
  version: string;
  log: DaemonLog;
  connectCell: (news: CellNews) => Promise<CellSession>;
  /** Absolute path of `dev.json`, where a local stack has one. */
  stateFile?: string | undefined;
  /** The cell's process, of a stack whose scheduler is to start it again. */
  cellProcess?: Promise<CellProcess>;
}

export interface Scheduler {
  url: string;
  /** Transport of the first link to the cell; pending until there is one. */
  linked: Promise<'quic' | 'tcp'>;
  stop(): Promise<void>;
}

/**
 * Time that the first submit and a promotion wait for the cell, which starts beside the scheduler,
 * milliseconds.
 */
const FIRST_CONNECT_MS = 5_000;

/** For answers under way when the scheduler is asked to stop. */
const DRAIN_MS = 100;

/** @throws {GrafosError} state_unsafe; the codes of the store, the trust files and the address */
export async function startScheduler(options: SchedulerOptions): Promise<Scheduler> {
  const { host, port, files: trust, cellId, stateDir, version, log, connectCell, stateFile, cellProcess } = options;
  StateFolder.at(stateDir);
  const store = openCellStore(stateDir);
  const undo: Array<() => void> = [() => store.close()];
  try {
    const auditLog = openAuditLog(stateDir, { onError: (error) => log.error(`audit: ${String(error)}`) });
    undo.push(() => auditLog.close());
    const runs = runTable(store);
    const abandoned = endAbandonedRuns(store, runs);
    if (abandoned > 0)
      log.warn(`${abandoned} runs were in flight when the last scheduler ended; they end as worker_lost`);
    const files = runFiles(stateDir, (runId) => runs.byId(runId) !== undefined);
    const bulk = bulkThread();
    const content = runContent({ runs, files, bulk });
    const tenants = tenantTable(store);
    const decisions = decisionTable(store);
    const modules = moduleStore(stateDir, store);
    const leases = leaseLedger();
    const role = schedulerRole(store);
    const guard = stateFile === undefined ? null : new CellGuard({ stateFile, stateDir, log });
    undo.push(() => guard?.stop());
    void cellProcess?.then((cell) => guard?.watch(cell));
    let news: CellNews | undefined;
    const link = fabricLink({
      cellId,
      log,
      connect: () =>
        connectCell({
          running: (runId) => news?.running(runId),
          log: (runId, text) => news?.log(runId, text),
        }),
      onConnected: async (session) => leases.replace(await session.leases()),
      onLost: (lost) => void guard?.linkLost(lost),
      onEnded: (module) => guard?.suspects.ended(module),
    });
    undo.push(() => link.stop());
    const feed = runFeed();
    const service = runService({
      store,
      runs,
      files,
      decisions,
      tenants,
      modules,
      leases,
      link,
      feed,
      log,
      suspects: guard?.suspects ?? null,
    });
    news = service.news;

    const firstConnect = Promise.race([link.firstAttempt, pause(FIRST_CONNECT_MS)]);
    const cell = { version, cellId, stateDir, link, role, decisions, auditLog, firstConnect };
    const { mustBeActive } = role;
    const document = openapiDocument(version);
    const server = await startApiServer({
      host,
      port,
      files: trust,
      log,
      audit: auditLog,
      largeSubmit: bulk.largeSubmit,
      authenticate: authenticator({ cellId, tenants, tokens: tokenTable(store) }),
      open: {
        health: () => ({ status: 200, json: health(cell) }),
        openapi: () => ({ status: 200, json: document }),
      },
      handlers: {
        ...moduleRoutes({ modules, mustBeActive }),
        ...runRoutes({ service, runs, content, feed, link, mustBeActive, firstConnect }),
        ...tenantRoutes({ caPem: trust.caPem, store, tenants, runs, files, modules, service, feed }),
        ...cellRoutes(cell),
      },
    });
    return {
      url: server.url,
      linked: link.firstCell.then(({ transport }) => transport),
      stop: async () => {
        guard?.stop();
        // Runs end first: that is what held answers and event streams wait for.
        const drained = server.drain(DRAIN_MS);
        await service.stop();
        feed.stop();
        await drained;
        await server.close();
        await bulk.stop();
        link.stop();
        auditLog.close();
        store.close();
      },
    };
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw error;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
