/** Built wasm against tasklet-profile-v0 and against what the manifest allows it. */
import { LIMITS } from '../../base/limits.ts';
import { formatSize, sizeText } from '../../program/size.ts';
import type { TextRange } from '../../program/textLines.ts';
import { checkProfile, type ProfileProblem } from '../../wasm/profile.ts';
import { PAGE_BYTES, PAGES_MAX } from '../../wasm/read/pages.ts';
import { readModule } from '../../wasm/read/readModule.ts';
import { WasmInvalidError } from '../../wasm/read/wasmInvalid.ts';
import type { WasmModule } from '../../wasm/read/wasmModule.ts';
import type { FindingCode } from './catalogue.ts';
import type { TaskletContext } from './taskletContext.ts';

/** Enough to see what kind of module it is. `checkProfile` lists as many of one kind. */
const MAX_PROBLEMS = 100;

/** Where a part of the module was written. */
export interface ModulePlaces {
  importAt(module: string, name: string): Place | null;
  exportAt(name: string): Place | null;
  memory(): Place | null;
  start(): Place | null;
}
export interface Place {
  file: string;
  range: TextRange;
}

/** The engine's own validator. Its types are in the DOM library, which nothing here may use. */
const engine: { validate(bytes: Uint8Array): boolean; Module: new (bytes: Uint8Array) => unknown } = Reflect.get(
  globalThis,
  'WebAssembly',
);

export interface ModuleToCheck {
  bytes: Uint8Array;
  /** The module as words: `build/a.wasm`, or `tasklets/a.ts` when it was compiled just now. */
  label: string;
  /** Where findings without a better place go. */
  place: Place;
  places?: ModulePlaces;
  /** Advice on adding exports, by the kind of source. */
  exportAdvice: string;
  /** Imports the source check has spoken of already need no second finding. */
  importReported?: (module: string) => boolean;
}

/** Returns the module when it could be read. */
export function checkModule(context: TaskletContext, given: ModuleToCheck): WasmModule | null {
  const { bytes, label, place, places } = given;
  if (bytes.length > LIMITS.module) {
    context.report(
      'GRF3004',
      place.file,
      place.range,
      `${label} is ${formatSize(bytes.length)}; a cell takes modules of at most ${formatSize(LIMITS.module)}. Build without debug information, or move data to the input.`,
    );
    return null;
  }
  let module: WasmModule;
  try {
    module = readModule(bytes);
  } catch (error) {
    if (!(error instanceof WasmInvalidError)) throw error;
    reportInvalid(context, given, error);
    return null;
  }
  if (!engine.validate(bytes)) {
    context.report(
      'GRF3005',
      place.file,
      place.range,
      `${label} has the form of a module but its code does not pass WebAssembly validation (${validationWords(bytes)}), so no cell can run it. Build it again; a hand-made module must be corrected.`,
    );
    return null;
  }
  const problems = checkProfile(module);
  for (const problem of problems.slice(0, MAX_PROBLEMS)) reportProfile(context, given, problem);
  if (problems.length >= MAX_PROBLEMS)
    context.report(
      'GRF3009',
      place.file,
      place.range,
      `${label} differs from the profile in at least ${MAX_PROBLEMS} imports and exports; no more are listed. It was made for something else: build it for tasklet-profile-v0.`,
    );
  checkMemory(context, given, module);
  if (module.start !== null) {
    const at = places?.start() ?? place;
    context.report(
      'GRF3015',
      at.file,
      at.range,
      `${label} has a start function. It runs before _grafos_tasklet_init and its instructions count as fuel of every run.`,
    );
  }
  return module;
}

function reportInvalid(
  context: TaskletContext,
  { label, place, places }: ModuleToCheck,
  error: WasmInvalidError,
): void {
  const at = places?.memory() ?? place;
  if (error.feature === 'threads') {
    context.report(
      'GRF3013',
      at.file,
      at.range,
      `${label} uses threads or shared memory: ${error.message}. A tasklet runs on one thread with a memory of its own. Build without threads and atomics.`,
    );
  } else if (error.feature === 'memory64') {
    context.report(
      'GRF3014',
      at.file,
      at.range,
      `${label} uses 64-bit memory: ${error.message}. The pointers of the profile are 32 bits wide. Build for wasm32.`,
    );
  } else if (error.reason === 'unsupported') {
    context.report(
      'GRF3005',
      place.file,
      place.range,
      `${label} uses a WebAssembly feature that tasklet-profile-v0 does not have${error.feature === undefined ? '' : `, ${error.feature}`}: ${error.message}. Build for WebAssembly 2.0 without it.`,
    );
  } else {
    context.report(
      'GRF3005',
      place.file,
      place.range,
      `${label} is no valid WebAssembly module: ${error.message}. It may have been cut off or written by something else. Build it again.`,
    );
  }
}

function validationWords(bytes: Uint8Array): string {
  try {
    new engine.Module(bytes);
  } catch (error) {
    if (error instanceof Error) return error.message.replace(/^WebAssembly\.Module\(\): /, '');
  }
  return 'it is refused by the engine';
}

function reportProfile(
  context: TaskletContext,
  given: ModuleToCheck,
  { kind, subject, message }: ProfileProblem,
): void {
  const { places, place } = given;
  const [module = '', ...rest] = subject.split('.');
  const isImport = kind.startsWith('import');
  const { file, range } = (isImport ? places?.importAt(module, rest.join('.')) : places?.exportAt(subject)) ?? place;
  if (isImport && given.importReported?.(module)) return;
  const report = (code: FindingCode, text: string) => context.report(code, file, range, text);
  switch (kind) {
    case 'export_missing':
      report('GRF3006', `${message} ${given.exportAdvice}`);
      break;
    case 'export_kind':
    case 'export_signature':
      report('GRF3007', `${message} ${given.exportAdvice}`);
      break;
    case 'export_extra':
      report(
        'GRF3016',
        `${message} Remove the export: what is exported stays in the module and can be called by nobody.`,
      );
      break;
    case 'import_module_unknown':
      if (module.startsWith('wasi')) {
        report(
          'GRF3008',
          `"${subject}" is imported from WASI, which a cell does not have: a tasklet sees its input, its output and its lease, nothing else. Build for wasm32-unknown-unknown and take out what needs files, environment, clock or standard output.`,
        );
      } else report('GRF3009', `${message} ${envAdvice(module)}`);
      break;
    case 'import_unknown':
      report('GRF3009', `${message} Remove the import.`);
      break;
    case 'import_kind':
    case 'import_signature':
      report('GRF3010', `${message} Declare it with the types of docs/reference/tasklet-abi.md.`);
      break;
    case 'memory_above_limit':
      // Reported by checkMemory, which knows the manifest.
      break;
  }
}

function envAdvice(module: string): string {
  return module === 'env'
    ? 'An import from "env" is what a compiler leaves when a function has no body: find the call and use grafos-std instead.'
    : 'Remove the import, or move what it does into the module.';
}

function checkMemory(context: TaskletContext, { label, places }: ModuleToCheck, module: WasmModule): void {
  const memory = module.memories[0];
  if (memory === undefined) return;
  const limit = context.tasklet.linear_memory_bytes;
  const needed = memory.min * PAGE_BYTES;
  const range = context.rangeOf('linear_memory');
  if (needed > limit) {
    const edit = context.setKey('linear_memory', `"${sizeText(needed)}"`);
    context.report(
      'GRF3011',
      context.manifestPath,
      range,
      `${label} starts with ${formatSize(needed)} of linear memory, and linear_memory allows ${formatSize(limit)}, so it cannot be started. Raise linear_memory to at least "${sizeText(needed)}", or build the module with less.`,
      edit === null ? undefined : { title: `Set linear_memory to "${sizeText(needed)}"`, edits: [edit] },
    );
  } else if (memory.max !== null && memory.max < PAGES_MAX && memory.max * PAGE_BYTES > limit) {
    const at = places?.memory() ?? { file: context.manifestPath, range };
    context.report(
      'GRF3012',
      at.file,
      at.range,
      `${label} may grow to ${formatSize(memory.max * PAGE_BYTES)}, and linear_memory allows ${formatSize(limit)}. Growing past that returns -1; raise linear_memory if the tasklet counts on it.`,
    );
  }
}
