import { deployTasklet } from '../deploy/deployTasklet.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const taskletRun: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  // From the palette one comes to choose; a lens or button repeats what was chosen.
  await deployTasklet(grafos, {
    session: subject.session,
    tasklet: subject.tasklet,
    provider: 'local',
    askInput: arg === undefined,
  });
};
