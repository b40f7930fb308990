import { execFile } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { wordList } from '../../base/text/wordList.ts';

export const RUST_TARGET = 'wasm32-unknown-unknown';

export interface RustTools {
  cargo: string;
  rustc: string;
  /**
   * The cargo that comes first on the PATH and cannot build for the target, and what to do; null
   * where the first is the one that is used.
   */
  passedOver: string | null;
}

type Candidate = Pick<RustTools, 'cargo' | 'rustc'>;

const EXE = process.platform === 'win32' ? '.exe' : '';
const ASK_MS = 20_000;

/**
 * A `cargo` and the `rustc` beside it that can build for {@link RUST_TARGET}. Where `CARGO` is set,
 * that cargo is used and no other. Else every folder of the PATH is searched, because the first
 * cargo on it may be without the target while a later one has it.
 *
 * @param folder the crate's: `rust-toolchain.toml` counts from there.
 * @throws {GrafosError} rust_missing, rust_target_missing; the signal's reason
 */
export async function findRust(folder: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<RustTools> {
  const lacking: Array<Candidate & { sysroot: string }> = [];
  for (const tools of candidates(env)) {
    const sysroot = await sysrootOf(tools.rustc, folder, signal);
    if (sysroot === null) continue;
    if (existsSync(join(sysroot, 'lib', 'rustlib', RUST_TARGET, 'lib')))
      return { ...tools, passedOver: advice(lacking[0]) };
    lacking.push({ ...tools, sysroot });
  }
  const [first] = lacking;
  const given = givenCargo(env);
  if (first === undefined && given !== null) {
    throw new GrafosError('rust_missing', 'The environment variable CARGO names no cargo that works.', {
      why: `CARGO is ${given}, which is not there, or has no rustc beside it that starts. No other cargo is used in its place.`,
      next: 'Correct CARGO, or remove it: then the cargo on the PATH is used.',
    });
  }
  if (first === undefined) {
    throw new GrafosError('rust_missing', 'The tasklet is written in Rust, and there is no cargo on this machine.', {
      why: 'No folder of the PATH has a cargo with a rustc beside it that starts.',
      next: 'Install Rust from https://rustup.rs and run `rustup target add wasm32-unknown-unknown`; on Debian or Ubuntu: `apt-get install cargo libstd-rust-dev-wasm32 lld`.',
    });
  }
  throw new GrafosError('rust_target_missing', `Rust is installed, but not for ${RUST_TARGET}.`, {
    why: `${given === null ? '' : 'CARGO names the cargo to use. '}${wordList(lacking.map(({ cargo }) => cargo))} cannot build for it.`,
    next: `Run \`${installCommand(first.sysroot)}\` and build again${given === null ? '' : ', or remove CARGO: then the cargo on the PATH is used'}.`,
  });
}

function advice(passed: { cargo: string; sysroot: string } | undefined): string | null {
  if (passed === undefined) return null;
  const { cargo, sysroot } = passed;
  return `${cargo} comes before it on the PATH, but cannot build for ${RUST_TARGET}: \`${installCommand(sysroot)}\` adds it.`;
}

/** The command that adds the target to the toolchain of a sysroot. */
function installCommand(sysroot: string): string {
  // rustup keeps toolchains in <home>/toolchains/<name>; anything else came from a package of the
  // system.
  if (basename(dirname(sysroot)) === 'toolchains')
    return `rustup target add --toolchain ${basename(sysroot)} ${RUST_TARGET}`;
  return existsSync('/etc/debian_version')
    ? 'apt-get install libstd-rust-dev-wasm32 lld'
    : `rustup target add ${RUST_TARGET}`;
}

/** Advice for a toolchain that lacks only the linker that it starts. */
export function linkerAdvice(env: NodeJS.ProcessEnv): string {
  for (const folder of pathFolders(env)) {
    const target = linkTarget(join(folder, 'rust-lld'));
    // Debian ships the link with rustc and the linker in a package of its own.
    if (target !== null && !existsSync(join(folder, target)))
      return `Run \`apt-get install ${basename(target)}\` and build again.`;
  }
  return "Install LLVM's linker (`lld`), or Rust from https://rustup.rs, which brings its own.";
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function candidates(env: NodeJS.ProcessEnv): Candidate[] {
  const found = new Map<string, Candidate>();
  const add = (cargo: string) => {
    const rustc = join(dirname(cargo), `rustc${EXE}`);
    if (existsSync(cargo) && existsSync(rustc)) found.set(cargo, { cargo, rustc });
  };
  const given = givenCargo(env);
  if (given !== null) add(given);
  else for (const folder of pathFolders(env)) add(join(folder, `cargo${EXE}`));
  return [...found.values()];
}

/** The cargo that the user names. */
function givenCargo(env: NodeJS.ProcessEnv): string | null {
  return env.CARGO === undefined || env.CARGO === '' ? null : env.CARGO;
}

function pathFolders(env: NodeJS.ProcessEnv): string[] {
  return (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
}

function sysrootOf(rustc: string, folder: string, signal: AbortSignal | undefined): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, timeout: ASK_MS, ...(signal === undefined ? {} : { signal }) };
    execFile(rustc, ['--print', 'sysroot'], options, (error, stdout) => {
      if (signal?.aborted) reject(signal.reason);
      else resolve(error === null ? stdout.trim() : null);
    });
  });
}
