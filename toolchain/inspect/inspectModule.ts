import { createHash } from 'node:crypto';
import { GrafosError } from '../../base/grafosError.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import { checkProfile, type ProfileProblem } from '../../wasm/profile.ts';
import { PAGE_BYTES } from '../../wasm/read/pages.ts';
import { readModule } from '../../wasm/read/readModule.ts';
import { WasmInvalidError } from '../../wasm/read/wasmInvalid.ts';
import { functionType, type ImportType, type WasmExport, type WasmModule } from '../../wasm/read/wasmModule.ts';

export interface InspectedModule {
  file: string;
  bytes: number;
  sha256: string;
  /** Number of the module's own functions, without imports. */
  functions: number;
  memory: { min_bytes: number; max_bytes: number | null } | null;
  features: string[];
  imports: Array<{ module: string; name: string; signature: string }>;
  exports: Array<{ name: string; signature: string }>;
  custom_sections: Array<{ name: string; bytes: number }>;
  /** The faults of the module against the profile. A cell refuses a module with errors. */
  problems: ProfileProblem[];
}

/**
 * Describes a wasm file without running it.
 *
 * @param root the folder that the file must lie in: the program's, or the file's own where somebody
 *   names a file
 * @throws {GrafosError} module_invalid, no_such_file, not_a_file, file_too_large,
 *   file_outside_program
 */
export async function inspectModule(file: string, root: string): Promise<InspectedModule> {
  const read = await new ProgramReader(root).readSoon(file, 'module');
  if (read.state !== 'ok') throw readError(read, file, 'The module cannot be read');
  const { bytes } = read;
  let module: WasmModule;
  try {
    module = readModule(bytes);
  } catch (error) {
    if (!(error instanceof WasmInvalidError)) throw error;
    throw new GrafosError('module_invalid', `${file} is not a module that a cell runs: ${error.message}.`, {
      next: 'Build it again, or check where the file comes from.',
    });
  }
  const [memory] = module.memories;
  return {
    file,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    functions: module.functions.length,
    memory:
      memory === undefined
        ? null
        : { min_bytes: memory.min * PAGE_BYTES, max_bytes: memory.max === null ? null : memory.max * PAGE_BYTES },
    features: module.features,
    imports: module.imports.map(({ module: from, name, type }) => ({
      module: from,
      name,
      signature: importSignature(module, type),
    })),
    exports: module.exports.map((entry) => ({ name: entry.name, signature: exportSignature(module, entry) })),
    custom_sections: module.customSections.map(({ name, size }) => ({ name, bytes: size })),
    problems: checkProfile(module),
  };
}

function importSignature(module: WasmModule, type: ImportType): string {
  if (type.kind !== 'func') return type.kind;
  const signature = module.types[type.type];
  return signature === undefined ? 'func' : `(${signature.params.join(', ')}) -> (${signature.results.join(', ')})`;
}

function exportSignature(module: WasmModule, { kind, index }: WasmExport): string {
  const signature = kind === 'func' ? functionType(module, index) : undefined;
  return signature === undefined ? kind : `(${signature.params.join(', ')}) -> (${signature.results.join(', ')})`;
}
