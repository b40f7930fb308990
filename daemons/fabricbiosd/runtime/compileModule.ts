import { type MeteredModule, meter } from '../../../wasm/meter.ts';
import { checkProfile } from '../../../wasm/profile.ts';
import { readModule } from '../../../wasm/readModule.ts';
import { WasmInvalid } from '../../../wasm/wasmInvalid.ts';
import type { RunError, RunErrorCode } from '../../protocol/runError.ts';
import type { CompileResult } from './workerMessages.ts';

const PROBLEMS_SHOWN = 3;

/**
 * Makes an artifact ready to run: read strictly, held against the profile, validated by V8 as it is, metered, compiled. Whatever the
 * bytes are, the answer is a value; only running out of memory or time ends the worker instead.
 * @param memoryMaxPages most pages of 64 KiB the module's own memory may ever have
 * @param known what the rewriting gave before: then only compiled
 */
export function compileModule(
  bytes: Uint8Array,
  memoryMaxPages: number,
  known: MeteredModule | null = null,
): CompileResult {
  try {
    if (known !== null) return compiled(known);
    const problems = checkProfile(readModule(bytes), { memoryMaxPages }).filter(({ severity }) => severity === 'error');
    if (problems.length > 0) {
      const foreign = problems.filter(({ kind }) => kind !== 'memory_above_limit');
      // A module of another profile is that first of all, however much memory it wants.
      return refused(
        foreign.length > 0 ? 'profile_violation' : 'module_invalid',
        listed((foreign.length > 0 ? foreign : problems).map(({ message }) => message)),
      );
    }
    const invalid = whyInvalid(bytes);
    if (invalid !== null) return refused('module_invalid', `The module is not valid WebAssembly: ${invalid}.`);
    const metered = meter(bytes, { memoryMaxPages });
    return compiled(metered);
  } catch (error) {
    if (error instanceof WasmInvalid) {
      return refused('module_invalid', `The module is not one a cell runs: ${error.message}.`);
    }
    if (error instanceof WebAssembly.CompileError) {
      return refused('module_invalid', `The module cannot be compiled: ${error.message}.`);
    }
    throw error;
  }
}

function compiled(metered: MeteredModule): CompileResult {
  const module = new WebAssembly.Module(metered.bytes);
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
  return { refused: { code, message } };
}

function listed(messages: string[]): string {
  const more = messages.length - PROBLEMS_SHOWN;
  return `${messages.slice(0, PROBLEMS_SHOWN).join(' ')}${more > 0 ? ` There are ${more} more problems.` : ''}`;
}
