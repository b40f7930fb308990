import { GrafosError } from '../../base/grafosError.ts';

/** Something of the cell's name that grafOS did not make: it is never touched. */
export function nameTaken(what: string, name: string): GrafosError {
  return new GrafosError('cell_name_taken', `The name ${name} is taken: ${what} is not a cell of grafOS.`, {
    next: 'Choose another name: --name NAME',
  });
}
