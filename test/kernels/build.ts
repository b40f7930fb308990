import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import wabt from 'wabt';

/** Name, source file beside this one, argument of `run`: chosen for 20 to 60 ms each. */
const KERNELS: ReadonlyArray<readonly [name: string, file: string, size: number]> = [
  ['integer loop', 'integerLoop.wat', 10_000_000],
  ['recursive fib', 'fib.wat', 30],
  ['sieve', 'sieve.wat', 2_000_000],
  ['sha-256', 'sha256.as', 800],
  ['matrix f64', 'matrixF64.as', 100],
  ['matrix SIMD', 'matrixSimd.as', 400],
  ['br_table machine', 'interpreter.wat', 500_000],
  ['memory copy', 'memoryCopy.wat', 2_000],
  ['indirect calls', 'indirectCalls.wat', 8_000_000],
  ['JSON parser (AssemblyScript)', 'jsonParser.as', 20],
  ['regex matcher (Rust)', 'regexMatcher.rs', 30],
];

export interface Kernel {
  name: string;
  wasm: Uint8Array;
  /** Argument of its export `run`, (i32) -> i32. */
  size: number;
}

/**
 * Compiles the kernels, each optimised as the users of its language do. Without a Rust that has
 * wasm32, its kernel is left out with the reason.
 */
export async function buildKernels(onSkipped: (name: string, reason: string) => void): Promise<Kernel[]> {
  const folder = mkdtempSync(join(tmpdir(), 'grafos-kernels-'));
  const kernels: Kernel[] = [];
  try {
    for (const [name, file, size] of KERNELS) {
      try {
        kernels.push({ name, wasm: await compile(file, folder), size });
      } catch (error) {
        if (!file.endsWith('.rs')) throw error;
        onSkipped(name, 'rustc cannot build for wasm32-unknown-unknown');
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return kernels;
}

async function compile(file: string, folder: string): Promise<Uint8Array> {
  const source = join(import.meta.dirname, file);
  if (file.endsWith('.wat')) {
    const parsed = (await wabt()).parseWat(file, readFileSync(source, 'utf8'), { bulk_memory: true });
    return new Uint8Array(parsed.toBinary({}).buffer);
  }
  const out = join(folder, 'kernel.wasm');
  if (file.endsWith('.rs')) {
    const target = ['--target', 'wasm32-unknown-unknown', '--crate-type', 'cdylib'];
    // Debian's rustc brings the standard library of wasm32; others on the PATH may not.
    const rustc = ['/usr/bin/rustc', 'rustc'];
    for (const one of rustc) {
      try {
        execFileSync(
          one,
          [source, ...target, '-C', 'opt-level=3', '-C', 'panic=abort', '-C', 'strip=symbols', '-o', out],
          { stdio: 'pipe' },
        );
        return new Uint8Array(readFileSync(out));
      } catch (error) {
        if (one === rustc.at(-1)) throw error;
      }
    }
  }
  // With grafos-std beside it, as a tasklet has it, its runtime included.
  const entry = join(folder, 'kernel.ts');
  copyFileSync(source, entry);
  cpSync(join(import.meta.dirname, '../../sdk/assemblyscript'), join(folder, 'grafos-std'), { recursive: true });
  const options = ['-O3', '--noAssert', '--enable', 'simd', '--use', 'abort=', '--runtime', './grafos-std/runtime'];
  const compiler = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
  execFileSync(process.execPath, [compiler, 'kernel.ts', '--baseDir', folder, ...options, '--outFile', 'kernel.wasm'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Uint8Array(readFileSync(out));
}
