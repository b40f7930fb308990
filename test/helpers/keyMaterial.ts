import { createPrivateKey } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A secret in one of the forms in which it could leave its place. */
export interface SecretForm {
  /** The file or the name of the secret, and the form. */
  of: string;
  bytes: Buffer;
}

/** The private keys in a folder and below it, in every form that is looked for. */
export function keysIn(folder: string): SecretForm[] {
  return globSync('**/*key.pem', { cwd: folder })
    .sort()
    .flatMap((name) => keyForms(name, readFileSync(join(folder, name), 'utf8')));
}

/**
 * The forms of a private key: PEM by lines and in one, DER, the number alone, and base64 and hex of
 * each of these.
 */
export function keyForms(name: string, pem: string): SecretForm[] {
  const key = createPrivateKey(pem);
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const { d = '' } = key.export({ format: 'jwk' });
  const number = Buffer.from(d, 'base64url');
  const lines = pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----'));
  return [
    ...lines.map((line, at) => ({ of: `${name}, line ${at + 1} of its PEM`, bytes: Buffer.from(line) })),
    ...forms(`${name}, DER`, der),
    ...forms(`${name}, number`, number),
    ...based(`${name}, PEM`, Buffer.from(pem)),
  ];
}

/** A secret that is text, such as a password. */
export function textForms(name: string, text: string): SecretForm[] {
  return forms(name, Buffer.from(text));
}

/** The forms that are among the bytes. */
export function foundIn(bytes: Buffer, secrets: readonly SecretForm[]): string[] {
  return secrets.filter((one) => bytes.includes(one.bytes)).map(({ of }) => of);
}

function forms(of: string, bytes: Buffer): SecretForm[] {
  return [
    { of, bytes },
    { of: `${of} in hex`, bytes: Buffer.from(bytes.toString('hex')) },
    { of: `${of} in upper-case hex`, bytes: Buffer.from(bytes.toString('hex').toUpperCase()) },
    ...based(of, bytes),
  ];
}

/**
 * Base64 of the bytes inside of something longer: where they begin decides how they look, so the
 * characters that depend on their neighbours are cut off.
 */
function based(of: string, bytes: Buffer): SecretForm[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const own = text.slice(before === 0 ? 0 : before + 1, -2);
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')].map((spelt) => ({
      of: `${of} in base64`,
      bytes: Buffer.from(spelt),
    }));
  });
}
