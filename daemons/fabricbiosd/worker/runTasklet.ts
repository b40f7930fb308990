import { performance } from 'node:perf_hooks';
import { LIMITS } from '../../../base/limits.ts';
import { cutText } from '../../../base/text/cutText.ts';
import { neutralText } from '../../../base/text/neutralText.ts';
import { balanceOf } from '../../../wasm/meter/balance.ts';
import { MEMORY_IMPORT } from '../../../wasm/meter/meteredModule.ts';
import { callStack } from '../../../wasm/settle/callStack.ts';
import { type Settlement, settleFuel } from '../../../wasm/settle/settleFuel.ts';
import { RUN_FRAMES_MAX, type RunError, type RunFrame } from '../../wire/runError.ts';
import type { CompiledModule, RunRequest, RunResult } from '../boundary/workerMessages.ts';
import { HANDLE, type HostFunctions } from './hostFunctions.ts';
import { outOfMemory } from './outOfMemory.ts';
import { tooDeep, trapError } from './trapError.ts';

export interface Profiler {
  begin(instance: WebAssembly.Instance, fuel: number): void;
  /** After each call; `stack` as for {@link settleFuel}. */
  settle(stack: string | null): Settlement;
}

/**
 * One run in a new instance: start function, init, run, finalize. Finalize also follows a non-zero
 * run, but not a trap. The first error is the run's.
 *
 * - A non-zero run is `tasklet_failed` with the label of the last `fail` before it returned. `fail`
 *   alone fails nothing.
 * - A run that returns 0 although an `output_write` was refused is `output_too_large`: a cut output
 *   must not pass for a result.
 * - Segments that do not fit end the run as a trap before any fuel is used.
 *
 * @param memory all zeros, within the module's limits; the caller wipes it afterwards
 * @param profiler prepares the instance and settles instead, where the module is not the metered
 *   one but one that counts
 * @throws a fault of the cell and not of the tasklet; the worker must not be used again
 */
export function runTasklet(
  host: HostFunctions,
  compiled: CompiledModule,
  request: RunRequest,
  memory: WebAssembly.Memory,
  profiler?: Profiler,
): RunResult {
  const started = performance.now();
  host.begin(request);
  host.imports[MEMORY_IMPORT.module] = { [MEMORY_IMPORT.name]: memory };
  const { metered } = compiled;
  let error: RunError | null = null;
  let fuelUsed = 0;

  let instance: WebAssembly.Instance | null = null;
  try {
    instance = new WebAssembly.Instance(compiled.module, host.imports);
  } catch (thrown) {
    error = known(thrown);
  }
  if (instance !== null) {
    const { exports } = instance;
    const fuel = exports[metered.fuelExport] as WebAssembly.Global;
    fuel.value = balanceOf(request.fuel);
    host.attach(memory, fuel);
    profiler?.begin(instance, request.fuel);

    /**
     * Adds the calls under way to an error.
     *
     * @param stack null after a call that returned
     * @param returned the export that returned, which is the place then
     */
    const placed = (end: RunError, stack: string | null, returned?: string): RunError => {
      const frames = stack === null ? exportFrame(returned) : callStack(metered, stack, RUN_FRAMES_MAX);
      return frames.length === 0 ? end : { ...end, frames };
    };
    // By the WebAssembly JavaScript Interface, the name of an exported function is its index.
    const exportFrame = (name: string | undefined): RunFrame[] => {
      const index = name === undefined ? Number.NaN : Number((exports[name] as WebAssembly.ExportFunction).name);
      return Number.isSafeInteger(index) ? [{ function: index, offset: 0 }] : [];
    };
    /**
     * Calls an export.
     *
     * @returns its value; undefined when it did not return, and then `error` is set
     */
    const call = (name: string, ...args: number[]): number | undefined => {
      let thrown: unknown = null;
      let result: number | undefined;
      try {
        result = (exports[name] as WebAssembly.ExportFunction)(...args);
      } catch (reason) {
        thrown = reason;
      }
      const stack = thrown === null ? null : thrown instanceof Error ? (thrown.stack ?? '') : '';
      const settled = profiler?.settle(stack) ?? settleFuel(metered, request.fuel, fuel.value, stack);
      fuelUsed = settled.fuelUsed;
      if (settled.exhausted) error ??= placed(exhausted(request.fuel), stack, name);
      else if (settled.tooDeep) error ??= placed(tooDeep(), stack);
      else if (thrown !== null) {
        const trap = known(thrown);
        const end = outOfMemory(trap, host.label, memory.buffer.byteLength, metered) ?? trap;
        error ??= placed(end, stack);
      }
      return settled.exhausted || thrown !== null ? undefined : (result ?? 0);
    };

    const begun =
      (metered.startExport === null || call(metered.startExport) !== undefined) &&
      call('_grafos_tasklet_init', HANDLE.context, request.context.length) !== undefined;
    const code = begun ? call('_grafos_tasklet_run', HANDLE.input, request.input.length) : undefined;
    if (code !== undefined) {
      if (code !== 0)
        error = placed(
          failed(host.label, code, host.refusedLabel),
          host.failedAt?.stack ?? null,
          '_grafos_tasklet_run',
        );
      call('_grafos_tasklet_finalize');
      if (error === null && host.refusedAt !== null) error = placed(tooLarge(), host.refusedAt.stack ?? null);
    }
  }
  return {
    error,
    output: host.takeOutput(),
    fuelUsed,
    linearMemoryPeak: instance === null ? 0 : memory.buffer.byteLength,
    durationUs: Math.round((performance.now() - started) * 1000),
  };
}

function known(thrown: unknown): RunError {
  const error = trapError(thrown);
  if (error === null) throw thrown;
  return error;
}

function exhausted(fuel: number): RunError {
  return { code: 'fuel_exhausted', message: `The tasklet needed more than its fuel of ${fuel} instructions.` };
}

/** UTF-16 units of a refused label in a message. */
const REFUSED_SHOWN = 64;

/** @param refused words that were given for a label and are none */
function failed(label: string | null, code: number, refused: string | null): RunError {
  const why =
    refused === null
      ? '.'
      : `: it gave "${cutText(neutralText(refused), REFUSED_SHOWN)}", and a label is a lower-case letter, then lower-case letters, digits and _, at most ${LIMITS.failLabel} bytes.`;
  return {
    code: 'tasklet_failed',
    message:
      label === null
        ? `The tasklet failed with code ${code} and gave no label.`
        : `The tasklet failed with "${label}" (code ${code})${why}`,
    label,
    exit_code: code,
  };
}

function tooLarge(): RunError {
  return {
    code: 'output_too_large',
    message: `The tasklet wrote more than the ${LIMITS.output} bytes an output may have, and returned as if it had succeeded.`,
  };
}
