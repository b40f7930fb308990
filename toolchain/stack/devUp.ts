import { verifyAuditEnds } from '../../daemons/audit/verifyAudit.ts';
import type { DevState } from '../../daemons/wire/devState.ts';
import { confirmStack } from '../confirm/stackConfirmation.ts';
import { fileError } from '../files/fileError.ts';
import { auditFaults, auditFaultText } from './auditFaultText.ts';
import { checkStart, type PortName } from './checkStart.ts';
import { endStack } from './devDown.ts';
import { readDevState, strangeStack } from './devState.ts';
import { isUnchanged } from './isUnchanged.ts';
import { makeProgramState } from './programState.ts';
import { lockStack } from './stackLock.ts';
import { stackPaths } from './stackPaths.ts';
import { stackRequest } from './stackRequest.ts';
import { type StackWork, stackWork, workText } from './stackWork.ts';
import { type StackOptions, startStack } from './startStack.ts';
import { giveStateNotice } from './stateNotices.ts';

/** Options of a `dev up`. */
export interface DevUpOptions extends StackOptions {
  /** Lets the running stack go on when it is what the options ask for. */
  keepsUnchanged?: boolean;
  /** Those of `ports` that `[stack]` of the manifest gave; an error names the key of such a one. */
  manifestPorts?: readonly PortName[];
}

export interface DevUp {
  state: DevState;
  /** A stack of this program was running, or had been left half alive, and was ended first. */
  replaced: boolean;
  /** The running stack was what the options ask for, and goes on. */
  kept: boolean;
  /**
   * Runs and leases that ended with the stack before; null when there was none, or no answer from
   * it.
   */
  ended: StackWork | null;
  /** The fault of an untrusted `dev.json`. Nothing in it was believed, and no process ended. */
  warning: string | null;
  /** Milliseconds. */
  duration_ms: number;
}

/**
 * Starts the local stack of a program ({@link startStack}), after ending the one that runs, and
 * lets it live on.
 *
 * @throws {GrafosError} the failing daemon's own code, stack_busy, not_built, interrupted, or a
 *   file error's code
 */
export async function devUp(programRoot: string, options: DevUpOptions = {}): Promise<DevUp> {
  const begun = performance.now();
  const signal = options.signal ?? new AbortController().signal;
  const paths = stackPaths(programRoot);
  await makeProgramState(programRoot, 'dev', 'logs');
  await using _lock = await lockStack(paths.lock, signal, (pid) =>
    options.progress?.(`waiting for another grafos (process ${pid})`),
  ).catch((error) => {
    throw fileError(error, 'The stack cannot be locked');
  });

  const before = await readDevState(paths);
  const request = stackRequest(options);
  if (before !== undefined && options.keepsUnchanged && (await isUnchanged(paths, before, request, signal)))
    return { ...NOTHING_DONE, state: before, kept: true, duration_ms: performance.now() - begun };
  const warning = before === undefined ? await strangeStack(paths) : null;
  await checkStart(paths, request, before, options.manifestPorts).catch((error) => {
    throw fileError(error, 'The stack cannot be started');
  });
  const ended = before === undefined ? null : await sayWork(programRoot, signal);
  signal.throwIfAborted();
  if (before !== undefined) options.progress?.('ending the stack that runs');
  await endStack(paths, before);
  await warnOfBrokenAudit(paths.dir);
  const beforeState = (state: DevState) => confirmStack(programRoot, state);
  const stack = await startStack(programRoot, paths, { ...options, beforeState });
  await stack.keep();
  return {
    state: stack.state,
    replaced: before !== undefined,
    kept: false,
    ended,
    warning,
    duration_ms: performance.now() - begun,
  };
}

const NOTHING_DONE = { replaced: false, ended: null, warning: null };

/** Warns of runs and leases that end with the stack that is replaced. */
async function sayWork(programRoot: string, signal: AbortSignal): Promise<StackWork | null> {
  const work = await stackWork(programRoot, signal);
  const text = workText(work);
  if (text !== null) giveStateNotice('warning', `${text} end with the stack that ran.`);
  return work;
}

/**
 * Warns where the audit log is broken. The stack starts all the same: a stack that is down proves
 * nothing.
 */
async function warnOfBrokenAudit(dir: string): Promise<void> {
  const [fault] = auditFaults((await verifyAuditEnds(dir)).faults);
  if (fault === undefined) return;
  const { what, next } = auditFaultText(dir, fault);
  giveStateNotice('warning', `${what}\n  next: ${next}\n        The whole log is checked by: grafos dev doctor`);
}
