import { addCell } from '../deploy/addCell.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const providerAddCell: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject !== undefined) await addCell(grafos, subject.session, undefined);
};
