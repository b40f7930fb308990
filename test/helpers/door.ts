/**
 * A door is one end of an mTLS connection of this project. A test is the other end and offers it a
 * chain.
 */
import { createHash } from 'node:crypto';
import type { PeerFiles } from '../../daemons/peers/peerFiles.ts';
import type { PeerRefusedError } from '../../daemons/peers/peerRefused.ts';
import { type Ca, type Chain, ChainMaker, type Side } from './chainMaker.ts';
import { keyPemOf, toPem } from './x509Writer.ts';

export interface Attempt {
  /** `not-offerable`: the library at the test's end will not even load the chain. */
  outcome: 'accepted' | 'refused' | 'not-offerable';
  /** The refusals that the door reported to its owner. */
  refusals: PeerRefusedError[];
  /**
   * The leaf that an accepting door received. Libraries may have corrected its encoding on the way.
   */
  leaf?: { x5tS256: string };
  how: string;
}

export interface Door {
  offer(chain: Chain): Promise<Attempt>;
  close(): Promise<void>;
}

/**
 * The good files that a door is set up with.
 *
 * @param side the door's
 */
export function doorFiles(ca: Ca, side: Side): PeerFiles {
  const maker = new ChainMaker(ca, side);
  return { caPem: toPem(ca.der), certPem: toPem(maker.leaf()), keyPem: keyPemOf(maker.leafKey.privateKey) };
}

/** base64url SHA-256. */
export function leafOf(der: Uint8Array): { x5tS256: string } {
  return { x5tS256: createHash('sha256').update(der).digest('base64url') };
}

/** The files that the test's end presents; none for an empty chain. */
export function shownFiles({ chain, key }: Chain): { cert?: string; key?: string } {
  return chain.length === 0 ? {} : { cert: chain.map(toPem).join(''), key: keyPemOf(key) };
}

/** The promise, or an error once `ms` have passed. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing happened within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
