import type { AuditRecord, Health, Inventory } from '../../wire/tenantApi.ts';
import type { AuditLog } from '../audit/auditLog.ts';
import { type AuditQuery, readAudit } from '../audit/readAudit.ts';
import type { FabricLink } from '../fabric/fabricLink.ts';
import type { SchedulerRole } from '../schedulerRole.ts';
import type { DecisionTable } from '../store/decisionTable.ts';
import type { Call, Handlers } from './call.ts';

export interface CellRouteParts {
  version: string;
  cellId: string;
  stateDir: string;
  link: FabricLink;
  role: SchedulerRole;
  decisions: DecisionTable;
  auditLog: AuditLog;
  /** Resolves when the first attempt to reach the cell is decided, or has taken too long. */
  firstConnect: Promise<void>;
}

type CellHandlers = Pick<Handlers, 'admissions' | 'placements' | 'inventory' | 'audit' | 'promote'>;

export function healthOf({ version, cellId, link, role }: CellRouteParts): Health {
  const { identity, healthy, lastHeartbeat } = link.status();
  return {
    status: healthy ? 'ok' : 'degraded',
    mode: 'cell',
    role: role.get(),
    version,
    cell_id: cellId,
    cell: identity,
    last_heartbeat: rfc3339(lastHeartbeat),
  };
}

export function createCellRoutes(parts: CellRouteParts): CellHandlers {
  const { stateDir, link, role, decisions, auditLog, firstConnect } = parts;
  return {
    admissions: (call) => ({
      status: 200,
      json: { admissions: decisions.admissions(scope(call), Number(call.query.limit)) },
    }),
    placements: (call) => ({
      status: 200,
      json: { placements: decisions.placements(scope(call), Number(call.query.limit)) },
    }),
    inventory: async () => {
      await link.refresh();
      const { identity, inventory, healthy, lastHeartbeat } = link.status();
      const cell =
        identity !== null && inventory !== null
          ? [{ ...identity, inventory, healthy, last_heartbeat: rfc3339(lastHeartbeat) }]
          : [];
      const json: Inventory = { cells: cell };
      return { status: 200, json };
    },
    audit: async (call) => {
      call.allow(null);
      auditLog.flush();
      const records: AuditRecord[] = await readAudit(stateDir, call.query as unknown as AuditQuery);
      return { status: 200, json: { records } };
    },
    promote: async () => {
      await role.promote();
      // Who promotes a scheduler that was just started wants to know whether it can run something.
      await firstConnect;
      return { status: 200, json: healthOf(parts) };
    },
  };
}

/** Whose records the caller may see: null is everybody's. */
function scope({ actor }: Call): string | null {
  return actor.role === 'admin' ? null : actor.name;
}

function rfc3339(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
