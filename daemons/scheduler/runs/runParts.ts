import type { DaemonLog } from '../../kit/daemonLog.ts';
import type { FabricLink } from '../fabric/fabricLink.ts';
import type { SuspectModules } from '../fabric/suspectModules.ts';
import type { ModuleStore } from '../moduleStore.ts';
import type { CellStore } from '../store/cellStore.ts';
import type { DecisionTable } from '../store/decisionTable.ts';
import type { RunFiles } from '../store/runFiles.ts';
import type { RunTable } from '../store/runTable.ts';
import type { TenantTable } from '../store/tenantTable.ts';
import type { LeaseLedger } from './leaseLedger.ts';
import type { LiveRuns } from './liveRuns.ts';
import type { RunFeed } from './runFeed.ts';
import type { RunGrants } from './runGrants.ts';

/** The parts of the scheduler that the life of a run goes through. */
export interface RunServiceParts {
  store: CellStore;
  runs: RunTable;
  files: RunFiles;
  decisions: DecisionTable;
  tenants: TenantTable;
  modules: ModuleStore;
  leases: LeaseLedger;
  link: FabricLink;
  feed: RunFeed;
  log: DaemonLog;
  grants: RunGrants;
  /** Modules that ended the cell; null where nothing starts it again. */
  suspects: SuspectModules | null;
}

/** The same, and the runs that have not ended. */
export interface RunWork extends RunServiceParts {
  readonly live: LiveRuns;
  /** No new run is taken any more. Those under way go on. */
  isDraining: boolean;
  /** The scheduler stops: nothing begins any more. */
  isStopping: boolean;
}
