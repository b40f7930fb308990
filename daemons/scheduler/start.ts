/**
 * Puts the scheduler together: store, audit log, link to the cell, runs, and the tenant API on top.
 */

import { StateFolder } from '../../base/files/stateFolder.ts';
import type { DaemonLog } from '../kit/daemonLog.ts';
import type { PeerFiles } from '../peers/peerFiles.ts';
import type { CellProcess } from '../wire/cellProcess.ts';
import type { SchedulerStatus } from '../wire/schedulerStatus.ts';
import { type AuditLog, openAuditLog } from './audit/auditLog.ts';
import { createAuthenticator } from './auth/authenticate.ts';
import { createBulkThread } from './bulk/bulkThread.ts';
import { CellGuard } from './fabric/cellGuard.ts';
import type { CellNews, CellSession } from './fabric/cellSession.ts';
import { createFabricLink, type FabricLink } from './fabric/fabricLink.ts';
import { type ApiServer, startApiServer } from './http/apiServer.ts';
import { createCellRoutes, healthOf } from './http/createCellRoutes.ts';
import { createModuleRoutes } from './http/createModuleRoutes.ts';
import { createRunRoutes } from './http/createRunRoutes.ts';
import { createTenantRoutes } from './http/createTenantRoutes.ts';
import { createModuleStore } from './moduleStore.ts';
import { openapiDocument } from './openapi/openapiDocument.ts';
import { createCellDoor } from './renewal/cellDoor.ts';
import { renewalRoutes } from './renewal/renewalRoutes.ts';
import { endAbandonedRuns } from './runs/finishRun.ts';
import { createLeaseLedger } from './runs/leaseLedger.ts';
import { createRunContent } from './runs/runContent.ts';
import { createRunFeed, type RunFeed } from './runs/runFeed.ts';
import { RunGrants } from './runs/runGrants.ts';
import { createRunService, type RunService } from './runs/runService.ts';
import { createSchedulerRole, type SchedulerRole } from './schedulerRole.ts';
import { type CellStore, openCellStore } from './store/cellStore.ts';
import { createDecisionTable } from './store/decisionTable.ts';
import { createRunFiles } from './store/runFiles.ts';
import { createRunTable } from './store/runTable.ts';
import { createTenantTable } from './store/tenantTable.ts';
import { createTokenTable } from './store/tokenTable.ts';

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
  /** Path of the local socket of the process that runs the cell and keeps its keys. */
  door?: string | undefined;
  /** Absolute path of `dev.json`, where a local stack has one. */
  stateFile?: string | undefined;
  /** The cell's process, of a stack whose scheduler is to start it again. */
  cellProcess?: Promise<CellProcess>;
}

export interface Scheduler {
  url: string;
  /** Transport of the first link to the cell; pending until there is one. */
  linked: Promise<'quic' | 'tcp'>;
  /** Facts for the process that runs this scheduler and has no certificate of a tenant. */
  status(): SchedulerStatus;
  /**
   * Resolves once the cell is linked again.
   *
   * @throws {CellLostError} when it does not come back
   */
  connected(): Promise<void>;
  /** Resolves once no run is under way. */
  idle(): Promise<void>;
  /** Refuses new runs from now on, and resolves once no run is under way. */
  drain(): Promise<void>;
  /**
   * Takes another certificate and key of the same CA for new connections.
   *
   * @returns false when the CA is another, which only a new start takes
   */
  renew(files: PeerFiles): boolean;
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
  StateFolder.at(options.stateDir);
  const store = openCellStore(options.stateDir);
  const undo: Array<() => void> = [() => store.close()];
  try {
    const { stateDir, log } = options;
    const auditLog = openAuditLog(stateDir, { onError: (error) => log.error(`audit: ${String(error)}`) });
    undo.push(() => auditLog.close());
    const tables = openTables(store, options);
    const cell = linkCell(options, undo);
    const { link, guard, grants, leases } = cell;
    const feed = createRunFeed();
    const suspects = guard?.suspects ?? null;
    const service = createRunService({ ...tables, store, leases, link, feed, log, grants, suspects });
    cell.hear(service.news);
    const role = createSchedulerRole(store);
    const server = await startServer(options, { ...tables, store, auditLog, link, feed, service, role });
    return {
      url: server.url,
      status: () => {
        const { identity, healthy, lastHeartbeat } = link.status();
        return {
          role: role.get(),
          cell:
            healthy && identity !== null ? { transport: identity.transport, started_at: identity.started_at } : null,
          last_heartbeat: lastHeartbeat === null ? null : new Date(lastHeartbeat).toISOString(),
          runs_active: service.active(),
          runs_kept: tables.runs.count(),
        };
      },
      connected: async () => void (await link.connected()),
      idle: service.idle,
      drain: service.drain,
      renew: (fresh) => {
        if (fresh.caPem !== options.files.caPem) return false;
        server.renew(fresh);
        // The object that new links to the cell read.
        Object.assign(options.files, fresh);
        return true;
      },
      linked: link.firstCell.then(({ transport }) => transport),
      stop: async () => {
        guard?.stop();
        // Runs end first: that is what held answers and event streams wait for.
        const drained = server.drain(DRAIN_MS);
        await service.stop();
        feed.stop();
        await drained;
        await server.close();
        await tables.bulk.stop();
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

type Tables = ReturnType<typeof openTables>;

function openTables(store: CellStore, { stateDir, log }: SchedulerOptions) {
  const runs = createRunTable(store);
  const abandoned = endAbandonedRuns(store, runs);
  if (abandoned > 0)
    log.warn(`${abandoned} runs were in flight when the last scheduler ended; they end as worker_lost`);
  const files = createRunFiles(stateDir, (runId) => runs.byId(runId) !== undefined);
  const bulk = createBulkThread();
  return {
    runs,
    files,
    bulk,
    content: createRunContent({ runs, files, bulk }),
    tenants: createTenantTable(store),
    decisions: createDecisionTable(store),
    modules: createModuleStore(stateDir, store),
  };
}

/** Links the scheduler to its cell, and watches the cell's process where there is one. */
function linkCell(options: SchedulerOptions, undo: Array<() => void>) {
  const { cellId, stateDir, log, connectCell, stateFile, cellProcess } = options;
  const leases = createLeaseLedger();
  const grants = new RunGrants();
  const guard = stateFile === undefined ? null : new CellGuard({ stateFile, stateDir, log });
  undo.push(() => guard?.stop());
  void cellProcess?.then((cell) => guard?.watch(cell));
  let news: CellNews | undefined;
  const reported: CellNews = {
    running: (runId) => news?.running(runId),
    log: (runId, text) => news?.log(runId, text),
  };
  const link = createFabricLink({
    cellId,
    log,
    connect: () => connectCell(reported),
    onConnected: async (session) => {
      grants.adopt(session.workers);
      leases.replace(await session.leases());
    },
    onLost: (lost) => void guard?.linkLost(lost),
    onEnded: (module) => guard?.suspects.ended(module),
  });
  undo.push(() => link.stop());
  return {
    leases,
    grants,
    guard,
    link,
    hear: (listener: CellNews): void => {
      news = listener;
    },
  };
}

interface ServerParts extends Tables {
  store: CellStore;
  auditLog: AuditLog;
  link: FabricLink;
  feed: RunFeed;
  service: RunService;
  role: SchedulerRole;
}

function startServer(options: SchedulerOptions, parts: ServerParts): Promise<ApiServer> {
  const { host, port, files: trust, cellId, stateDir, version, log } = options;
  const { store, auditLog, link, feed, service, role, runs, files, bulk, content, tenants, decisions, modules } = parts;
  const { mustBeActive } = role;
  const firstConnect = Promise.race([link.firstAttempt, pause(FIRST_CONNECT_MS)]);
  const cell = { version, cellId, stateDir, link, role, decisions, auditLog, firstConnect };
  const document = openapiDocument(version);
  return startApiServer({
    host,
    port,
    files: trust,
    log,
    audit: auditLog,
    largeSubmit: bulk.largeSubmit,
    authenticate: createAuthenticator({ cellId, tenants, tokens: createTokenTable(store) }),
    open: {
      health: () => ({ status: 200, json: healthOf(cell) }),
      openapi: () => ({ status: 200, json: document }),
    },
    handlers: {
      ...createModuleRoutes({ modules, mustBeActive }),
      ...createRunRoutes({ service, runs, content, feed, link, mustBeActive, firstConnect }),
      ...createTenantRoutes({ caPem: trust.caPem, store, tenants, runs, files, modules, service, feed }),
      ...createCellRoutes(cell),
      ...renewalRoutes(createCellDoor(options.door)),
    },
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
