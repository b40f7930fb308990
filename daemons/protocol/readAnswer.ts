import { SCHEMAS, type SchemaName } from './apiSchemas.ts';
import { cellAnswerInvalid } from './cellAnswerInvalid.ts';
import { type Check, compileSchema } from './compileSchema.ts';
import { isDeepJson } from './isDeepJson.ts';

/** Made when first needed: a command gets one or two kinds of answer, and each start would pay for all of them. */
const checks = new Map<SchemaName, Check>();

/**
 * The value of a JSON answer, once it has proved to be what the tenant API promises.
 *
 * Keys that the schema does not name are passed over: a newer scheduler may say more.
 *
 * @param url the scheduler, for the error
 * @throws {GrafosError} cell_answer_invalid
 */
export function readAnswer<T>(url: string, name: SchemaName, bytes: Buffer): T {
  if (isDeepJson(bytes)) throw cellAnswerInvalid(url, `${name} is nested too deep`, bytes);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw cellAnswerInvalid(url, `${name} is not JSON`, bytes);
  }
  const check = checks.get(name) ?? compileSchema(SCHEMAS[name], SCHEMAS, 'ignored');
  checks.set(name, check);
  const problem = check(value, name);
  if (problem !== null) throw cellAnswerInvalid(url, problem, bytes);
  return value as T;
}
