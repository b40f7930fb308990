/**
 * One tasklet from its source to its module: which of the two is looked at, and with which
 * compiler.
 */
import { dirname, join } from 'node:path';
import { LIMITS } from '../../base/limits.ts';
import { didYouMean } from '../../program/didYouMean.ts';
import type { Program } from '../../program/loadProgram.ts';
import { PROGRAM_LIMITS } from '../../program/programLimits.ts';
import type { FileRead, ReadFault } from '../../program/programReader.ts';
import { rustSource } from '../../program/rustSource.ts';
import { formatSize } from '../../program/size.ts';
import type { WasmModule } from '../../wasm/read/wasmModule.ts';
import { staleness } from '../compile/staleness.ts';
import { checkModule, type ModuleToCheck } from './checkModule.ts';
import { checkRust } from './checkRust.ts';
import { checkScript } from './checkScript.ts';
import { FILE_START } from './finding.ts';
import type { TextRead } from './programFiles.ts';
import { isCommonFault, readFinding } from './readFinding.ts';
import type { TaskletContext } from './taskletContext.ts';
import { watPlaces } from './watPlaces.ts';

interface Options {
  overlay: ReadonlyMap<string, string> | undefined;
  signal: AbortSignal | undefined;
}

/** Returns the module the findings are about, where there is one. */
export async function checkTasklet(
  context: TaskletContext,
  program: Program,
  options: Options,
): Promise<WasmModule | null> {
  switch (context.tasklet.kind) {
    case 'assemblyscript':
      return checkAssemblyScript(context, program, options);
    case 'rust':
      return checkRustTasklet(context, program);
    case 'wat':
      return checkWat(context, program);
    case 'wasm':
      return checkPrebuilt(context);
  }
}

async function checkAssemblyScript(
  context: TaskletContext,
  program: Program,
  options: Options,
): Promise<WasmModule | null> {
  const { tasklet, files } = context;
  const source = context.path(tasklet.source);
  const text = readSource(context, source, files.text(source, 'checkedSource'));
  if (text === null) return null;
  const { explainsEnv, sources } = checkScript(context, source, text);
  const unsaved = sources.some((file) => files.overlaid(file));
  const state = await builtState(context, program, unsaved);
  const place = { file: context.manifestPath, range: context.rangeOf('source') };
  const given: Omit<ModuleToCheck, 'bytes' | 'label'> = {
    place,
    exportAdvice: 'Build it again with `grafos tasklet build`, which makes the entry point.',
    importReported: (module) => explainsEnv && module === 'env',
  };
  if (state === 'fresh') return checkBuilt(context, given);
  // As long as what is written cannot work there is no module to speak of; unsaved text is checked
  // as fast as it is typed.
  const { compileAssemblyScript } = await import('../compile/compileAssemblyScript.ts');
  const { wasm, diagnostics } = await compileAssemblyScript({
    program,
    tasklet,
    checkOnly: unsaved,
    ...(options.overlay === undefined ? {} : { overlay: options.overlay }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const known = new Set(context.findings.filter(({ file }) => file === source).map(({ code }) => code));
  const computeReported = known.has('GRF2103') || known.has('GRF2104');
  // Of compute the scan has spoken, with a fix; what its absence does to the entry point is the
  // same fault again.
  const repeatsCompute = (code: string, message: string) =>
    code === 'GRF2103' || code === 'GRF2104' || (code === 'GRF2101' && message.endsWith('(in ~grafos/entry.ts)'));
  for (const one of diagnostics) {
    if (!(computeReported && repeatsCompute(one.code, one.message))) context.findings.push(one);
  }
  return wasm === null ? null : checkModule(context, { ...given, bytes: wasm, label: tasklet.source });
}

async function checkRustTasklet(context: TaskletContext, program: Program): Promise<WasmModule | null> {
  const { tasklet, files, manifestPath } = context;
  const { crate, function: wanted } = rustSource(tasklet.source);
  const folder = context.path(crate);
  const source = context.path(tasklet.source);
  const given = files.look(source);
  if (given.state !== 'ok') {
    readSource(context, source, given);
    return null;
  }
  const seen = wanted === null ? given : files.look(folder);
  if (seen.state !== 'ok') {
    readSource(context, folder, seen);
    return null;
  }
  if (!seen.stat.isDirectory()) {
    context.report(
      'GRF2002',
      manifestPath,
      context.rangeOf('source'),
      `"${tasklet.source}" is a file. A source without an extension is the folder of a Rust crate; write the name of the file's extension, or the folder that holds Cargo.toml.`,
    );
    return null;
  }
  if (files.look(join(folder, 'Cargo.toml')).state === 'missing') {
    context.report(
      'GRF2002',
      manifestPath,
      context.rangeOf('source'),
      `The folder "${crate === '' ? '.' : crate}" has no Cargo.toml, so it is no Rust crate. Name the folder that has one; for other kinds of source name the file itself.`,
    );
    return null;
  }
  checkRust(context, folder);
  const state = await builtState(context, program, false);
  if (state !== 'fresh') return null;
  return checkBuilt(context, {
    place: { file: manifestPath, range: context.rangeOf('source') },
    exportAdvice: 'grafos::tasklet!(compute) makes the exports: build it again with `grafos tasklet build`.',
  });
}

async function checkWat(context: TaskletContext, program: Program): Promise<WasmModule | null> {
  const { tasklet, files } = context;
  const source = context.path(tasklet.source);
  const text = readSource(context, source, files.text(source, 'checkedSource'));
  if (text === null) return null;
  const state = await builtState(context, program, files.overlaid(source));
  const places = watPlaces(source, text);
  const place = places.module() ?? { file: source, range: FILE_START };
  const given = { place, places, exportAdvice: 'Export it in the text of the module.' };
  if (state === 'fresh') return checkBuilt(context, given);
  const { compileWat } = await import('../compile/compileWat.ts');
  const { wasm, diagnostics } = await compileWat(source, text);
  context.findings.push(...diagnostics);
  return wasm === null ? null : checkModule(context, { ...given, bytes: wasm, label: tasklet.source });
}

function checkPrebuilt(context: TaskletContext): WasmModule | null {
  const { tasklet, files, manifestPath } = context;
  const source = context.path(tasklet.source);
  const bytes = readSource(context, source, files.bytes(source, 'module'));
  if (bytes === null) return null;
  const built = files.bytes(context.path(tasklet.output), 'module');
  if (built.state === 'missing') reportNotBuilt(context);
  else if (built.state === 'ok' && !Buffer.from(built.bytes).equals(Buffer.from(bytes)))
    reportStale(context, `${tasklet.output} differs from ${tasklet.source}.`);
  else if (built.state !== 'ok' && built.state !== 'too-large') reportUnreadable(context, built);
  return checkModule(context, {
    bytes,
    label: tasklet.source,
    place: { file: manifestPath, range: context.rangeOf('source') },
    exportAdvice: 'Build the module with them.',
  });
}

/** The text or bytes of a source, or null when a finding says why there are none. */
function readSource(context: TaskletContext, path: string, read: TextRead): string | null;
function readSource(context: TaskletContext, path: string, read: FileRead): Uint8Array | null;
function readSource(context: TaskletContext, path: string, read: ReadFault): null;
function readSource(context: TaskletContext, path: string, read: TextRead | FileRead): string | Uint8Array | null {
  const { tasklet, manifestPath } = context;
  const report = (
    code: 'GRF2001' | 'GRF2002' | 'GRF2003',
    message: string,
    fix?: Parameters<TaskletContext['report']>[4],
  ) => context.report(code, manifestPath, context.rangeOf('source'), message, fix);
  switch (read.state) {
    case 'ok':
      return 'text' in read ? read.text : read.bytes;
    case 'outside':
    case 'too-much':
      context.findings.push(readFinding(read, `"${tasklet.source}"`, manifestPath, context.rangeOf('source')));
      return null;
    case 'missing': {
      const near = nearPath(context, path);
      report(
        'GRF2001',
        `The source "${tasklet.source}" is not there, so "${tasklet.name}" cannot be built. ${near === null ? 'Make the file, or correct the path; it is relative to grafos.toml.' : `Did you mean "${near}"?`}`,
        near === null
          ? undefined
          : {
              title: `Change to "${near}"`,
              edits: [{ range: context.rangeOf('source'), newText: JSON.stringify(near) }],
            },
      );
      return null;
    }
    case 'not-a-file':
      report(
        'GRF2002',
        `"${tasklet.source}" is not a file. Name the source file itself; only a Rust crate is named by its folder.`,
      );
      return null;
    case 'not-text':
      context.report(
        'GRF2003',
        path,
        FILE_START,
        `${tasklet.source} is neither UTF-8 nor UTF-16 text, so no compiler would read it as it is meant. Save it as UTF-8.`,
      );
      return null;
    case 'unreadable':
      report('GRF2003', `The source "${tasklet.source}" cannot be read: ${read.why}. Check the file and its folder.`);
      return null;
    case 'too-large':
      if (tasklet.kind === 'wasm') {
        context.report(
          'GRF3004',
          manifestPath,
          context.rangeOf('source'),
          `${tasklet.source} is ${formatSize(read.size)}; a cell takes modules of at most ${formatSize(LIMITS.module)}. Build it without debug information, or move data to the input.`,
        );
      } else {
        context.report(
          'GRF2004',
          path,
          FILE_START,
          `${tasklet.source} is ${formatSize(read.size)}. Sources above ${formatSize(PROGRAM_LIMITS.checkedSource)} are not checked, so that an editor stays quick; they are built all the same. Move data to the input or into a file of its own.`,
        );
      }
      return null;
  }
}

/** A sibling whose name is nearly the one that is missing. */
function nearPath(context: TaskletContext, path: string): string | null {
  const listed = context.files.list(dirname(path));
  const names = listed.state === 'ok' ? listed.names : [];
  const { source } = context.tasklet;
  const last = source.split('/').pop() ?? '';
  const extension = /\.[a-z]+$/.exec(last)?.[0] ?? '';
  const near = didYouMean(
    last,
    names.filter((name) => name.endsWith(extension) && !name.startsWith('.')),
  );
  return near === null ? null : [...source.split('/').slice(0, -1), near].join('/');
}

/**
 * `fresh`: the module on disk is the one to check. Reports absence and staleness, unless an unsaved
 * text makes both certain.
 */
async function builtState(
  context: TaskletContext,
  program: Program,
  unsaved: boolean,
): Promise<'fresh' | 'compile' | 'broken'> {
  if (unsaved) return 'compile';
  const output = context.files.look(context.path(context.tasklet.output));
  if (output.state === 'ok' ? !output.stat.isFile() : output.state !== 'missing') {
    reportUnreadable(context, output.state === 'ok' ? { state: 'not-a-file' } : output);
    return 'broken';
  }
  // Too large a module is reported where modules are checked.
  if (output.state === 'ok' && output.stat.size > PROGRAM_LIMITS.module) return 'fresh';
  const { state, why } = await staleness(program, context.tasklet);
  switch (state) {
    case 'missing':
      reportNotBuilt(context);
      return 'compile';
    case 'stale':
      reportStale(context, why);
      return 'compile';
    // Its stamp proves nothing, so that the sources are what is checked.
    case 'foreign':
      return 'compile';
    case 'broken':
    case 'fresh':
    case 'unknown':
      return 'fresh';
  }
}

function checkBuilt(context: TaskletContext, given: Omit<ModuleToCheck, 'bytes' | 'label'>): WasmModule | null {
  const read = context.files.bytes(context.path(context.tasklet.output), 'module');
  if (read.state === 'ok') return checkModule(context, { ...given, bytes: read.bytes, label: context.tasklet.output });
  if (read.state === 'too-large') {
    context.report(
      'GRF3004',
      given.place.file,
      given.place.range,
      `${context.tasklet.output} is ${formatSize(read.size)}; a cell takes modules of at most ${formatSize(LIMITS.module)}. Build without debug information, or move data to the input.`,
    );
  }
  return null;
}

function reportNotBuilt(context: TaskletContext): void {
  const { tasklet, manifestPath } = context;
  context.report(
    'GRF3001',
    manifestPath,
    context.rangeOf('name'),
    `"${tasklet.name}" is not built yet: ${tasklet.output} is not there. Build it with \`grafos tasklet build ${tasklet.name}\`.`,
  );
}

function reportStale(context: TaskletContext, why: string): void {
  const { tasklet, manifestPath } = context;
  context.report(
    'GRF3002',
    manifestPath,
    context.rangeOf('name'),
    `${why} A deploy would run what was built before. Build it with \`grafos tasklet build ${tasklet.name}\`.`,
  );
}

function reportUnreadable(context: TaskletContext, read: ReadFault): void {
  const { tasklet, manifestPath } = context;
  const range = context.rangeOf(context.given('output') ? 'output' : 'name');
  if (isCommonFault(read)) {
    context.findings.push(readFinding(read, `the module ${tasklet.output}`, manifestPath, range));
    return;
  }
  const why = read.state === 'unreadable' ? read.why : 'it is not a file';
  context.report(
    'GRF3003',
    manifestPath,
    range,
    `The module ${tasklet.output} cannot be read: ${why}. Remove what is in its place and build again.`,
  );
}
