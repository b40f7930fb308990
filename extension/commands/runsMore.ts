import { withViewProgress } from '../dialogs/withViewProgress.ts';
import { VIEWS } from '../ids.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

/** Lists the next older runs of the program. */
export const runsMore: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  await withViewProgress(VIEWS.runs, () => subject.session.runs.more());
};
