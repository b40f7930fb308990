import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseHostPort } from '../protocol/controlLink.ts';
import { GrafosError } from '../protocol/grafosError.ts';
import { PEER_NAME } from '../protocol/peerRole.ts';

export interface SchedulerFlags {
  host: string;
  port: number;
  /**
   * host:port of the cell, or null when the parent sends it over the lifeline as the fact `fabric`,
   * `TRANSPORT HOST:PORT`.
   */
  fabric: string | null;
  fabricTransport: 'quic' | 'tcp' | 'auto';
  cellId: string;
  ca: string;
  cert: string;
  key: string;
  /** Absolute. */
  stateDir: string;
}

const OPTIONS = {
  mode: { type: 'string', default: 'cell' },
  'auth-mode': { type: 'string', default: 'mtls+token' },
  bind: { type: 'string', default: '127.0.0.1:0' },
  fabric: { type: 'string' },
  'fabric-transport': { type: 'string', default: 'quic' },
  'cell-id': { type: 'string' },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  'state-dir': { type: 'string' },
  lifeline: { type: 'boolean', default: false },
  'state-file': { type: 'string' },
} as const;

/** @throws {GrafosError} bad_flag */
export function readFlags(argv: string[]): SchedulerFlags {
  const values = parse(argv);
  const needed = (name: 'cell-id' | 'ca' | 'cert' | 'key' | 'state-dir'): string => {
    const value = values[name];
    if (value === undefined || value === '') throw badFlag(`--${name} is missing`);
    return value;
  };
  if (values.mode !== 'cell') throw badFlag(`--mode ${values.mode} is not known; there is only "cell"`);
  if (values['auth-mode'] !== 'mtls+token') {
    throw badFlag(`--auth-mode ${values['auth-mode']} is not known; there is only "mtls+token"`);
  }
  const bind = parseHostPort(values.bind);
  if (bind === undefined) throw badFlag(`--bind ${values.bind} is not host:port`);
  const transport = values['fabric-transport'];
  if (transport !== 'quic' && transport !== 'tcp' && transport !== 'auto')
    throw badFlag(`--fabric-transport ${transport} is none of quic, tcp and auto`);
  const fabric = values.fabric === undefined || values.fabric === 'lifeline' ? null : values.fabric;
  if (fabric === null && !values.lifeline) throw badFlag('--fabric is missing, and there is no --lifeline to tell it');
  if (fabric !== null && parseHostPort(fabric) === undefined) throw badFlag(`--fabric ${fabric} is not host:port`);
  const cellId = needed('cell-id');
  if (!PEER_NAME.test(cellId)) throw badFlag(`--cell-id ${cellId} is not a name`);
  return {
    host: bind.host,
    port: bind.port,
    fabric,
    fabricTransport: transport,
    cellId,
    ca: needed('ca'),
    cert: needed('cert'),
    key: needed('key'),
    stateDir: resolve(needed('state-dir')),
  };
}

function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw badFlag(error instanceof Error ? error.message : String(error));
  }
}

function badFlag(why: string): GrafosError {
  return new GrafosError('usage', 'bad_flag', 'grafos-scheduler cannot start with these flags.', {
    why,
    next: 'Give: --mode cell --auth-mode mtls+token --bind HOST:PORT --fabric HOST:PORT|lifeline --fabric-transport quic|tcp|auto --cell-id ID --ca F --cert F --key F --state-dir DIR',
  });
}
