import { GrafosError } from '../../base/grafosError.ts';

/** The error for a cell that has keys and no certificates. */
export function notReady(path: string): GrafosError {
  return new GrafosError('cell_not_ready', `The cell in ${path} has no certificates yet.`, {
    why: 'Its signing request was not answered.',
    next: 'Sign its request.pem where the CA is: grafos cell sign; then give the answer: grafos cell init --cert answer.pem',
  });
}
