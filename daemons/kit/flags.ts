import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { GrafosError } from '../../base/grafosError.ts';
import { parseHostPort } from '../../base/hostPort.ts';
import { PEER_NAME } from '../wire/peerRole.ts';

/** A kind of value that a flag takes. */
export interface FlagKind<T> {
  /** The value as the list of flags shows it, such as `HOST:PORT`. */
  form: string;
  /** A value in words, after "not ". */
  what: string;
  /** Returns undefined for a text that is no such value. */
  read(text: string): T | undefined;
}

/**
 * A row of a daemon's flag table, made with `required`, `optional`, `preset`, `list` or `onOff`.
 */
export interface Flag<T> {
  /** Without dashes. */
  name: string;
  form: string;
  help: string;
  type: 'boolean' | 'string';
  /** Turns what the command line has, in its order, into the value. */
  value(given: readonly string[], fault: FlagFault): T;
}

/** Throws the error of a flag that is missing, or of one whose text is no value of its kind. */
export interface FlagFault {
  missing(): never;
  invalid(text: string, what: string): never;
}

type Flags = Record<string, Flag<unknown>>;

/** Published codes of a daemon's wrong flags. */
export interface FlagCodes {
  missing: 'bad_flag' | 'flag_missing';
  unknown: 'bad_flag' | 'flag_unknown';
  invalid: 'bad_flag' | 'flag_invalid';
}

/**
 * The flags of a daemon, by the names of their values. Every daemon has {@link LIFETIME} besides.
 */
export interface FlagTable<Own extends Flags> {
  daemon: string;
  codes: FlagCodes;
  flags: Own;
}

export type FlagValues<Own extends Flags> = {
  [Name in keyof Own]: Own[Name] extends Flag<infer Value> ? Value : never;
};

export interface HostPort {
  host: string;
  port: number;
}

export const text: FlagKind<string> = { form: 'TEXT', what: 'a text', read: (given) => given };
/** A path, made absolute. */
export const path: FlagKind<string> = { form: 'PATH', what: 'a path', read: (given) => resolve(given) };
export const hostPort: FlagKind<HostPort> = {
  form: 'HOST:PORT',
  what: 'host:port',
  read: parseHostPort,
};
/** The name of a cell or a tenant, as its certificate has it. */
export const peerName: FlagKind<string> = {
  form: 'NAME',
  what: '1 to 63 of a-z 0-9 . _ -, a letter or digit first',
  read: (given) => (PEER_NAME.test(given) ? given : undefined),
};

/** One of a few words. */
export function oneOf<const Word extends string>(...words: Word[]): FlagKind<Word> {
  return {
    form: words.join('|'),
    what: words.join(' or '),
    read: (given) => words.find((word) => word === given),
  };
}

/** A flag without which the daemon does not start. */
export function required<T>(name: string, kind: FlagKind<T>, help: string): Flag<T> {
  return single(name, kind, help, (fault) => fault.missing());
}

export function optional<T>(name: string, kind: FlagKind<T>, help: string): Flag<T | undefined> {
  return single<T | undefined>(name, kind, help, () => undefined);
}

/** A flag with a value where none is given. */
export function preset<T>(name: string, kind: FlagKind<T>, value: T, help: string): Flag<T> {
  return single(name, kind, help, () => value);
}

/** A flag that may be given several times. */
export function list<T>(name: string, kind: FlagKind<T>, help: string): Flag<T[]> {
  const value = (given: readonly string[], fault: FlagFault) =>
    given.map((one) => kind.read(one) ?? fault.invalid(one, kind.what));
  return { name, form: kind.form, help, type: 'string', value };
}

export function onOff(name: string, help: string): Flag<boolean> {
  return { name, form: '', help, type: 'boolean', value: (given) => given.length > 0 };
}

function single<T>(name: string, kind: FlagKind<T>, help: string, absent: (fault: FlagFault) => T): Flag<T> {
  const value = (given: readonly string[], fault: FlagFault): T => {
    const last = given.at(-1) ?? '';
    return last === '' ? absent(fault) : (kind.read(last) ?? fault.invalid(last, kind.what));
  };
  return { name, form: kind.form, help, type: 'string', value };
}

/** The flags of every daemon. They decide how its failures are reported and when it ends. */
const LIFETIME = {
  lifeline: onOff('lifeline', 'end when standard input does, unless the line `keep` came'),
  stateFile: optional('state-file', path, 'dev.json of the stack; the daemon ends when it is no longer in it'),
};

/**
 * Reads the flags of a daemon.
 *
 * @throws {GrafosError} the codes of the table
 */
export function readFlags<Own extends Flags>(
  table: FlagTable<Own>,
  argv: readonly string[],
): FlagValues<Own & typeof LIFETIME> {
  const rows = Object.entries<Flag<unknown>>({ ...table.flags, ...LIFETIME });
  const given = parse(table, argv);
  const values = rows.map(([property, { name, form, help, value }]) => [
    property,
    value([given[name] ?? []].flat().map(String), {
      missing: () => {
        throw flagError(table, 'missing', `--${name} is missing.`, `Give --${name} ${form}: ${help}.`);
      },
      invalid: (one, what) => {
        throw flagError(table, 'invalid', `--${name} is "${one}", not ${what}.`, `Give --${name} ${form}: ${help}.`);
      },
    }),
  ]);
  return Object.fromEntries(values);
}

/** Reads {@link LIFETIME} alone, before anything can fail. */
export function readLifetimeFlags(argv: readonly string[]): FlagValues<typeof LIFETIME> {
  const { values } = parseArgs({ args: [...argv], options: optionsOf(LIFETIME), strict: false });
  const at = values['state-file'];
  const stateFile = Array.isArray(at) ? at.at(-1) : at;
  return {
    lifeline: 'lifeline' in values,
    stateFile: typeof stateFile === 'string' ? resolve(stateFile) : undefined,
  };
}

/** The error of flags with which a daemon cannot start. */
export function flagError(
  { daemon, codes }: Pick<FlagTable<Flags>, 'codes' | 'daemon'>,
  kind: keyof FlagCodes,
  why: string,
  next: string,
): GrafosError {
  return new GrafosError(codes[kind], `${daemon} cannot start with these flags.`, { why, next });
}

function parse(table: FlagTable<Flags>, argv: readonly string[]): Record<string, unknown> {
  const flags: Flags = { ...table.flags, ...LIFETIME };
  try {
    return parseArgs({ args: [...argv], options: optionsOf(flags), strict: true, allowPositionals: false }).values;
  } catch (cause) {
    const forms = Object.values(flags).map(({ name, form }) => `--${name}${form === '' ? '' : ` ${form}`}`);
    throw flagError(
      table,
      'unknown',
      cause instanceof Error ? cause.message : String(cause),
      `The flags are ${forms.join(' ')}`,
    );
  }
}

function optionsOf(flags: Flags): Record<string, { type: 'boolean' | 'string'; multiple: boolean }> {
  return Object.fromEntries(
    Object.values(flags).map(({ name, type }) => [name, { type, multiple: type === 'string' }]),
  );
}
