import type { DaemonName } from '../../daemons/wire/devState.ts';
import type { ArtifactEntry } from '../../daemons/wire/tenantApi.ts';
import type { CellReport } from '../../toolchain/deploy/cellReport.ts';
import type { CloudCell, CloudProvider } from '../../toolchain/deploy/cloudCells.ts';
import type { ProgramSession } from '../program/programSession.ts';
import type { RunEntry } from '../runs/runsModel.ts';
import type { TaskletEntry } from '../tasklets/taskletsModel.ts';

/** The nodes of the views, which their commands get as arguments. */
export type StackNode = { kind: 'stack'; session: ProgramSession };
export type DaemonNode = { kind: 'daemon'; session: ProgramSession; name: DaemonName };
export type TaskletNode = { kind: 'tasklet'; session: ProgramSession; entry: TaskletEntry };
export type RunNode = { kind: 'run'; session: ProgramSession; entry: RunEntry };
/** Runs of one tasklet or one day, newest first. */
export type RunGroupNode = {
  kind: 'runGroup';
  session: ProgramSession;
  label: string;
  entries: RunEntry[];
  isOpen: boolean;
};
/** The last row of a list of runs that has older ones: it loads them. */
export type OlderRunsNode = { kind: 'olderRuns'; session: ProgramSession };
export type ArtifactNode = { kind: 'artifact'; session: ProgramSession; entry: RunEntry; artifact: ArtifactEntry };
export type ProblemNode = { kind: 'problem'; session: ProgramSession; text: string; file: string | undefined };

/** A cell of a cloud, with its state once it has said it. */
export type CellNode = {
  kind: 'cell';
  session: ProgramSession;
  provider: CloudProvider;
  cell: CloudCell;
  /** It was made from this program. */
  isMade: boolean;
  report: CellReport | undefined;
};

export type Node =
  | StackNode
  | DaemonNode
  | TaskletNode
  | RunNode
  | RunGroupNode
  | OlderRunsNode
  | ArtifactNode
  | CellNode
  | ProblemNode;

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'kind' in value && 'session' in value;
}
