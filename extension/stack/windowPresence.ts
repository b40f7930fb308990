import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readKeeper } from '../../toolchain/stack/keeperFile.ts';
import { userFolderVariables } from '../../toolchain/user/userFolders.ts';

/**
 * Time from the last window's end to the end of the stack, milliseconds. A reload must take less;
 * on a busy machine 12.6 s were measured. An extension cannot see whether its window reloads or
 * closes.
 */
const GRACE_MS = 60_000;
const READY_MS = 10_000;

export interface WindowPresence {
  /**
   * Says that this window has the program of that stack open.
   *
   * @param isOurs this editor started the stack, so closing the last window ends it
   */
  hold(stackStartedAt: string, isOurs: boolean): Promise<void>;
  /** Sets whether the stack outlives the windows. */
  setKeepRunning(keep: boolean): void;
  dispose(): void;
}

/**
 * This window's connection to the keeper of a program's stack (stackKeeper.ts). A stack that the
 * command line started has none and is left alone.
 */
export function windowPresence(options: {
  root: string;
  /** The keeper's program. */
  entry: string;
  keepRunning: boolean;
  graceMs?: number;
  log: (text: string) => void;
}): WindowPresence {
  const { root, entry, log } = options;
  let { keepRunning } = options;
  let socket: Socket | undefined;
  let held = '';
  let isDisposed = false;

  const setting = (): KeeperSetting => (keepRunning ? 'keep' : 'stop');
  const say = (): void => void socket?.write(`${setting()}\n`);
  const connectTo = (path: string): void => {
    socket?.destroy();
    const own = connect(path);
    socket = own;
    own.unref();
    own.resume();
    own.on('error', (error) => log(`the keeper of the stack is gone: ${error.message}`));
    own.on('close', () => {
      if (socket === own) socket = undefined;
    });
    say();
  };

  return {
    async hold(stackStartedAt, isOurs) {
      if (isDisposed || (socket !== undefined && held === stackStartedAt)) return;
      held = stackStartedAt;
      const keeper = await readKeeper(root, stackStartedAt);
      if (isDisposed) return;
      if (keeper !== undefined) connectTo(keeper.socket);
      else if (isOurs) {
        const path = await startKeeper(entry, [root, stackStartedAt], options.graceMs ?? GRACE_MS, setting());
        if (!isDisposed) connectTo(path);
      }
    },
    setKeepRunning(keep) {
      keepRunning = keep;
      say();
    },
    dispose() {
      isDisposed = true;
      socket?.end();
      socket = undefined;
    },
  };
}

/** The keeper's words for whether the stack outlives the windows. */
type KeeperSetting = 'keep' | 'stop';

async function startKeeper(
  entry: string,
  [root, stack]: [root: string, stack: string],
  graceMs: number,
  setting: KeeperSetting,
): Promise<string> {
  const socket =
    process.platform === 'win32'
      ? `\\\\.\\pipe\\grafos-${randomBytes(16).toString('hex')}`
      : // A socket's path may have some 100 characters, a program's folder more; and this folder is open to its owner alone.
        join(await mkdtemp(join(tmpdir(), 'grafos-')), 'windows');
  // The second part names the user's records: the keeper ends no stack that is not in them.
  const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, TMPDIR: tmpdir(), ...userFolderVariables() };
  if (process.env.SystemRoot !== undefined) env.SystemRoot = process.env.SystemRoot;
  if (process.versions.electron !== undefined) env.ELECTRON_RUN_AS_NODE = '1';
  const child = spawn(process.execPath, [entry, root, stack, socket, String(graceMs), setting], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
    windowsHide: true,
    env,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the keeper of the stack did not start in time')), READY_MS);
      const settle = (end: () => void) => {
        clearTimeout(timer);
        end();
      };
      child.stdout.once('data', () => settle(resolve));
      child.once('error', (error) => settle(() => reject(error)));
      child.once('exit', (code) =>
        settle(() => reject(new Error(`the keeper of the stack ended (exit code ${code})`))),
      );
    });
    return socket;
  } catch (error) {
    child.kill();
    throw error;
  } finally {
    child.stdout.destroy();
    child.removeAllListeners();
    child.on('error', () => {});
    child.unref();
  }
}
