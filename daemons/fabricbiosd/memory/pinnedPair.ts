import { X509Certificate } from 'node:crypto';
import { type PairPaths, type PemPair, readPair, type TrustCodes, unfitCertificate } from '../../kit/trust.ts';

/**
 * Longest lifetime that a browser accepts for a pinned certificate (W3C WebTransport, "custom
 * certificate requirements"), milliseconds.
 */
const PIN_LIFETIME_MS = 14 * 86_400_000;

/**
 * Reads the pair of the memory data plane, whose certificate clients pin by its hash.
 *
 * @throws {GrafosError} certificate_unfit, key_encrypted, and the codes given
 */
export async function readPinnedPair(paths: PairPaths, codes: TrustCodes): Promise<PemPair> {
  const pair = await readPair(paths, { cert: 'mem-dp-cert', key: 'mem-dp-key' }, codes);
  const certificate = new X509Certificate(pair.certPem);
  const from = certificate.validFromDate.getTime();
  const to = certificate.validToDate.getTime();
  const key = certificate.publicKey;
  const unfit = (why: string) => unfitCertificate(paths.cert, why);
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw unfit('its key is not EC P-256, the only kind a WebTransport client accepts by its hash');
  if (to - from > PIN_LIFETIME_MS)
    throw unfit('it lives longer than 14 days, the most a WebTransport client accepts by its hash');
  if (Date.now() < from || Date.now() > to)
    throw unfit(`it is valid from ${certificate.validFrom} to ${certificate.validTo}`);
  return pair;
}
