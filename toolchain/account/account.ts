import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeFolders } from '../../base/files/makeFolders.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { fileError } from '../files/fileError.ts';
import { writeAtomically } from '../files/writeAtomically.ts';

/** The user's account. It only gives the local tenant its name, and is no credential. */
export interface Account {
  email: string;
}

export const DEFAULT_TENANT = 'dev-tenant';

/** Undefined where there is no home folder to keep it in, as in some containers. */
export function accountFile(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const windows = process.platform === 'win32';
  const given = windows ? env.APPDATA : env.XDG_CONFIG_HOME;
  if (given) return join(given, 'grafos', 'account.json');
  const home = homeFolder();
  return home && join(home, ...(windows ? ['AppData', 'Roaming'] : ['.config']), 'grafos', 'account.json');
}

function homeFolder(): string | undefined {
  try {
    return homedir() || undefined;
  } catch {
    // No HOME, and the system knows no such user.
    return undefined;
  }
}

export async function readAccount(file = accountFile()): Promise<Account | undefined> {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw fileError(error, 'The account cannot be read');
  }
  try {
    const { email } = JSON.parse(text) as Partial<Account>;
    if (typeof email === 'string' && isEmail(email)) return { email };
  } catch {
    // Falls through to the same advice: the file does not hold an account.
  }
  throw new GrafosError('account_unreadable', `${file} does not hold an account.`, {
    next: 'Set it again: grafos account set you@example.com',
  });
}

/** @throws {GrafosError} account_email_invalid, no_home_folder */
export async function writeAccount(email: string, file = accountFile()): Promise<Account> {
  if (!isEmail(email)) {
    throw new GrafosError('account_email_invalid', `"${email}" is not an e-mail address.`, {
      next: 'Give one like you@example.com.',
    });
  }
  if (file === undefined) {
    throw new GrafosError('no_home_folder', 'There is no home folder to keep the account in.', {
      next: 'Set HOME, or XDG_CONFIG_HOME, to a folder that can be written.',
    });
  }
  try {
    makeFolders(dirname(file));
    await writeAtomically(file, `${JSON.stringify({ email } satisfies Account, null, 2)}\n`);
  } catch (error) {
    throw fileError(error, 'The account cannot be written');
  }
  return { email };
}

/**
 * The tenant of an account: the e-mail's safe form (`Ada.L@example.com` becomes
 * `ada-l-example-com`), or {@link DEFAULT_TENANT}.
 */
export function tenantName(account: Account | undefined): string {
  if (account === undefined) return DEFAULT_TENANT;
  const safe = account.email
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return safe === '' ? DEFAULT_TENANT : safe;
}

function isEmail(text: string): boolean {
  return text.length <= 254 && /^[^\s@]+@[^\s@]+$/.test(text);
}
