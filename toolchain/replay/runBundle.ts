import { createHash } from 'node:crypto';
import { parse, resolve } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { isDeepJson } from '../../base/json/isDeepJson.ts';
import { LIMITS } from '../../base/limits.ts';
import { cutText } from '../../base/text/cutText.ts';
import { ANSWER_CHECKS, type AnswerName } from '../../daemons/wire/answerChecks.ts';
import { SCHEMAS, type Schema } from '../../daemons/wire/apiSchemas.ts';
import type { RunError } from '../../daemons/wire/runError.ts';
import type { RunRecord, RunResponse } from '../../daemons/wire/tenantApi.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import type { EndedRun } from './endedRun.ts';

const FORMAT = 'grafos-run@1';

/** Characters of a log at most. A log that was cut ends with a mark, which comes on top. */
const LOG_CHARACTERS = LIMITS.log + 1024;

/** Characters of a source map in a file at most. Longer ones are left out of it. */
const SOURCE_MAP_CHARACTERS = 8 * 1024 * 1024;

/** Characters of an error's message that are kept. An honest cell's have a line. */
const MESSAGE_CHARACTERS = 8 * 1024;

/** A run as one file: JSON, its bytes in base64. */
interface RunBundle {
  format: typeof FORMAT;
  response: RunResponse;
  record: RunRecord;
  module_b64: string;
  input_b64: string;
  output_b64: string | null;
  log: string;
  /** It has the sources that were built, so that functions and lines have their names. */
  source_map: string | null;
}

/** Writes an ended run as the text of one file. Replay and profile need nothing else. */
export function writeRunBundle({ response, record, module, input, log, output, sourceMap }: EndedRun): string {
  const bundle: RunBundle = {
    format: FORMAT,
    response,
    record,
    module_b64: Buffer.from(module).toString('base64'),
    input_b64: Buffer.from(input).toString('base64'),
    output_b64: output === null ? null : Buffer.from(output).toString('base64'),
    log,
    source_map: sourceMap !== null && sourceMap.length <= SOURCE_MAP_CHARACTERS ? sourceMap : null,
  };
  return `${JSON.stringify(bundle)}\n`;
}

/**
 * Reads a run from its file. Anybody may have made the file, so its shape, its sizes and the hashes
 * of its bytes are checked, and nothing is kept that has no name here. Large files hold up the
 * thread, so that only a bounded thread calls it.
 *
 * @throws {GrafosError} bundle_invalid, no_such_file, not_a_file, file_too_large,
 * permission_denied, file_unreadable
 */
export async function readRunBundle(file: string): Promise<EndedRun> {
  const path = resolve(file);
  const read = await new ProgramReader(parse(path).root).readSoon(path, 'runBundle');
  if (read.state !== 'ok') throw readError(read, file, 'The run cannot be read');
  let value: unknown;
  if (isDeepJson(read.bytes)) throw invalid(file, `it is not JSON that nests at most ${LIMITS.jsonDepth} deep`);
  try {
    value = JSON.parse(read.bytes.toString('utf8'));
  } catch {
    throw invalid(file, 'it is not JSON');
  }
  const bundle: Partial<RunBundle> = typeof value === 'object' && value !== null ? value : {};
  if (bundle.format !== FORMAT) throw invalid(file, `its format is not ${FORMAT}`);
  const record = named(checked<RunRecord>(file, 'RunRecord', bundle.record), SCHEMAS.RunRecord);
  const response = readResponse(file, bundle.response);
  const module = bytesOf(file, 'module', bundle.module_b64, LIMITS.module);
  const input = bytesOf(file, 'input', bundle.input_b64, LIMITS.input);
  if (sha256(module) !== record.module_sha256) throw invalid(file, 'its module is not the one that its record names');
  if (sha256(input) !== record.input_sha256) throw invalid(file, 'its input is not the one that its record names');
  if (response.run_id !== record.run_id || response.module_sha256 !== record.module_sha256)
    throw invalid(file, 'its response is that of another run');
  const { log } = bundle;
  if (typeof log !== 'string' || log.length > LOG_CHARACTERS) throw invalid(file, 'its log is no text, or too long');
  // Files of earlier versions have neither output nor source map.
  const output = bundle.output_b64 == null ? null : bytesOf(file, 'output', bundle.output_b64, LIMITS.output);
  if (output !== null && sha256(output) !== response.output_sha256)
    throw invalid(file, 'its output is not the one that its response names');
  const sourceMap = bundle.source_map ?? null;
  if (sourceMap !== null && (typeof sourceMap !== 'string' || sourceMap.length > SOURCE_MAP_CHARACTERS))
    throw invalid(file, 'its source map is no text, or too long');
  return { response, record, module, input, log, output, sourceMap };
}

/** Makes a response of nothing but its named fields, each of a bounded size. */
function readResponse(file: string, value: unknown): RunResponse {
  const response = named(checked<RunResponse>(file, 'RunResponse', value), SCHEMAS.RunResponse);
  if (JSON.stringify(response.output).length > LIMITS.output) throw invalid(file, 'its output as JSON is too long');
  return { ...response, error: response.error === null ? null : boundedError(response.error) };
}

function boundedError(error: RunError): RunError {
  const kept = named(error, SCHEMAS.RunError);
  const message = cutText(kept.message, MESSAGE_CHARACTERS);
  if (kept.frames === undefined) return { ...kept, message };
  return { ...kept, message, frames: kept.frames.map((frame) => named(frame, SCHEMAS.RunFrame)) };
}

/** Copies the fields that a schema names. Keys that it does not name are left behind. */
function named<T extends object>(value: T, { properties = {} }: Schema): T {
  return Object.fromEntries(Object.entries(value).filter(([key]) => Object.hasOwn(properties, key))) as T;
}

function checked<T>(file: string, name: AnswerName, value: unknown): T {
  const problem = ANSWER_CHECKS[name](value, name);
  if (problem !== null) throw invalid(file, problem);
  return value as T;
}

function bytesOf(file: string, what: string, text: unknown, most: number): Uint8Array {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'base64') : null;
  // Buffer skips characters that are not base64.
  if (bytes === null || bytes.toString('base64') !== text) throw invalid(file, `its ${what} is not base64`);
  if (bytes.length > most) throw invalid(file, `its ${what} has ${bytes.length} bytes, and ${most} is the most`);
  return bytes;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function invalid(file: string, why: string): GrafosError {
  return new GrafosError('bundle_invalid', `${file} is not a run.`, {
    why: `${why[0]?.toUpperCase()}${why.slice(1)}.`,
    next: 'Write one with grafos artifacts RUN --bundle FILE.',
  });
}
