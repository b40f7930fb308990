import { type ChildProcess, spawn } from 'node:child_process';

/** A peer's process group, ended with all it started when the block ends. */
export function spawnPeer(
  command: string,
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): AsyncDisposable & { pid: number; child: ChildProcess } {
  const child = spawn(command, args, {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    env: { ...process.env, CI: 'true', ...env },
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-2000);
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let ending = false;
  child.once('exit', (code) => {
    if (!ending) console.error(`${command} ended early (${code}):\n${stderr}`);
  });
  const pid = child.pid ?? 0;
  return {
    pid,
    child,
    async [Symbol.asyncDispose]() {
      ending = true;
      signalGroup(pid, 'SIGTERM');
      const force = setTimeout(() => signalGroup(pid, 'SIGKILL'), 3000);
      await exited;
      clearTimeout(force);
      signalGroup(pid, 'SIGKILL');
    },
  };
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // The whole group is gone.
  }
}
