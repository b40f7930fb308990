/**
 * Reads the certificates that the daemon presents and trusts, and refuses at the start what its
 * peers would refuse later.
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { GrafosError } from '../protocol/grafosError.ts';
import { checkPeerChain } from '../protocol/peerCertificate.ts';
import { caDerFromPem, type PeerFiles } from '../protocol/peerFiles.ts';
import { PeerRefused } from '../protocol/peerRefused.ts';
import { privateKeyOf } from '../protocol/privateKeyOf.ts';

export interface PairPaths {
  cert: string;
  key: string;
}

export interface PemPair {
  certPem: string;
  keyPem: string;
}

/**
 * Reads the pair of the control port and the CA that its peers must have.
 *
 * @throws {GrafosError} of the kind `usage`
 */
export async function readControlTrust(paths: PairPaths & { ca: string }, host: string): Promise<PeerFiles> {
  const [caPem, pair] = await Promise.all([readText(paths.ca, 'ca'), readPair(paths, 'cert', 'key')]);
  try {
    checkPeerChain([new X509Certificate(pair.certPem).raw], {
      caDer: caDerFromPem(caPem),
      usage: 'server',
      roles: ['cell'],
      host,
    });
  } catch (error) {
    if (!(error instanceof PeerRefused)) throw error;
    throw unfit(paths.cert, error.detail, error);
  }
  return { caPem, ...pair };
}

/**
 * Longest lifetime that a browser accepts for a pinned certificate (W3C WebTransport, "custom
 * certificate requirements"), milliseconds.
 */
const PIN_LIFETIME_MS = 14 * 86_400_000;

/** The pair of the memory data plane. Throws GrafosError, kind `usage`. */
export async function readPinnedPair(paths: PairPaths): Promise<PemPair> {
  const pair = await readPair(paths, 'mem-dp-cert', 'mem-dp-key');
  const certificate = new X509Certificate(pair.certPem);
  const from = certificate.validFromDate.getTime();
  const to = certificate.validToDate.getTime();
  const key = certificate.publicKey;
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw unfit(paths.cert, 'its key is not EC P-256, the only kind a WebTransport client accepts by its hash');
  }
  if (to - from > PIN_LIFETIME_MS) {
    throw unfit(paths.cert, 'it lives longer than 14 days, the most a WebTransport client accepts by its hash');
  }
  if (Date.now() < from || Date.now() > to)
    throw unfit(paths.cert, `it is valid from ${certificate.validFrom} to ${certificate.validTo}`);
  return pair;
}

async function readPair(paths: PairPaths, certFlag: string, keyFlag: string): Promise<PemPair> {
  const [certPem, keyPem] = await Promise.all([readText(paths.cert, certFlag), readText(paths.key, keyFlag)]);
  const certificate = parsed(paths.cert, 'certificate', () => new X509Certificate(certPem));
  const key = parsed(paths.key, 'private key', () => privateKeyOf(keyPem));
  if (!certificate.checkPrivateKey(key)) throw unfit(paths.cert, `it does not belong to the key in ${paths.key}`);
  return { certPem, keyPem };
}

async function readText(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new GrafosError('usage', 'file_unreadable', `Cannot read ${path}, given by --${flag}.`, {
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Give the path of a readable PEM file; `grafos dev up` makes the files of the local stack.',
      cause,
    });
  }
}

function parsed<T>(path: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof GrafosError) throw cause;
    throw new GrafosError('usage', 'certificate_unreadable', `${path} is no PEM ${what}.`, {
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Give a PEM file; `grafos dev up` makes the files of the local stack.',
      cause,
    });
  }
}

function unfit(path: string, why: string, cause?: unknown): GrafosError {
  return new GrafosError('usage', 'certificate_unfit', `The certificate ${path} does not fit its part.`, {
    why,
    next: 'Make new ones: `grafos dev up` for the local stack, `grafos admin issue-server-cert` for a cell.',
    cause,
  });
}
