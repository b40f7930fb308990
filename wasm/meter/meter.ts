import { readModule } from '../read/readModule.ts';
import { WasmInvalidError } from '../read/wasmInvalid.ts';
import type { WasmModule } from '../read/wasmModule.ts';
import { FUEL_EXPORT, type MeteredModule, START_EXPORT, TOUCH_EXPORT } from './meteredModule.ts';
import { ModuleMeter } from './moduleMeter.ts';

export interface MeterOptions {
  /** Most pages of 64 KiB the module's own memory may ever have. */
  memoryMaxPages: number;
  /** Index of each function that gets a {@link MeteredModule.touched} export; none unless given. */
  touched?: readonly number[];
  /** Index of each function that V8 must not inline; none unless given. */
  apart?: readonly number[];
}

/**
 * Rewrites a module so that it counts the instructions it executes: one unit for each instruction
 * except `block`, `loop`, `else` and `end` (docs/internals/meter.md).
 *
 * Function, type, table, memory and global indices stay as they are. Custom sections are left out.
 * The module's own memory becomes an import. The result is right for modules that
 * `WebAssembly.validate` accepts; the caller asks it first. Anything beyond WebAssembly 2.0 and
 * tail calls is refused here, whether V8 accepts it or not.
 *
 * @throws {WasmInvalidError}
 */
export function meter(bytes: Uint8Array, options: MeterOptions): MeteredModule {
  const module = readModule(bytes, { bodies: false });
  checkMemory(module, options.memoryMaxPages);
  for (const { name } of module.exports) {
    if (name === FUEL_EXPORT || name === START_EXPORT || name.startsWith(TOUCH_EXPORT)) {
      throw new WasmInvalidError('reserved_export', 0, `the export name "${name}" is reserved for the meter`);
    }
  }
  return new ModuleMeter(bytes, module, options).meter();
}

function checkMemory(module: WasmModule, memoryMaxPages: number): void {
  const imported = module.imports.some((entry) => entry.type.kind === 'memory');
  const min = imported ? 0 : (module.memories[0]?.min ?? 0);
  if (min > memoryMaxPages) {
    throw new WasmInvalidError(
      'memory_above_limit',
      0,
      `the memory starts at ${min} pages of 64 KiB; at most ${memoryMaxPages} are allowed`,
    );
  }
}
