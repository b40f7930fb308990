import {
  type Flag,
  type FlagKind,
  type FlagTable,
  type FlagValues,
  flagError,
  hostPort,
  oneOf,
  optional,
  path,
  preset,
  readFlags,
  required,
} from '../kit/flags.ts';
import { trustFlags } from '../kit/trustFlags.ts';

/** Where the cell is; `lifeline` when the parent sends it as the fact `fabric`. */
const cellAddress: FlagKind<string> = {
  form: 'HOST:PORT|lifeline',
  what: 'host:port, nor lifeline',
  read: (text) => (text === 'lifeline' || hostPort.read(text) !== undefined ? text : undefined),
};

/** The flags of the scheduler (docs/internals/fabric-control.md, "Flags"). */
export const SCHEDULER_FLAGS = {
  daemon: 'grafos-scheduler',
  codes: { missing: 'bad_flag', unknown: 'bad_flag', invalid: 'bad_flag' },
  flags: {
    mode: preset('mode', oneOf('cell'), 'cell', 'the only mode there is'),
    authMode: preset('auth-mode', oneOf('mtls+token'), 'mtls+token', 'the only way to authenticate'),
    bind: preset(
      'bind',
      hostPort,
      { host: '127.0.0.1', port: 0 },
      'address of the tenant API; port 0 asks the system for one',
    ),
    fabric: preset('fabric', cellAddress, 'lifeline', 'address of the cell, or lifeline when the parent sends it'),
    fabricTransport: preset('fabric-transport', oneOf('quic', 'tcp', 'auto'), 'quic', 'transport to the cell'),
    ...trustFlags('scheduler'),
    stateDir: required('state-dir', path, 'folder of its store, its audit log and its modules'),
    door: optional('door', path, 'socket of the process that runs the cell and keeps its keys, for renewals'),
  },
} as const satisfies FlagTable<Record<string, Flag<unknown>>>;

export type SchedulerFlags = FlagValues<typeof SCHEDULER_FLAGS.flags>;

/** @throws {GrafosError} bad_flag */
export function readSchedulerFlags(argv: readonly string[]) {
  const flags = readFlags(SCHEDULER_FLAGS, argv);
  if (flags.fabric === 'lifeline' && !flags.lifeline)
    throw flagError(
      SCHEDULER_FLAGS,
      'missing',
      '--fabric is missing, and there is no --lifeline to bring it.',
      'Give --fabric HOST:PORT.',
    );
  return flags;
}
