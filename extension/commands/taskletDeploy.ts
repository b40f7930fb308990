import { deployTasklet } from '../deploy/deployTasklet.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const taskletDeploy: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject !== undefined) await deployTasklet(grafos, { session: subject.session, tasklet: subject.tasklet });
};
