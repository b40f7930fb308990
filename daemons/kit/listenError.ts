import { GrafosError } from '../../base/grafosError.ts';
import { hostPort } from '../../base/hostPort.ts';

/** Published codes of a daemon's address, where they differ from one daemon to another. */
export interface ListenCodes {
  refused: 'cannot_listen' | 'port_refused';
  unavailable: 'address_unavailable' | 'cannot_listen';
}

type Problem = 'in_use' | keyof ListenCodes;

const PROBLEMS: Record<string, Problem> = {
  EADDRINUSE: 'in_use',
  EACCES: 'refused',
  EADDRNOTAVAIL: 'unavailable',
  ENOTFOUND: 'unavailable',
  EINVAL: 'unavailable',
};

const WORDS: Record<Problem, { what: string; next: string }> = {
  in_use: { what: 'is in use', next: 'Give another port, or port 0 to get a free one.' },
  refused: { what: 'may not be used', next: 'Give a port from 1024 on, or port 0 to get a free one.' },
  unavailable: { what: 'is not of this machine', next: 'Give an address that this machine has.' },
};

/**
 * Turns the error of a listener into one that says which flag to change. An error that has another
 * cause than the address is returned as it is.
 *
 * @param flag name of the flag with the address, without dashes
 */
export function listenError(
  error: unknown,
  { host, port }: { host: string; port: number },
  flag: string,
  codes: ListenCodes,
): unknown {
  const problem = problemOf(error);
  if (problem === undefined) return error;
  const { what, next } = WORDS[problem];
  const message = `The address ${hostPort(host, port)} of --${flag} ${what}.`;
  const more = { why: error instanceof Error ? error.message : String(error), next, cause: error };
  return problem === 'in_use'
    ? new GrafosError('port_in_use', message, more)
    : new GrafosError(codes[problem], message, more);
}

/** Finds the system's error code through whatever a library wrapped it in. */
function problemOf(error: unknown): Problem | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const problem = 'code' in at && typeof at.code === 'string' ? PROBLEMS[at.code] : undefined;
    if (problem !== undefined) return problem;
  }
  return undefined;
}
