const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Other spellings of a JWS that a lenient reader of base64url takes for the same: RFC 7515, section
 * 2, knows none of them.
 */
export function tokenSpellings(token: string): Array<[what: string, spelled: string]> {
  const [header = '', claims = '', signature = ''] = token.split('.');
  return [
    ['a signature with padding', `${token}==`],
    ['a signature with one =', `${token}=`],
    ['claims with padding', `${header}.${claims}=.${signature}`],
    ['a header with padding', `${header}=.${claims}.${signature}`],
    ['a blank in the signature', `${header}.${claims}.${signature.slice(0, 9)} ${signature.slice(9)}`],
    ['a blank at the end', `${token} `],
    ['a tab in the claims', `${header}.${claims.slice(0, 9)}\t${claims.slice(9)}.${signature}`],
    ['a character of no alphabet', `${header}.${claims}.${signature}!`],
    ['a character that adds less than a byte', `${header}.${claims}.${signature.slice(0, -1)}`],
    ['a letter beyond ASCII', `${header}.${claims}.${signature}é`],
    ['the alphabet of base64', `${header}.${claims}.${withPlus(signature)}`],
    ['bits that stand for nothing', `${header}.${claims}.${unusedBitSet(signature)}`],
  ];
}

function withPlus(signature: string): string {
  return /[-_]/.test(signature) ? signature.replaceAll('-', '+').replaceAll('_', '/') : `+${signature.slice(1)}`;
}

/** The 64 bytes of a signature end in a character of which four bits are not used. */
function unusedBitSet(signature: string): string {
  const last = ALPHABET.indexOf(signature.at(-1) ?? '');
  return signature.slice(0, -1) + ALPHABET[last | 1];
}
