import { createPrivateKey, type KeyObject } from 'node:crypto';
import { GrafosError } from '../../base/grafosError.ts';

/** PKCS #8 (RFC 5958) and the older form of OpenSSL say in their head that they are encrypted. */
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m;

/**
 * Reads a private key in PEM.
 *
 * @throws {GrafosError} key_encrypted
 * @throws what the library says of a text that is no key
 */
export function privateKeyOf(keyPem: string): KeyObject {
  if (ENCRYPTED.test(keyPem)) {
    throw new GrafosError('key_encrypted', 'The private key is protected by a passphrase.', {
      why: 'grafos asks for no passphrase, so that it can run where nobody is there to answer.',
      next: 'Write the key without one, for you alone to read: (umask 077; openssl pkey -in KEY.pem -out key.pem)',
    });
  }
  return createPrivateKey(keyPem);
}
