/** Turns the texts of options into values. Each throws `wrong_usage` that names the option. */

import { GrafosError } from '../base/grafosError.ts';
import { LIMITS } from '../base/limits.ts';
import { meantQuestion } from '../program/didYouMean.ts';
import { DURATION_SYNTAX, parseDuration } from '../program/duration.ts';
import { parseSize, SIZE_SYNTAX } from '../program/size.ts';
import { sizeFault } from '../program/sizeFault.ts';
import type { DeployRun } from '../toolchain/deploy/deployRun.ts';

export function sizeOption(flag: string, text: string): number {
  const bytes = parseSize(text);
  if (bytes !== null) return bytes;
  const { why, better } = sizeFault(text);
  return better === null ? wrong(flag, text, SIZE_SYNTAX) : wrong(flag, text, `"${better}"`, why);
}

export function durationOption(flag: string, text: string): number {
  return parseDuration(text) ?? wrong(flag, text, DURATION_SYNTAX);
}

export function countOption(flag: string, text: string, most = Number.MAX_SAFE_INTEGER, least = 0): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(count) && count >= least && count <= most
    ? count
    : wrong(flag, text, `a whole number from ${least} to ${most}`);
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
    ...(fuel === undefined ? {} : { fuel: countOption('--fuel', fuel.replaceAll('_', ''), LIMITS.fuelMax) }),
    ...(timeout === undefined ? {} : { timeout_ms: durationOption('--timeout', timeout) }),
    ...(linearMemory === undefined ? {} : { linear_memory_bytes: sizeOption('--linear-memory', linearMemory) }),
  };
}
