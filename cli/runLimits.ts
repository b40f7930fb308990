import { LIMITS } from '../base/limits.ts';
import type { DeployRun } from '../toolchain/deploy/deployRun.ts';
import { countOption, durationOption, sizeOption } from './arguments.ts';

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
