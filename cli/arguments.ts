/** Turns the texts of options into values. Each throws `wrong_usage` that names the option. */

import { GrafosError } from '../base/grafosError.ts';
import { meantQuestion } from '../program/didYouMean.ts';
import { DURATION_SYNTAX, formatDuration, parseDuration } from '../program/duration.ts';
import { manifestKey, type TableName } from '../program/manifestKeys.ts';
import { parseSize, SIZE_SYNTAX, sizeText } from '../program/size.ts';
import { sizeFault } from '../program/sizeFault.ts';
import type { DeployRun } from '../toolchain/deploy/deployRun.ts';

/** The least and the most that an option takes, in bytes or milliseconds. */
interface Bounds {
  min?: number;
  max?: number;
}

export function sizeOption(
  flag: string,
  text: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {},
): number {
  const bytes = parseSize(text);
  if (bytes !== null && bytes >= min && bytes <= max) return bytes;
  if (bytes !== null) wrong(flag, text, `a size from ${sizeText(min)} to ${sizeText(max)}`);
  const { why, better } = sizeFault(text);
  return better === null ? wrong(flag, text, SIZE_SYNTAX) : wrong(flag, text, `"${better}"`, why);
}

export function durationOption(
  flag: string,
  text: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {},
): number {
  const milliseconds = parseDuration(text) ?? wrong(flag, text, DURATION_SYNTAX);
  return milliseconds >= min && milliseconds <= max
    ? milliseconds
    : wrong(flag, text, `a duration from ${formatDuration(min)} to ${formatDuration(max)}`);
}

/** Reads a life of certificates. Their issuer refuses more than `most` days. */
export function daysOption(text: string, most: number): number {
  const days = /^\d+$/.test(text) ? Number(text) : 0;
  return days >= 1 ? days : wrong('--days', text, `a whole number of days from 1 to ${most}`);
}

export function countOption(flag: string, text: string, most = Number.MAX_SAFE_INTEGER, least = 0): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(count) && count >= least && count <= most
    ? count
    : wrong(flag, text, `a whole number from ${least} to ${most}`);
}

/** The bounds of a key of the manifest. The API has the same. */
export function boundsOf(table: TableName, key: string): Bounds {
  const row = manifestKey(table, key);
  return { ...(row?.min === undefined ? {} : { min: row.min }), ...(row?.max === undefined ? {} : { max: row.max }) };
}

export function choice<Name extends string>(what: string, text: string, choices: readonly Name[]): Name {
  return (
    choices.find((one) => one === text) ??
    wrong(what, text, `one of ${choices.join(', ')}`, undefined, meantQuestion(text, choices))
  );
}

function wrong(what: string, text: string, wanted: string, why?: string, question = ''): never {
  throw new GrafosError('wrong_usage', `${what} cannot be "${text}".`, {
    ...(why === undefined ? {} : { why }),
    next: `${question}Give ${wanted}.`,
  });
}

/** Reads the options that limit one run. The manifest's limits hold where an option is missing. */
export function runLimits(given: {
  fuel?: string;
  timeout?: string;
  linearMemory?: string;
}): NonNullable<DeployRun['limits']> {
  const { fuel, timeout, linearMemory } = given;
  return {
    ...(fuel === undefined ? {} : { fuel: fuelOption(fuel) }),
    ...(timeout === undefined
      ? {}
      : { timeout_ms: durationOption('--timeout', timeout, boundsOf('tasklet', 'timeout')) }),
    ...(linearMemory === undefined
      ? {}
      : {
          linear_memory_bytes: sizeOption('--linear-memory', linearMemory, boundsOf('tasklet', 'linear_memory')),
        }),
  };
}

function fuelOption(text: string): number {
  const { min, max } = boundsOf('tasklet', 'fuel');
  return countOption('--fuel', text.replaceAll('_', ''), max, min);
}
