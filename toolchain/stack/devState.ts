import { basename } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { packageVersion } from '../../base/packageVersion.ts';
import { isProcess } from '../../base/processIdentity.ts';
import { plainText } from '../../base/text/plainText.ts';
import { DAEMON_NAMES, type DaemonName, type DevState } from '../../daemons/wire/devState.ts';
import { type DevFile, readDevFile } from '../../daemons/wire/readDevFile.ts';
import { readConfirmationRecord } from '../confirm/confirmationRecord.ts';
import { isKnownStack, stackConfirmation } from '../confirm/stackConfirmation.ts';
import { hasMoved, isBoundTo } from './boundFolder.ts';
import { findProgramState } from './programState.ts';
import type { StackPaths } from './stackPaths.ts';

/**
 * The stack that `dev.json` names: none, one that this user made or confirmed, or one that must not
 * be used and the reason.
 */
export type KnownStack =
  | { kind: 'none' }
  | { kind: 'confirmed'; state: DevState; caPem: string }
  | { kind: 'unusable'; error: GrafosError };

/**
 * Looks at `dev.json` of a program. Nothing that it names is asked, and no path in it read, before
 * it is confirmed.
 */
export async function knownStack(paths: StackPaths): Promise<KnownStack> {
  const file = await devFile(paths);
  if (file.kind === 'none') return { kind: 'none' };
  if (file.kind === 'unsafe') return { kind: 'unusable', error: file.error };
  if (file.kind === 'invalid' && file.version !== undefined) {
    return {
      kind: 'unusable',
      error: new GrafosError('dev_state_version', `${paths.state} is of another version of grafos.`, {
        why: `Its form has the version ${file.version}; this grafos (${packageVersion()}) writes and reads version 1.`,
        next: 'Stop that stack with the grafos that started it, or start one of this version in its place: grafos dev up',
      }),
    };
  }
  if (file.kind === 'invalid') {
    return {
      kind: 'unusable',
      error: new GrafosError('dev_state_invalid', `${paths.state} is damaged: ${file.why}.`, {
        why: 'It is not as grafos dev up writes it, so nothing in it is believed.',
        next: 'Start the stack again, which replaces it: grafos dev up',
      }),
    };
  }
  if (!isBoundTo(file.state, paths.root)) {
    return {
      kind: 'unusable',
      error: new GrafosError('dev_state_elsewhere', `${paths.state} is of a stack of another folder.`, {
        why: `That stack was started in ${plainText(file.state.folder?.path ?? '')}; this folder is a copy of it, or was moved.`,
        next: 'Start a stack of this folder: grafos dev up. It leaves the other one alone.',
      }),
    };
  }
  if (hasMoved(file.state, paths.root)) {
    return {
      kind: 'unusable',
      error: new GrafosError('dev_state_moved', 'The program was moved while its stack ran.', {
        why: `Its files are named by the path of before, ${plainText(file.state.folder?.path ?? '')}.`,
        next: 'Start the stack again, which ends the one of before: grafos dev up',
      }),
    };
  }
  try {
    const record = await readConfirmationRecord(paths.root);
    return { kind: 'confirmed', state: file.state, caPem: (await stackConfirmation(paths, file.state, record)).text };
  } catch (error) {
    if (error instanceof GrafosError) return { kind: 'unusable', error };
    throw error;
  }
}

/** `dev.json` of a state folder that this user made; another's folder counts as missing. */
async function devFile(paths: StackPaths): Promise<DevFile | { kind: 'unsafe'; error: GrafosError }> {
  try {
    if (findProgramState(paths.root, basename(paths.dir)) === undefined) return { kind: 'none' };
  } catch (error) {
    if (error instanceof GrafosError) return { kind: 'unsafe', error };
    throw error;
  }
  return readDevFile(paths.state);
}

/**
 * The state of a stack that this user made or confirmed, or undefined where there is none.
 *
 * It says which processes are ours to end; to connect to them takes {@link knownStack}, which looks
 * at the CA certificate as well.
 */
export async function readDevState(paths: StackPaths): Promise<DevState | undefined> {
  const file = await devFile(paths);
  if (file.kind !== 'whole' || !isBoundTo(file.state, paths.root)) return undefined;
  return (await isKnownStack(paths.root, file.state)) ? file.state : undefined;
}

/**
 * The state of the running stack, to connect to it.
 *
 * @returns undefined where no stack is there
 * @throws {NotConfirmedError} stack_not_confirmed
 * @throws {GrafosError} dev_state_version, dev_state_invalid, dev_state_elsewhere, dev_state_moved,
 *   state_unsafe, trust_unreadable
 */
export async function usableStack(paths: StackPaths): Promise<{ state: DevState; caPem: string } | undefined> {
  const known = await knownStack(paths);
  if (known.kind === 'unusable') throw known.error;
  return known.kind === 'none' ? undefined : known;
}

/**
 * The fault of a `dev.json` that names a stack which {@link readDevState} does not give; null where
 * there is no such file.
 */
export async function strangeStack(paths: StackPaths): Promise<string | null> {
  const known = await knownStack(paths);
  return known.kind === 'unusable' ? known.error.message : null;
}

/**
 * The daemons of a state that no longer live: killed, crashed, or replaced by another process with
 * the same pid.
 */
export async function deadDaemons(state: DevState): Promise<DaemonName[]> {
  const alive = await Promise.all(
    DAEMON_NAMES.map((name) => isProcess(state.daemons[name].pid, state.daemons[name].started)),
  );
  return DAEMON_NAMES.filter((_, index) => !alive[index]);
}
