import { homedir } from 'node:os';
import { GrafosError } from '../../base/grafosError.ts';
import { loadProgramSoon } from '../../program/loadProgram.ts';
import { buildTool } from '../compile/buildTool.ts';
import { findRust, RUST_TARGET } from '../compile/findRust.ts';
import type { Check } from './doctor.ts';

/**
 * Checks the compilers that the tasklets of a program need: those that came with grafos, and for
 * Rust the cargo of this machine and its target. Without a Rust tasklet no cargo is looked for.
 */
export async function compilerChecks(
  programRoot: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Check[]> {
  let program: Awaited<ReturnType<typeof loadProgramSoon>>;
  try {
    program = await loadProgramSoon(programRoot);
  } catch (error) {
    return [failed('manifest', error, 'Correct grafos.toml: grafos validate')];
  }
  const checks: Check[] = [];
  const { tasklets } = program.manifest;
  for (const kind of ['assemblyscript', 'wat'] as const) {
    const tasklet = tasklets.find((one) => one.kind === kind);
    if (tasklet === undefined) continue;
    try {
      checks.push({ name: kind, status: 'ok', message: buildTool(tasklet), next: null });
    } catch (error) {
      checks.push(failed(kind, error, 'Install grafos again: a part of it is missing.'));
    }
  }
  const crate = tasklets.find(({ kind }) => kind === 'rust');
  if (crate === undefined) return checks;
  try {
    // The folder is not the program's: its rust-toolchain.toml could name a compiler that came with
    // it.
    const { cargo, passedOver } = await findRust(homedir(), env, signal);
    const message = `${cargo}, with ${RUST_TARGET}${passedOver === null ? '' : `. ${passedOver}`}`;
    checks.push({ name: 'rust', status: 'ok', message, next: null });
  } catch (error) {
    if (signal.aborted) throw error;
    checks.push(failed('rust', error, 'Install Rust from https://rustup.rs.'));
  }
  return checks;
}

function failed(name: string, error: unknown, otherwise: string): Check {
  const message = error instanceof Error ? error.message : String(error);
  const { why, next } = error instanceof GrafosError ? error : { why: undefined, next: undefined };
  return { name, status: 'fail', message: why === undefined ? message : `${message} ${why}`, next: next ?? otherwise };
}
