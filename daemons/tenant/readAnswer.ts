import { hasInexactNumber } from '../../base/json/hasInexactNumber.ts';
import { isDeepJson } from '../../base/json/isDeepJson.ts';
import { parseExactJson } from '../../base/json/parseExactJson.ts';
import { ANSWER_CHECKS, type AnswerName } from '../wire/answerChecks.ts';
import type { Run } from '../wire/tenantApi.ts';
import { cellAnswerInvalid } from './cellAnswerInvalid.ts';

/**
 * The value of a JSON answer, once it has proved to be what the tenant API promises.
 *
 * Keys that the schema does not name are passed over: a newer scheduler may say more. The output of
 * a run keeps the digits of its numbers ({@link parseExactJson}).
 *
 * @param url the scheduler, for the error
 * @throws {GrafosError} cell_answer_invalid
 */
export function readAnswer<T>(url: string, name: AnswerName, bytes: Buffer): T {
  if (isDeepJson(bytes)) throw cellAnswerInvalid(url, `${name} is nested too deep`, bytes);
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw cellAnswerInvalid(url, `${name} is not JSON`, bytes);
  }
  const problem = ANSWER_CHECKS[name](value, name);
  if (problem !== null) throw cellAnswerInvalid(url, problem, bytes);
  if (name === 'Run' && hasInexactNumber(text)) keepOutput(value as Run, parseExactJson(text) as Run);
  return value as T;
}

/** Takes the output alone: all other numbers are the scheduler's own, and stay doubles. */
function keepOutput(run: Run, exact: Run): void {
  if (run.response !== null && exact.response !== null) run.response.output = exact.response.output;
}
