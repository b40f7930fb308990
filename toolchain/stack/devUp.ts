import type { DevState } from '../../daemons/protocol/devState.ts';
import { verifyAuditEnds } from '../../daemons/protocol/verifyAudit.ts';
import { confirmStack } from '../confirm/stackConfirmation.ts';
import { fileError } from '../files/fileError.ts';
import { auditFaults, auditFaultText } from './auditFaultText.ts';
import { endStack } from './devDown.ts';
import { readDevState, strangeStack } from './devState.ts';
import { makeProgramState } from './programState.ts';
import { quicUnreachable } from './quicUnreachable.ts';
import { lockStack } from './stackLock.ts';
import { stackPaths } from './stackPaths.ts';
import { type StackOptions, startStack } from './startStack.ts';
import { giveStateNotice } from './stateNotices.ts';
import { udpGetsThrough } from './udpGetsThrough.ts';

/** What a `dev up` may be told. */
export type DevUpOptions = StackOptions;

export interface DevUp {
  state: DevState;
  /** A stack of this program was running, or had been left half alive, and was ended first. */
  replaced: boolean;
  /** The fault of the `dev.json` that was there, of which nothing was believed and no process ended. */
  warning: string | null;
  /** Milliseconds. */
  duration_ms: number;
}

/**
 * Starts the local stack of a program ({@link startStack}), after ending the one that runs, and lets it live on.
 * @throws GrafosError with the failing daemon's own code, `stack_busy`, `not_built`, `interrupted`, or a file error's code.
 */
export async function devUp(programRoot: string, options: DevUpOptions = {}): Promise<DevUp> {
  const begun = performance.now();
  const signal = options.signal ?? new AbortController().signal;
  const paths = stackPaths(programRoot);
  if (options.transport === 'quic' && !(await udpGetsThrough())) throw quicUnreachable('a port of this machine');
  await makeProgramState(programRoot, 'dev', 'logs');
  await using _lock = await lockStack(paths.lock, signal, (pid) =>
    options.progress?.(`waiting for another grafos (process ${pid})`),
  ).catch((error) => {
    throw fileError(error, 'The stack cannot be locked');
  });

  const before = await readDevState(paths);
  const warning = await strangeStack(paths);
  if (before !== undefined) options.progress?.('ending the stack that runs');
  await endStack(paths, before);
  await warnOfBrokenAudit(paths.dir);
  const beforeState = (state: DevState) => confirmStack(programRoot, state);
  const stack = await startStack(programRoot, paths, { ...options, beforeState });
  await stack.keep();
  return { state: stack.state, replaced: before !== undefined, warning, duration_ms: performance.now() - begun };
}

/** Says where the audit log is broken. The stack starts all the same: a stack that is down proves nothing. */
async function warnOfBrokenAudit(dir: string): Promise<void> {
  const [fault] = auditFaults((await verifyAuditEnds(dir)).faults);
  if (fault === undefined) return;
  const { what, next } = auditFaultText(dir, fault);
  giveStateNotice('warning', `${what}\n  next: ${next}\n        The whole log is checked by: grafos dev doctor`);
}
