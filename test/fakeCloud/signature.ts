import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The only credentials that the fake cloud of AWS knows. */
export const AWS_KEY_ID = 'AKIAFAKECLOUDFAKE000';
export const AWS_SECRET = 'fake/secret/of/the/fake/cloud/0000000000';

/** Difference of clocks that AWS accepts, milliseconds. */
const SKEW_MS = 5 * 60_000;

/**
 * Checks Signature Version 4 of a request.
 *
 * @returns the region and service that it was signed for, or AWS's code of what is wrong
 */
export function checkSignature(request: IncomingMessage, body: Buffer): { region: string; service: string } | string {
  const header = request.headers.authorization ?? '';
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  if (match === null) return 'MissingAuthenticationToken';
  const [, keyId, day = '', region = '', service = '', signed = '', signature = ''] = match;
  if (keyId !== AWS_KEY_ID) return service === 'ec2' ? 'AuthFailure' : 'InvalidClientTokenId';
  const at = String(request.headers['x-amz-date'] ?? '');
  const time = Date.parse(at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!at.startsWith(day) || !(Math.abs(Date.now() - time) < SKEW_MS)) return 'RequestExpired';
  const names = signed.split(';');
  if (!names.includes('host')) return 'SignatureDoesNotMatch';
  const canonical = [
    request.method,
    request.url,
    '',
    ...names.map((name) => `${name}:${String(request.headers[name] ?? '').trim()}`),
    '',
    signed,
    createHash('sha256').update(body).digest('hex'),
  ].join('\n');
  const text = [
    'AWS4-HMAC-SHA256',
    at,
    `${day}/${region}/${service}/aws4_request`,
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    Buffer.from(`AWS4${AWS_SECRET}`),
  );
  const wanted = createHmac('sha256', key).update(text).digest();
  if (!timingSafeEqual(wanted, Buffer.from(signature, 'hex'))) return 'SignatureDoesNotMatch';
  return { region, service };
}
