import { SCHEMAS, type SchemaName } from './apiSchemas.ts';
import { cellAnswerInvalid } from './cellAnswerInvalid.ts';
import { type Check, compileSchema } from './compileSchema.ts';
import { hasInexactNumber } from './hasInexactNumber.ts';
import { isDeepJson } from './isDeepJson.ts';
import { parseExactJson } from './parseExactJson.ts';
import type { Run } from './tenantApi.ts';

/**
 * Checks, made on first use: a command gets one or two kinds of answers, and each start would pay
 * for all of them.
 */
const checks = new Map<SchemaName, Check>();

/**
 * The value of a JSON answer, once it has proved to be what the tenant API promises.
 *
 * Keys that the schema does not name are passed over: a newer scheduler may say more. The output of
 * a run keeps the digits of its numbers ({@link parseExactJson}).
 *
 * @param url the scheduler, for the error
 * @throws {GrafosError} cell_answer_invalid
 */
export function readAnswer<T>(url: string, name: SchemaName, bytes: Buffer): T {
  if (isDeepJson(bytes)) throw cellAnswerInvalid(url, `${name} is nested too deep`, bytes);
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw cellAnswerInvalid(url, `${name} is not JSON`, bytes);
  }
  const check = checks.get(name) ?? compileSchema(SCHEMAS[name], SCHEMAS, 'ignored');
  checks.set(name, check);
  const problem = check(value, name);
  if (problem !== null) throw cellAnswerInvalid(url, problem, bytes);
  if (name === 'Run' && hasInexactNumber(text)) keepOutput(value as Run, parseExactJson(text) as Run);
  return value as T;
}

/** Takes the output alone: all other numbers are the scheduler's own, and stay doubles. */
function keepOutput(run: Run, exact: Run): void {
  if (run.response !== null && exact.response !== null) run.response.output = exact.response.output;
}
