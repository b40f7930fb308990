import { lstatSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { STATE_NAME, StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { fileError } from '../files/fileError.ts';
import { programRecordText } from '../user/programRecords.ts';
import { deadDaemons, readDevState } from './devState.ts';
import { makeProgramState } from './programState.ts';
import { asideName } from './setStateAside.ts';
import { lockStack } from './stackLock.ts';
import { stackPaths } from './stackPaths.ts';
import { OWNER_FILE, stateOwner } from './stateOwner.ts';

export interface RestoredState {
  /** Name of the folder that was brought back. */
  from: string;
  /** Name of the folder that now has what `.grafos` had. */
  replaced: string;
}

const ASIDE = /^\.grafos\.(?:foreign|replaced)-[0-9TZ]+$/;

/** Parts that are made anew by the next command, or that must not outlive their stack. */
const NOT_RESTORED = ['types', 'build', OWNER_FILE];
const NOT_RESTORED_DEV = ['dev.json', 'dev.json.aside', 'lock', 'trust', 'keeper.json'];

/**
 * Puts a state folder that was set aside back into its place, and the one that is there aside. It
 * must hold nothing but folders and files of this user.
 *
 * @param name name of the folder beside `.grafos`
 * @throws {GrafosError} not_set_aside, stack_running, state_unsafe, stack_busy, the code of a file
 *   error
 */
export async function restoreState(programRoot: string, name: string, signal: AbortSignal): Promise<RestoredState> {
  const back = ASIDE.test(name) ? StateFolder.find(programRoot, name) : undefined;
  if (back === undefined) {
    throw new GrafosError('not_set_aside', `${JSON.stringify(name)} is no state folder that was set aside.`, {
      why: `Such a folder lies beside grafos.toml and is called ${STATE_NAME}.foreign-… or ${STATE_NAME}.replaced-….`,
      next: 'List them: ls -a',
    });
  }
  try {
    const paths = stackPaths(programRoot);
    await makeProgramState(programRoot, 'dev');
    const lock = await lockStack(paths.lock, signal);
    try {
      await refuseIfRunning(programRoot);
      for (const part of NOT_RESTORED) back.remove(part);
      const dev = back.find('dev');
      for (const part of NOT_RESTORED_DEV) dev?.remove(part);
      refuseOddEntries(back.path);
      const { path, id } = ownRecord(programRoot);
      back.writeNew(OWNER_FILE, programRecordText({ id, path }));
      back.writeNew('.gitignore', '*\n');
    } finally {
      // Before the folder goes: the lock would go with it.
      await lock[Symbol.asyncDispose]();
    }
    const replaced = asideName(programRoot, 'replaced');
    renameSync(join(programRoot, STATE_NAME), join(programRoot, replaced));
    renameSync(back.path, join(programRoot, STATE_NAME));
    return { from: name, replaced };
  } catch (error) {
    throw fileError(error, `${name} cannot be brought back`);
  }
}

async function refuseIfRunning(programRoot: string): Promise<void> {
  const state = await readDevState(stackPaths(programRoot));
  if (state === undefined || (await deadDaemons(state)).length === Object.keys(state.daemons).length) return;
  throw new GrafosError('stack_running', 'The local stack runs on the state that would be replaced.', {
    next: 'Stop it first: grafos dev down',
  });
}

function ownRecord(programRoot: string): { id: string; path: string } {
  const owner = stateOwner(programRoot);
  if (owner.kind !== 'ours') throw new Error(`${programRoot} lost its state while it was restored`);
  return owner.record;
}

/** Refuses links, pipes, sockets and devices at any depth: state never has them. */
function refuseOddEntries(path: string): void {
  for (const name of readdirSync(path)) {
    const entry = join(path, name);
    const stats = lstatSync(entry);
    const isMine = process.geteuid === undefined || stats.uid === process.geteuid();
    if (stats.isDirectory() && isMine) refuseOddEntries(entry);
    else if (!stats.isFile() || !isMine) {
      throw new GrafosError('state_unsafe', `${entry} cannot be used for state.`, {
        why: isMine ? 'It is neither a file nor a folder.' : 'It belongs to another user.',
        next: 'If the folder is your own, delete that entry and run the command again.',
      });
    }
  }
}
