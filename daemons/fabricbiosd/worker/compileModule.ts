import { cutText } from '../../../base/text/cutText.ts';
import { meter } from '../../../wasm/meter/meter.ts';
import type { MeteredModule } from '../../../wasm/meter/meteredModule.ts';
import { checkProfile } from '../../../wasm/profile.ts';
import { isSmallModule, type ModuleParts } from '../../../wasm/read/compileCost.ts';
import { readModule } from '../../../wasm/read/readModule.ts';
import { WasmInvalidError } from '../../../wasm/read/wasmInvalid.ts';
import type { WasmModule } from '../../../wasm/read/wasmModule.ts';
import type { RunError, RunErrorCode } from '../../wire/runError.ts';
import { compileBaselineOnly } from '../boundary/baselineOnly.ts';
import type { CompileResult } from '../boundary/workerMessages.ts';

const PROBLEMS_SHOWN = 3;

/** Most characters of a refusal's message, which travels and is stored with the run. */
const MESSAGE_MAX = 1_000;

/**
 * A metered module, or the reason why the module is not run.
 *
 * A `costly` one must first be tried in a process of its own.
 */
export type MeterResult = { metered: MeteredModule } | { refused: RunError } | { costly: true };

/**
 * Reads an artifact strictly, compares it with the profile, has V8 validate it unchanged, and
 * meters it.
 *
 * The answer is a value for any bytes. Only a lack of memory or time ends the thread instead.
 *
 * @param memoryMaxPages most pages of 64 KiB the module's own memory may ever have
 * @param purpose `run`: a module that could cost V8 much is `costly`, and V8 does not see it here.
 *   `trial`: its costly functions can be compiled one by one ({@link MeteredModule.touched}).
 *   `profile`: neither
 */
export function meterModule(
  bytes: Uint8Array,
  memoryMaxPages: number,
  purpose: 'run' | 'trial' | 'profile',
): MeterResult {
  return orRefused<MeterResult>(() => {
    const module = readModule(bytes);
    const problems = checkProfile(module, { memoryMaxPages }).filter(({ severity }) => severity === 'error');
    if (problems.length > 0) {
      const foreign = problems.filter(({ kind }) => kind !== 'memory_above_limit');
      // A module of another profile is that first of all, however much memory it wants.
      return refused(
        foreign.length > 0 ? 'profile_violation' : 'module_invalid',
        listed((foreign.length > 0 ? foreign : problems).map(({ message }) => message)),
      );
    }
    if (purpose === 'run' && !isSmallModule(partsOf(bytes, module), module.cost)) return { costly: true };
    const invalid = whyInvalid(bytes);
    if (invalid !== null) return refused('module_invalid', `The module is not valid WebAssembly: ${invalid}.`);
    const { costly, dense } = module.cost;
    return { metered: meter(bytes, { memoryMaxPages, apart: dense, touched: purpose === 'trial' ? costly : [] }) };
  });
}

/** Compiles what {@link meterModule} gave, to be shared by all workers. */
export function compileMetered(metered: MeteredModule): CompileResult {
  return orRefused(() => compiled(metered));
}

function orRefused<Result>(make: () => Result): Result | { refused: RunError } {
  try {
    return make();
  } catch (error) {
    if (error instanceof WasmInvalidError) {
      return refused('module_invalid', `The module is not one a cell runs: ${error.message}.`);
    }
    if (error instanceof WebAssembly.CompileError) {
      return refused('module_invalid', `The module cannot be compiled: ${error.message}.`);
    }
    throw error;
  }
}

function partsOf(bytes: Uint8Array, module: WasmModule): ModuleParts {
  return {
    bytes: bytes.length,
    types: module.types.length,
    functions: module.functions.length + module.importedFunctions,
    globals: module.globals.length,
    exports: module.exports.length,
    segments: module.dataSegments + module.elementSegments,
  };
}

function compiled(metered: MeteredModule): CompileResult {
  const module = new WebAssembly.Module(metered.bytes);
  if (metered.baselineOnly.length > 0) compileBaselineOnly(module, metered);
  // Shared, so that each worker that runs the module can look into it without a copy of its own.
  const shared = new Uint8Array(new SharedArrayBuffer(metered.bytes.length));
  shared.set(metered.bytes);
  return { compiled: { module, metered: { ...metered, bytes: shared } } };
}

function whyInvalid(bytes: Uint8Array): string | null {
  if (WebAssembly.validate(bytes)) return null;
  try {
    new WebAssembly.Module(bytes);
    return 'it was refused by the engine';
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^WebAssembly\.Module\(\): /, '') : String(error);
  }
}

function refused(code: RunErrorCode, message: string): { refused: RunError } {
  // A module may have names of 100 000 bytes.
  return { refused: { code, message: cutText(message, MESSAGE_MAX) } };
}

function listed(messages: string[]): string {
  const more = messages.length - PROBLEMS_SHOWN;
  return `${messages.slice(0, PROBLEMS_SHOWN).join(' ')}${more > 0 ? ` There are ${more} more problems.` : ''}`;
}
