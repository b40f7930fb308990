import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';

/** A kind of per-user folder, after the XDG Base Directory Specification 0.8. */
type Kind = 'state' | 'cache';

const UNIX: Record<Kind, { variable: string; below: string[] }> = {
  state: { variable: 'XDG_STATE_HOME', below: ['.local', 'state'] },
  cache: { variable: 'XDG_CACHE_HOME', below: ['.cache'] },
};

/**
 * Folder of records that no program folder can bring along: what this user made and confirmed.
 * It need not exist yet.
 *
 * @throws {GrafosError} no_home_folder
 */
export function userStateFolder(env: NodeJS.ProcessEnv = process.env): string {
  return userFolder('state', env);
}

/**
 * Folder of files that can be made again. It need not exist yet.
 *
 * @throws {GrafosError} no_home_folder
 */
export function userCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return userFolder('cache', env);
}

/**
 * The variables that these folders depend on, for a child that is given an environment of its own.
 */
export function userFolderVariables(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const names = [...Object.values(UNIX).map(({ variable }) => variable), 'HOME', 'USERPROFILE', 'LOCALAPPDATA'];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

function userFolder(kind: Kind, env: NodeJS.ProcessEnv): string {
  const { variable, below } = UNIX[kind];
  const given = env[variable];
  // The specification ignores a relative path. The variable is honoured on every platform.
  if (given !== undefined && isAbsolute(given)) return join(given, 'grafos');
  if (process.platform === 'win32') {
    const local = env.LOCALAPPDATA;
    if (local !== undefined && isAbsolute(local)) return join(local, 'grafos', kind);
  }
  return join(home(variable), ...below, 'grafos');
}

function home(variable: string): string {
  let folder = '';
  try {
    folder = homedir();
  } catch {
    // There is no HOME, and the system does not know this user.
  }
  if (folder !== '') return folder;
  throw new GrafosError('no_home_folder', 'There is no home folder to keep records in.', {
    next: `Set HOME, or ${variable}, to a folder that can be written.`,
  });
}
