import { createCell } from '../cells/createCell.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const cellCreate: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject !== undefined) await createCell(grafos, subject.session, undefined);
};
