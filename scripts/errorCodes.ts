import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorKind, EXIT_CODE, GrafosError } from '../daemons/protocol/grafosError.ts';
import { refusalOf } from '../daemons/protocol/schedulerErrors.ts';
import { REFUSAL_REASONS } from '../daemons/protocol/tenantApi.ts';
import { fileError } from '../toolchain/files/fileError.ts';

const root = join(import.meta.dirname, '..');
const THROWN = /new GrafosError\(\s*'([a-z-]+)',\s*'([a-z_]+)'/g;

/** Files whose errors reach no command: the scheduler answers with codes of its own. */
const INSIDE = ['daemons/protocol/fabricClient.ts'];

/** Codes of the operating system for a file that cannot be used. */
const ERRNOS = ['EACCES', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EISDIR', 'ENOENT', 'ENAMETOOLONG', 'EMFILE'];

/** Reads from the sources which exit codes each error code of a command has. */
export function errorCodes(): Map<string, number[]> {
  const found = new Map<string, Set<number>>();
  const add = (code: string, exit: number): void => {
    found.set(code, (found.get(code) ?? new Set()).add(exit));
  };
  for (const file of globSync('{cli,toolchain,program,daemons}/**/*.ts', { cwd: root, exclude: INSIDE })) {
    for (const [, kind, code = ''] of readFileSync(join(root, file), 'utf8').matchAll(THROWN))
      add(code, EXIT_CODE[kind as ErrorKind]);
  }
  for (const errno of ERRNOS) {
    for (const isGiven of [true, false]) {
      const error = fileError(Object.assign(new Error(errno), { code: errno }), 'x', isGiven);
      if (error instanceof GrafosError) add(error.code, error.exitCode);
    }
  }
  for (const reason of REFUSAL_REASONS) {
    const body = Buffer.from(JSON.stringify({ error: { reason, message: 'x' } }));
    add(reason, refusalOf('https://scheduler', 400, body).exitCode);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, exits]) => [code, [...exits].sort()]));
}
