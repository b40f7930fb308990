import { GrafosError } from '../../base/grafosError.ts';
import { hostPort as joinHostPort } from '../../base/hostPort.ts';
import { parseSize, SIZE_SYNTAX } from '../../program/size.ts';
import {
  type Flag,
  type FlagKind,
  type FlagTable,
  type FlagValues,
  flagError,
  type HostPort,
  hostPort,
  oneOf,
  optional,
  path,
  preset,
  readFlags,
  required,
  text,
} from '../kit/flags.ts';
import { trustFlags } from '../kit/trustFlags.ts';
import { MEM_LEASE_BYTES_MAX } from '../memory/memFrames.ts';
import { ipOctets } from '../peers/peerAddress.ts';

const WORKERS_MAX = 256;

/** An address that others can call. It is in the certificate, and clients get it. */
const callable: FlagKind<HostPort> = {
  form: hostPort.form,
  what: 'the host:port that others call, which 0.0.0.0 and :: are not',
  read: (text) => {
    const where = hostPort.read(text);
    return where === undefined || isAnyAddress(where.host) ? undefined : where;
  },
};

/** Says whether an address means all of a machine, in every way that it can be written. */
function isAnyAddress(host: string): boolean {
  return ipOctets(host)?.every((octet) => octet === 0) ?? false;
}

const memCapacity: FlagKind<number> = {
  form: 'SIZE',
  what: `${SIZE_SYNTAX}, at most 4GiB`,
  read: (text) => {
    const bytes = parseSize(text);
    return bytes === null || bytes > MEM_LEASE_BYTES_MAX ? undefined : bytes;
  },
};

const workerCount: FlagKind<number> = {
  form: 'N',
  what: `a whole number from 1 to ${WORKERS_MAX}`,
  read: (text) => {
    const count = /^\d+$/.test(text) ? Number(text) : 0;
    return count >= 1 && count <= WORKERS_MAX ? count : undefined;
  },
};

const label: FlagKind<string> = {
  form: 'TEXT',
  what: '1 to 64 printable ASCII characters without a space',
  read: (text) => (/^[\x21-\x7e]{1,64}$/.test(text) ? text : undefined),
};

const LOOPBACK: HostPort = { host: '127.0.0.1', port: 0 };

/** The flags of `fabricbiosd control-server` (docs/internals/fabric-control.md, "Flags"). */
export const CELL_FLAGS = {
  daemon: 'fabricbiosd',
  codes: { missing: 'flag_missing', unknown: 'flag_unknown', invalid: 'flag_invalid' },
  flags: {
    bind: preset('bind', callable, LOOPBACK, 'address of fabric control; port 0 asks the system for one'),
    memBind: preset(
      'mem-dp-bind',
      hostPort,
      LOOPBACK,
      'address of the memory data plane; port 0 asks the system for one',
    ),
    memHost: optional(
      'mem-dp-host',
      text,
      'host in the URL of the memory data plane, where it is not that of the bind',
    ),
    /** Bytes. */
    memCapacity: preset('mem-capacity', memCapacity, 128 * 1024, 'fabric memory to lease'),
    /** `auto` is QUIC, and TCP on the same port number for a scheduler that no UDP reaches. */
    transport: preset('transport', oneOf('quic', 'tcp', 'auto'), 'quic', 'transport of fabric control'),
    ...trustFlags('cell'),
    provider: preset('provider', label, 'local', 'provider, as runs have it'),
    region: preset('region', label, 'local', 'region, as runs have it'),
    memCert: required('mem-dp-cert', path, 'certificate of the memory data plane, which clients pin'),
    memKey: required('mem-dp-key', path, 'its key'),
    workers: optional('workers', workerCount, 'run workers; 2 to 4 by the processors unless given'),
    meteredFolder: optional('metered-dir', path, 'folder that keeps metered modules for the next start'),
  },
} as const satisfies FlagTable<Record<string, Flag<unknown>>>;

export type CellOptions = FlagValues<typeof CELL_FLAGS.flags>;

/** @throws {GrafosError} usage, flag_missing, flag_unknown, flag_invalid */
export function cellOptions(argv: readonly string[]): CellOptions {
  const [command, ...rest] = argv;
  if (command !== 'control-server') {
    throw new GrafosError('usage', `fabricbiosd does not know ${command ?? 'what to do'}.`, {
      next: 'Say `fabricbiosd control-server` and its flags.',
    });
  }
  const options = readFlags(CELL_FLAGS, rest);
  const { host, port } = options.memBind;
  if (options.memHost === undefined && isAnyAddress(host)) {
    const given = `--mem-dp-bind is "${joinHostPort(host, port)}", not ${callable.what}.`;
    throw flagError(
      CELL_FLAGS,
      'invalid',
      given,
      'Give another address, or say how others call it: --mem-dp-host HOST.',
    );
  }
  return options;
}
