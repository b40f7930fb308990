import { homedir } from 'node:os';
import { delimiter, dirname, join, relative, sep } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { MODULE_FEATURES, type ModuleFeature } from '../../program/manifestKeys.ts';
import type { ProgramFileKind } from '../../program/programLimits.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import { rustSource } from '../../program/rustSource.ts';
import { lockProcesses } from '../lock/processLock.ts';
import { FILE_START, type Finding, finding } from '../validate/finding.ts';
import { cargoFolder } from './cargoFolder.ts';
import { checkCrateFiles } from './checkCrateFiles.ts';
import type { Compiled } from './compiled.ts';
import { findRust, linkerAdvice, RUST_TARGET, type RustTools } from './findRust.ts';
import { missingCrate } from './missingCrate.ts';
import { releaseProfile } from './releaseProfile.ts';
import { type CargoMessage, type CargoRun, runCargo } from './runCargo.ts';
import { rustFindings } from './rustFindings.ts';
import type { SourceFile } from './sourceStamp.ts';
import { keepExports, readSections, writeSections } from './wasmSections.ts';

/**
 * Bytes of linear memory that rustc gives the call stack. Its default of 1 MiB is 16 pages that
 * every run would have to start with.
 */
const STACK_BYTES = 256 * 1024;
/** Features by rustc's names. */
const TARGET_FEATURES: Record<ModuleFeature, string> = { 'bulk-memory': 'bulk-memory', simd: 'simd128' };
/** Exports that the linker adds unasked. No cell calls them. */
const LINKER_EXPORTS = new Set(['__data_end', '__heap_base', '__indirect_function_table']);

interface BuildOptions {
  signal?: AbortSignal;
  env?: NodeJS.ProcessEnv;
}

/** The longest wait for the builds of other processes, milliseconds. */
const WAIT_MS = 15 * 60_000;

/**
 * Builds a crate through the user's cargo: release profile, a target folder in `.grafos/build`,
 * never the network. The builds of one program wait for each other, in this process and in others,
 * because tasklets of one crate have the same artifact. Cargo's own lock ends with cargo, so each
 * build has a lock until it has read its module.
 *
 * @throws {GrafosError} rust_missing, rust_target_missing, rust_linker_missing,
 * rust_dependency_missing, rust_path_unfit, build_busy, those of {@link checkCrateFiles}, and the
 * signal's reason
 */
export async function buildRust(program: Program, tasklet: Tasklet, options: BuildOptions = {}): Promise<Compiled> {
  const env = options.env ?? process.env;
  const crate = join(program.root, rustSource(tasklet.source).crate);
  const manifest = join(crate, 'Cargo.toml');
  await checkCrateFiles(program.root, crate);
  const tools = await findRust(crate, env, options.signal);
  const target = await cargoFolder(program.root, 'build');
  await using _lock = await lockProcesses(`${target}.lock`, options.signal ?? new AbortController().signal, {
    waitMs: WAIT_MS,
    busy: (holder) => buildBusy(target, holder?.pid),
  });
  const started = Date.now();
  const args = ['build', '--lib', '--release', '--offline', '--target', RUST_TARGET, '--manifest-path', manifest];
  args.push('--target-dir', target, '--message-format', 'json');
  args.push(...(await releaseProfile(new ProgramReader(program.root), crate)));
  const run = await runCargo(tools.cargo, args, {
    cwd: crate,
    env: cargoEnvironment(env, tools, program.root, tasklet),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const diagnostics = rustFindings(run.messages, crate);
  if (run.code !== 0) {
    throwFor(run, diagnostics, { root: program.root, crate }, tools, env);
    const hasError = diagnostics.some(({ severity }) => severity === 'error');
    return {
      wasm: null,
      sourceMap: null,
      diagnostics: hasError ? diagnostics : [...diagnostics, cargoFault(run, manifest, tools)],
      files: [],
    };
  }
  const artifact = moduleOf(run.messages, crate);
  if (artifact === null) {
    const message =
      'cargo built no module: the crate is no cdylib. Add `[lib]` with `crate-type = ["cdylib", "rlib"]`.';
    return {
      wasm: null,
      sourceMap: null,
      diagnostics: [...diagnostics, finding('GRF2201', manifest, FILE_START, message)],
      files: [],
    };
  }
  const reader = new ProgramReader(program.root);
  const sections = readSections(await readPart(reader, artifact, 'module'));
  const wasm = writeSections(keepExports(sections, (name) => !LINKER_EXPORTS.has(name)));
  const files = await sources(reader, crate, artifact, started);
  return { wasm, sourceMap: null, diagnostics, files, cargo: tools.cargo };
}

function buildBusy(target: string, pid: number | undefined): GrafosError {
  const whose = pid === undefined ? 'Another build' : `Another build (process ${pid})`;
  return new GrafosError('build_busy', `${whose} uses cargo's folder of this program.`, {
    why: `It has held ${target}.lock for over ${WAIT_MS / 60_000} minutes.`,
    next: 'Wait for it, or end that process and build again.',
  });
}

/**
 * Makes the environment of cargo, which gives the same bytes in every folder. Paths are mapped
 * away, and flags and profiles of the user's environment do not count.
 */
export function cargoEnvironment(
  env: NodeJS.ProcessEnv,
  tools: RustTools,
  root: string,
  { features, source }: Pick<Tasklet, 'features' | 'source'>,
): NodeJS.ProcessEnv {
  const wanted = rustSource(source).function;
  const cargoHome = env.CARGO_HOME ?? join(homedir(), '.cargo');
  const flags = [
    `--remap-path-prefix=${root}=.`,
    `--remap-path-prefix=${cargoHome}=cargo`,
    '-Clink-arg=-zstack-size='.concat(String(STACK_BYTES)),
    `-Ctarget-feature=${MODULE_FEATURES.map((name) => `${features.includes(name) ? '+' : '-'}${TARGET_FEATURES[name]}`).join(',')}`,
  ];
  const own = Object.entries(env).filter(([name]) => !name.toUpperCase().startsWith('CARGO_PROFILE_'));
  return {
    ...Object.fromEntries(own),
    // Without this, the cargo of one toolchain starts the rustc that comes first on the PATH, which
    // may be another's.
    PATH: `${dirname(tools.cargo)}${delimiter}${env.PATH ?? ''}`,
    RUSTC: tools.rustc,
    CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f'),
    CARGO_INCREMENTAL: '0',
    CARGO_TERM_COLOR: 'never',
    SOURCE_DATE_EPOCH: '0',
    // The attribute of grafos_std writes the exports of this function alone.
    GRAFOS_TASKLET: wanted ?? undefined,
  };
}

/**
 * Throws where the machine is at fault, not the source.
 *
 * @throws {GrafosError} as {@link buildRust}
 */
export function throwFor(
  run: CargoRun,
  diagnostics: Finding[],
  { root, crate }: { root: string; crate: string },
  { cargo }: RustTools,
  env: NodeJS.ProcessEnv,
): void {
  const linker = diagnostics.find(({ message }) => /^linker `[^`]*` not found/.test(message));
  if (linker !== undefined) {
    throw new GrafosError('rust_linker_missing', 'Rust is installed, but the linker for WebAssembly is not.', {
      why: `The rustc of ${cargo} says: ${linker.message.split('\n')[0]}.`,
      next: linkerAdvice(env),
    });
  }
  const missing = missingCrate(root, crate, cargo, run.stderr);
  if (missing !== undefined) throw missing;
  if (
    /No space left on device/.test(run.stderr) ||
    diagnostics.some(({ message }) => /No space left on device/.test(message))
  ) {
    throw new GrafosError('disk_full', 'The tasklet cannot be built: no space left on the device.', {
      next: 'Free some space and run the command again.',
    });
  }
}

/** The messages of cargo when it stops before it compiles anything. */
export function cargoFault(run: CargoRun, manifest: string, { cargo, passedOver }: RustTools): Finding {
  const words = run.stderr.replace(/^\s*(error: )?/, '').trim();
  const text = `${cargo} stopped: ${words === '' ? `exit code ${run.code}` : words}`;
  // A version that is too old may be of a cargo that nobody expected.
  return finding('GRF2207', manifest, FILE_START, passedOver === null ? text : `${text}\n${passedOver}`);
}

function moduleOf(messages: readonly CargoMessage[], crate: string): string | null {
  for (const one of messages) {
    if (one.reason !== 'compiler-artifact' || !one.target.kind.includes('cdylib')) continue;
    if (!one.target.src_path.startsWith(crate + sep)) continue;
    const file = one.filenames.find((name) => name.endsWith('.wasm'));
    if (file !== undefined) return file;
  }
  return null;
}

/**
 * The program's files that went in: those that rustc lists beside the artifact, and the manifests
 * of their folders.
 *
 * A file that changed while cargo ran is stamped as empty, so that the module counts as stale.
 */
async function sources(reader: ProgramReader, crate: string, artifact: string, started: number): Promise<SourceFile[]> {
  const { root } = reader;
  const rule = await readPart(reader, artifact.replace(/\.wasm$/, '.d'), 'dependencyList');
  const paths = new Set(readDependencies(rule.toString('utf8')));
  const folders = new Set<string>();
  for (const path of [join(crate, 'Cargo.toml'), ...paths]) {
    for (let folder = dirname(path); folder.startsWith(root) && !folders.has(folder); folder = dirname(folder))
      folders.add(folder);
  }
  for (const folder of folders) for (const name of ['Cargo.toml', 'Cargo.lock']) paths.add(join(folder, name));
  const files: SourceFile[] = [];
  for (const path of paths) {
    const place = relative(root, path);
    if (place.startsWith('..')) continue;
    const read = await reader.readSoon(path, 'crateFile');
    if (read.state === 'missing') continue;
    if (read.state !== 'ok') throw readError(read, place, 'A file that the crate is built from cannot be read');
    const content = read.changedMs > started && !path.endsWith('Cargo.lock') ? new Uint8Array(0) : read.bytes;
    files.push({ path: place.split(sep).join('/'), content });
  }
  return files;
}

/** A file that cargo made. */
async function readPart(reader: ProgramReader, path: string, kind: ProgramFileKind): Promise<Buffer> {
  const read = await reader.readSoon(path, kind);
  if (read.state !== 'ok') throw readError(read, path, 'What cargo built cannot be read');
  return read.bytes;
}

/** A make rule `target: file file`, with blanks in names escaped. */
function readDependencies(rule: string): string[] {
  const [line = ''] = rule.split('\n');
  const files = line.slice(line.indexOf(': ') + 2);
  return files.split(/(?<!\\) /).flatMap((name) => (name.trim() === '' ? [] : [name.trim().replaceAll('\\ ', ' ')]));
}
