import { join } from 'node:path';
import { GrafosError } from '../base/grafosError.ts';
import { connectTarget } from '../toolchain/deploy/connectTarget.ts';
import { directTarget, type Target } from '../toolchain/deploy/resolveProvider.ts';
import { usableStack } from '../toolchain/stack/devState.ts';
import { type StackPaths, stackPaths } from '../toolchain/stack/stackPaths.ts';
import { programRootOf } from './programRootOf.ts';

/** Options that name a scheduler by hand; each falls back to its environment variable. */
export interface DirectOptions {
  scheduler?: string;
  ca?: string;
  cert?: string;
  key?: string;
}

/**
 * Takes the files of a scheduler from the options, and from the environment what they lack.
 *
 * @throws {GrafosError} wrong_usage naming what is missing
 */
export function directFiles(given: DirectOptions): [url: string, files: { ca: string; cert: string; key: string }] {
  const take = (option: keyof DirectOptions): string => {
    const value = given[option] ?? process.env[`GRAFOS_${option.toUpperCase()}`];
    if (value) return value;
    throw new GrafosError('wrong_usage', `--${option} is missing.`, {
      next: `Give it, or set GRAFOS_${option.toUpperCase()}.`,
    });
  };
  return [take('scheduler'), { ca: take('ca'), cert: take('cert'), key: take('key') }];
}

/**
 * A client with admin rights: of the scheduler given by hand, or else of this program's local
 * stack. The caller disposes of it.
 */
export async function connectAdmin(
  cwd: string,
  given: DirectOptions,
  signal: AbortSignal,
): ReturnType<typeof connectTarget> {
  return await connectTarget(await adminTarget(cwd, given), signal);
}

/** The scheduler given by hand, or else this program's local stack with the trust of its admin. */
export async function adminTarget(cwd: string, given: DirectOptions): Promise<Target> {
  if (given.scheduler ?? process.env.GRAFOS_SCHEDULER) return await directTarget(...directFiles(given), '');
  const paths = stackPaths(programRootOf(cwd));
  const stack = await usableStack(paths);
  if (stack === undefined) {
    throw new GrafosError('runtime_not_ready', 'The local stack does not run, and no other scheduler was given.', {
      next: 'Start it: grafos dev up; or give --scheduler, --ca, --cert and --key.',
    });
  }
  const { state } = stack;
  const files = { ca: state.ca_cert, ...adminPair(paths) };
  return { ...(await directTarget(state.scheduler_url, files, '')), cellId: state.cell_id };
}

/** The files of a local stack's admin. */
export function adminPair({ trust }: StackPaths): { cert: string; key: string } {
  return { cert: join(trust, 'admin.pem'), key: join(trust, 'admin-key.pem') };
}
