import { sep } from 'node:path';
import * as vscode from 'vscode';
import { GrafosError } from '../../base/grafosError.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { runCli } from '../runCli.ts';
import type { WarmBuilder } from './warmBuilder.ts';

/** The command line's output for each build. */
export interface Built {
  tasklet: string;
  output: string;
  bytes: number;
  duration_ms: number;
}

let warmBuilder: WarmBuilder | undefined;

/**
 * Sets the builder that is tried before the command: the language server, whose compiler is loaded.
 */
export function useWarmBuilder(builder: WarmBuilder): void {
  warmBuilder = builder;
}

/** Builds under way, by program and tasklet: who asks for one again joins it. */
const underWay = new Map<string, Promise<Built>>();

/**
 * Saves the open documents of the program and builds the tasklet.
 *
 * @throws {GrafosError} build_failed, with the first finding as its reason
 */
export function buildTasklet(
  session: ProgramSession,
  tasklet: string,
  extensionPath: string,
  signal: AbortSignal,
): Promise<Built> {
  const key = `${session.root}\0${tasklet}`;
  const running = underWay.get(key);
  if (running !== undefined) return running;
  const build = (async () => {
    await saveProgram(session);
    try {
      const warm = await buildWarm(session.root, tasklet, signal);
      if (warm !== null) return warm;
      const { value } = await runCli<Built[]>({
        packageFolder: extensionPath,
        cwd: session.root,
        args: ['tasklet', 'build', tasklet],
        signal,
      });
      const [built] = value;
      if (built === undefined) throw new Error(`the build of ${tasklet} gave no answer`);
      return built;
    } finally {
      session.taskletsChanged();
    }
  })().finally(() => underWay.delete(key));
  underWay.set(key, build);
  return build;
}

/**
 * Builds with the loaded compiler. Null for Rust, because a loaded compiler saves cargo nothing,
 * and where no builder answers.
 */
async function buildWarm(root: string, tasklet: string, signal: AbortSignal): Promise<Built | null> {
  if (warmBuilder === undefined) return null;
  const { findTasklet, loadProgramSoon } = await import('../../program/loadProgram.ts');
  if (findTasklet(await loadProgramSoon(root), tasklet).kind === 'rust') return null;
  const answer = await warmBuilder(root, tasklet, signal);
  if (signal.aborted) throw new GrafosError('interrupted', 'Interrupted.');
  if (answer === null) return null;
  if ('built' in answer) return answer.built;
  const { kind, code, message, why, next } = answer.error;
  throw new GrafosError(code, message, { kind, ...(why === null ? {} : { why }), ...(next === null ? {} : { next }) });
}

/**
 * Builds the tasklet unless its module is what the sources, saved first, would give.
 *
 * @returns the program as it was saved, its tasklet, and whether the tasklet was built
 */
export async function ensureBuilt(
  session: ProgramSession,
  tasklet: string,
  extensionPath: string,
  signal: AbortSignal,
): Promise<{ program: Program; tasklet: Tasklet; isBuilt: boolean }> {
  await saveProgram(session);
  const { findTasklet, loadProgramSoon } = await import('../../program/loadProgram.ts');
  const { staleness } = await import('../../toolchain/compile/staleness.ts');
  const program = await loadProgramSoon(session.root);
  const found = findTasklet(program, tasklet);
  const { state } = await staleness(program, found);
  const isBuilt = state !== 'fresh' && state !== 'unknown';
  if (isBuilt) await buildTasklet(session, tasklet, extensionPath, signal);
  return { program, tasklet: found, isBuilt };
}

/** Saves the program's files that were edited; the user's other files are left as they are. */
async function saveProgram(session: ProgramSession): Promise<void> {
  const edited = vscode.workspace.textDocuments.filter(
    (document) =>
      document.isDirty && document.uri.scheme === 'file' && document.uri.fsPath.startsWith(session.root + sep),
  );
  await Promise.all(edited.map((document) => document.save()));
}
