/**
 * The decisions on submits, newest first, for `admissions` and `placements`. One row has both
 * decisions on one submit.
 */
import type { Admission, Placement, RefusalReason } from '../../wire/tenantApi.ts';
import type { CellStore } from './cellStore.ts';

export interface Decision {
  at: number;
  run_id: string | null;
  tenant: string;
  program: string;
  tasklet: string;
  admission: RefusalReason | 'ok';
  /** Null when it was not admitted, so that nothing had to be placed. */
  placement: RefusalReason | 'ok' | null;
  cell_id: string | null;
}

export interface DecisionTable {
  /** Call inside {@link CellStore.change}. */
  insert(decision: Decision): void;
  /**
   * Changes a placement into a refusal: the cell had no room for the run after all. Call inside
   * {@link CellStore.change}.
   */
  refusePlacement(runId: string, reason: RefusalReason): void;
  admissions(tenant: string | null, limit: number): Admission[];
  placements(tenant: string | null, limit: number): Placement[];
}

export const DECISION_RETENTION = 20_000;

export function createDecisionTable(store: CellStore, retention = DECISION_RETENTION): DecisionTable {
  const insert = store.prepare(
    `INSERT INTO decisions (at, run_id, tenant, program, tasklet, admission, placement, cell_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const trim = store.prepare('DELETE FROM decisions WHERE seq <= ?');
  const refuse = store.prepare('UPDATE decisions SET placement = ?, cell_id = NULL WHERE run_id = ?');
  const all = store.prepare('SELECT * FROM decisions ORDER BY seq DESC LIMIT ?');
  const ofTenant = store.prepare('SELECT * FROM decisions WHERE tenant = ? ORDER BY seq DESC LIMIT ?');
  const allPlaced = store.prepare('SELECT * FROM decisions WHERE placement IS NOT NULL ORDER BY seq DESC LIMIT ?');
  const placedOfTenant = store.prepare(
    'SELECT * FROM decisions WHERE tenant = ? AND placement IS NOT NULL ORDER BY seq DESC LIMIT ?',
  );

  return {
    insert: (decision) => {
      const { at, run_id, tenant, program, tasklet, admission, placement, cell_id } = decision;
      const seq = Number(
        insert.run(at, run_id, tenant, program, tasklet, admission, placement, cell_id).lastInsertRowid,
      );
      if (seq % 256 === 0) trim.run(seq - retention);
    },
    refusePlacement: (runId, reason) => {
      refuse.run(reason, runId);
    },
    admissions: (tenant, limit) =>
      (tenant === null ? all.all(limit) : ofTenant.all(tenant, limit)).map((row) => {
        const decision = row as unknown as Decision;
        const { run_id, program, tasklet, admission } = decision;
        const at = new Date(decision.at).toISOString();
        const verdict = admission === 'ok' ? 'admitted' : 'refused';
        return { at, run_id, tenant: decision.tenant, program, tasklet, decision: verdict, reason: admission };
      }),
    placements: (tenant, limit) =>
      (tenant === null ? allPlaced.all(limit) : placedOfTenant.all(tenant, limit)).map((row) => {
        const decision = row as unknown as Decision;
        const reason = decision.placement ?? 'ok';
        return {
          at: new Date(decision.at).toISOString(),
          run_id: decision.run_id ?? '',
          tenant: decision.tenant,
          decision: reason === 'ok' ? 'placed' : 'refused',
          cell_id: decision.cell_id,
          reason,
        };
      }),
  };
}
