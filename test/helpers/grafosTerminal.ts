import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';

/** Why a terminal cannot be had here; undefined where it can. */
export function terminalMissing(): string | undefined {
  const found = spawnSync('script', ['--version'], { encoding: 'utf8' });
  return found.stdout?.includes('util-linux') === true ? undefined : 'script of util-linux is missing';
}

/**
 * Runs the built `grafos` in a terminal of its own, and types each answer once its question is
 * there.
 */
export async function grafosTerminal(
  args: string[],
  { cwd, answers, env }: { cwd: string; answers: Array<[question: RegExp, typed: string]>; env?: NodeJS.ProcessEnv },
): Promise<{ code: number | null; screen: string }> {
  const quoted = [process.execPath, join(packageRoot, 'bin', 'grafos.cjs'), ...args].map((word) => `'${word}'`);
  const child = spawn('script', ['-qec', quoted.join(' '), '/dev/null'], {
    cwd,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, ...env },
  });
  let screen = '';
  let seen = 0;
  const left = [...answers];
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    const [next] = left;
    if (next === undefined || !next[0].test(screen.slice(seen))) return;
    left.shift();
    seen = screen.length;
    child.stdin.write(`${next[1]}\n`);
  });
  const deadline = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(deadline);
  if (left.length > 0) throw new Error(`was not asked ${left[0]?.[0]}:\n${screen}`);
  return { code, screen };
}
