import { readSmallFile } from '../../base/files/readSmallFile.ts';
import { isDeepJson } from '../../base/json/isDeepJson.ts';
import { DEV_FILE_CHECK } from './devFileChecks.ts';
import type { DevState } from './devState.ts';

/** The content of `dev.json`: none, one of our shape, or something else with its fault. */
export type DevFile =
  | { kind: 'none' }
  | { kind: 'whole'; state: DevState }
  | {
      kind: 'invalid';
      why: string;
      /** Version of the file's form, where another version is the fault. */
      version?: number;
    };

/** Bytes; a real one has about 1 500. */
const STATE_BYTES_MAX = 64 * 1024;

/**
 * The one reader of `dev.json`. For any content, and any kind of file, the result is a value and no
 * error.
 */
export async function readDevFile(file: string): Promise<DevFile> {
  let bytes: Buffer;
  try {
    bytes = await readSmallFile(file, STATE_BYTES_MAX);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'none' };
    return invalid(error instanceof Error ? error.message : String(error));
  }
  if (isDeepJson(bytes)) return invalid('it is nested too deep');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return invalid('it is no JSON, or only the beginning of one');
  }
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  if (Number.isInteger(version) && version !== 1)
    return { kind: 'invalid', why: `version ${version} is of another grafos`, version: Number(version) };
  const problem = DEV_FILE_CHECK(value, 'it');
  return problem === null ? { kind: 'whole', state: value as DevState } : invalid(problem.replace(/^it\./, ''));
}

function invalid(why: string): DevFile {
  return { kind: 'invalid', why };
}
