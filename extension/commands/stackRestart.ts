import { startStack } from '../stack/startStack.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const stackRestart: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject !== undefined) await startStack(subject.session);
};
