import { parseArgs } from 'node:util';
import { parseSize, SIZE_SYNTAX } from '../../program/size.ts';
import { parseHostPort } from '../protocol/controlLink.ts';
import { GrafosError } from '../protocol/grafosError.ts';
import { MEM_LEASE_BYTES_MAX } from '../protocol/memFrames.ts';
import { PEER_NAME } from '../protocol/peerRole.ts';

export interface Bind {
  host: string;
  port: number;
}

export interface CellOptions {
  bind: Bind;
  memBind: Bind;
  /** Bytes. */
  memCapacity: number;
  /** `auto` is QUIC, and TCP on the same port number for a scheduler that no UDP reaches. */
  transport: 'quic' | 'tcp' | 'auto';
  cellId: string;
  provider: string;
  region: string;
  ca: string;
  cert: string;
  key: string;
  memCert: string;
  memKey: string;
  workers: number | undefined;
  /** Where metered modules are kept for the next start. */
  meteredFolder: string | undefined;
}

export interface LifetimeFlags {
  lifeline: boolean;
  stateFile: string | undefined;
}

const FLAGS = {
  bind: { type: 'string', default: '127.0.0.1:0' },
  'mem-dp-bind': { type: 'string', default: '127.0.0.1:0' },
  'mem-capacity': { type: 'string', default: '128k' },
  transport: { type: 'string', default: 'quic' },
  'cell-id': { type: 'string' },
  provider: { type: 'string', default: 'local' },
  region: { type: 'string', default: 'local' },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  'mem-dp-cert': { type: 'string' },
  'mem-dp-key': { type: 'string' },
  workers: { type: 'string' },
  'metered-dir': { type: 'string' },
  lifeline: { type: 'boolean', default: false },
  'state-file': { type: 'string' },
} as const;

const WORKERS_MAX = 256;

/**
 * Reads the flags that decide how a failure is reported. They are read before anything can fail.
 */
export function lifetimeFlags(argv: readonly string[]): LifetimeFlags {
  const { values } = parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true, strict: false });
  const stateFile = values['state-file'];
  return { lifeline: values.lifeline === true, stateFile: typeof stateFile === 'string' ? stateFile : undefined };
}

/** Throws GrafosError, kind `usage`. */
export function cellOptions(argv: readonly string[]): CellOptions {
  const { values, positionals } = parse(argv);
  if (positionals.length !== 1 || positionals[0] !== 'control-server') {
    throw usage(
      'usage',
      `fabricbiosd does not know ${positionals.join(' ') || 'what to do'}.`,
      'Say `fabricbiosd control-server` and its flags.',
    );
  }
  const required = (name: 'cell-id' | 'ca' | 'cert' | 'key' | 'mem-dp-cert' | 'mem-dp-key'): string => {
    const value = values[name];
    if (value === undefined || value === '') throw usage('flag_missing', `--${name} is missing.`, `Add --${name}.`);
    return value;
  };
  const { transport } = values;
  if (transport !== 'quic' && transport !== 'tcp' && transport !== 'auto') {
    throw usage('flag_invalid', `--transport is "${transport}".`, 'Use quic, tcp or auto.');
  }
  const cellId = required('cell-id');
  if (!PEER_NAME.test(cellId)) {
    throw usage('flag_invalid', `--cell-id is "${cellId}".`, 'Use 1 to 63 of a-z 0-9 . _ -, a letter or digit first.');
  }
  return {
    bind: bind(values.bind, 'bind'),
    memBind: bind(values['mem-dp-bind'], 'mem-dp-bind'),
    memCapacity: memCapacity(values['mem-capacity']),
    transport,
    cellId,
    provider: label(values.provider, 'provider'),
    region: label(values.region, 'region'),
    ca: required('ca'),
    cert: required('cert'),
    key: required('key'),
    memCert: required('mem-dp-cert'),
    memKey: required('mem-dp-key'),
    workers: values.workers === undefined ? undefined : workers(values.workers),
    meteredFolder: values['metered-dir'],
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true, strict: true });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw usage('flag_unknown', why, 'The flags are in docs/fabric-control.md.');
  }
}

function bind(text: string, flag: string): Bind {
  const where = parseHostPort(text);
  if (where === undefined)
    throw usage('flag_invalid', `--${flag} is "${text}".`, 'Write host:port; port 0 asks the system for one.');
  if (where.host === '0.0.0.0' || where.host === '::') {
    throw usage(
      'flag_invalid',
      `--${flag} is "${text}", which is no address anybody can call.`,
      'Give the address under which the cell is reached: it stands in the certificate and is what clients are told.',
    );
  }
  return where;
}

function memCapacity(text: string): number {
  const bytes = parseSize(text);
  if (bytes !== null && bytes <= MEM_LEASE_BYTES_MAX) return bytes;
  throw usage('flag_invalid', `--mem-capacity is "${text}".`, `Give ${SIZE_SYNTAX}, at most 4GiB.`);
}

function workers(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= WORKERS_MAX) return count;
  throw usage('flag_invalid', `--workers is "${text}".`, `Give a whole number from 1 to ${WORKERS_MAX}.`);
}

function label(text: string, flag: string): string {
  if (/^[\x21-\x7e]{1,64}$/.test(text)) return text;
  throw usage('flag_invalid', `--${flag} is "${text}".`, 'Use 1 to 64 printable ASCII characters.');
}

function usage(code: string, what: string, next: string): GrafosError {
  return new GrafosError('usage', code, what, { next });
}
