import { generateKeyPairSync } from 'node:crypto';
import { GrafosError } from '../../base/grafosError.ts';
import { createAuthority } from '../../toolchain/trust/authority.ts';
import { makeSigningRequest } from '../../toolchain/trust/signingRequest.ts';

export const authority = createAuthority({ name: 'unit CA', days: 30 });

export const newKey = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve }).privateKey;

export const hosts = ['cell.example.com', '10.1.2.3', '2001:db8:0:0:0:0:0:1'];

/** The code and reason of the error of an act. */
export function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof GrafosError) return `${error.code}: ${error.why}`;
    throw error;
  }
  return 'nothing thrown';
}

export const request = (
  role: 'cell' | 'scheduler' | 'admin' | 'tenant',
  name = 'aws-eu-1',
  given = hosts,
  key = newKey(),
) => makeSigningRequest({ role, name, hosts: given }, key);

/** The requests of a cell's two daemons, as one text. */
export const both = (name?: string, given?: string[]) =>
  request('cell', name, given) + request('scheduler', name, given);
