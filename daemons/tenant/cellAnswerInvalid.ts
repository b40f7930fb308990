import { GrafosError } from '../../base/grafosError.ts';
import { plainText } from '../../base/text/plainText.ts';

/** Characters of an answer that an error shows. */
const SHOWN = 200;

/**
 * The error of an answer that the tenant API does not allow (docs/reference/api.md).
 *
 * @param url the scheduler that answered
 * @param problem the rule that the answer breaks, as a clause without a full stop
 * @param answer the answer itself or its beginning, where that helps
 */
export function cellAnswerInvalid(url: string, problem: string, answer?: Uint8Array | string): GrafosError {
  const began = typeof answer === 'string' ? answer : Buffer.from(answer ?? []).toString('utf8', 0, 4 * SHOWN);
  const shown = began === '' ? '' : ` It answered: ${plainText(began, SHOWN)}`;
  return new GrafosError('cell_answer_invalid', `The cell at ${plainText(url)} gave a wrong answer.`, {
    why: `${plainText(problem, SHOWN)}.${shown}`,
    next: 'Check that the URL is that of a grafos scheduler you trust, use a grafos as new as the cell, or ask whoever runs it.',
  });
}
