import { join } from 'node:path';
import { LIMITS } from '../../base/limits.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { checkProfile } from '../../wasm/profile.ts';
import { PAGE_BYTES } from '../../wasm/read/pages.ts';
import { readModule } from '../../wasm/read/readModule.ts';
import { WasmInvalidError } from '../../wasm/read/wasmInvalid.ts';
import { FILE_START, type Finding, finding } from '../validate/finding.ts';
import { profileFinding } from './profileFinding.ts';

/** The findings that a cell would have for the module. */
export function moduleFindings(program: Program, tasklet: Tasklet, wasm: Uint8Array): Finding[] {
  const file = join(program.root, tasklet.source);
  if (wasm.length > LIMITS.module) {
    return [
      finding(
        'GRF3004',
        file,
        FILE_START,
        `The module has ${wasm.length} bytes; a cell takes at most ${LIMITS.module}.`,
      ),
    ];
  }
  try {
    const problems = checkProfile(readModule(wasm), {
      memoryMaxPages: Math.floor(tasklet.linear_memory_bytes / PAGE_BYTES),
    });
    return problems.map((problem) => profileFinding(problem, file));
  } catch (error) {
    if (!(error instanceof WasmInvalidError)) throw error;
    return [finding('GRF3005', file, FILE_START, `The module cannot be used: ${error.message}.`)];
  }
}
