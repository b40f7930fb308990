import {
  type Flag,
  type FlagKind,
  type FlagTable,
  type FlagValues,
  flagError,
  list,
  path,
  preset,
  readFlags,
  required,
} from '../kit/flags.ts';
import { trustFlags } from '../kit/trustFlags.ts';
import { isAllowable } from './callerRules.ts';

/** A port of 127.0.0.1: the helper speaks plain HTTP, so it stays on loopback. */
const loopbackPort: FlagKind<number> = {
  form: '127.0.0.1:PORT',
  what: '127.0.0.1:PORT: the helper speaks plain HTTP and stays on loopback',
  read: (text) => {
    const port = Number(/^127\.0\.0\.1:(\d{1,5})$/.exec(text)?.[1] ?? Number.NaN);
    return port <= 65_535 ? port : undefined;
  },
};

/** URL of the scheduler; `lifeline` when the parent sends it as the fact `scheduler`. */
const schedulerUrl: FlagKind<string> = {
  form: 'URL|lifeline',
  what: 'a URL, nor lifeline',
  read: (text) => (text === 'lifeline' || URL.canParse(text) ? text : undefined),
};

/**
 * An origin exactly as a browser sends it (RFC 6454, section 6.2), so that the comparison can be
 * exact.
 */
const origin: FlagKind<string> = {
  form: 'ORIGIN',
  what: 'an origin such as https://example.org: no path, no wildcard',
  read: (text) => (/^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text ? text : undefined),
};

const host: FlagKind<string> = {
  form: 'HOST',
  what: 'a host such as name.example.dev:8080: lower case, no scheme, no wildcard',
  read: (text) => (isAllowable(text) ? text : undefined),
};

/** The flags of the helper (docs/reference/helper.md, "Flags"). */
export const HELPER_FLAGS = {
  daemon: 'The helper',
  codes: { missing: 'bad_flag', unknown: 'bad_flag', invalid: 'bad_flag' },
  flags: {
    port: preset('bind', loopbackPort, 0, 'address of the dashboard; port 0 asks the system for one'),
    projectDir: required('project', path, 'folder whose program is served'),
    scheduler: required('scheduler', schedulerUrl, 'URL of the scheduler, or lifeline when the parent sends it'),
    ...trustFlags('tenant'),
    bearerFile: required('bearer-file', path, 'file that gets the bearer'),
    allowedOrigins: list('allow-origin', origin, 'an origin that may use the helper besides its own'),
    allowedHosts: list('allow-host', host, 'a name that the helper answers to besides its own'),
  },
} as const satisfies FlagTable<Record<string, Flag<unknown>>>;

export type HelperFlags = FlagValues<typeof HELPER_FLAGS.flags>;

/** @throws {GrafosError} bad_flag */
export function readHelperFlags(argv: readonly string[]) {
  const flags = readFlags(HELPER_FLAGS, argv);
  if (flags.scheduler === 'lifeline' && !flags.lifeline)
    throw flagError(HELPER_FLAGS, 'missing', '--scheduler lifeline needs --lifeline.', 'Give --scheduler URL.');
  return flags;
}
