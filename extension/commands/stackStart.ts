import { startStack } from '../stack/startStack.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const stackStart: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  // What runs well is left alone: to start it anew there is Restart.
  if (subject.session.stack.state.kind !== 'running') await startStack(subject.session);
};
