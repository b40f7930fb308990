/** The parts of a JWS in compact form, decoded. */
export interface CompactJws {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  signature: Uint8Array;
  /** The text that the signature covers. */
  signed: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Splits a JWS in compact form.
 *
 * Each part must be base64url exactly as RFC 7515, section 2, writes it: no padding, no blank, no
 * other character, and no unused bit that is set. So a token has one spelling, and a token that was
 * seen is recognized.
 *
 * @param charsMax characters that an honest token never has
 * @returns undefined where the text is no such token, or where header or claims are no JSON object
 *   in UTF-8
 */
export function compactJws(token: string, charsMax: number): CompactJws | undefined {
  const [head, body, tail, ...rest] = token.length > charsMax ? [] : token.split('.');
  if (head === undefined || body === undefined || tail === undefined || rest.length > 0) return undefined;
  const header = objectOf(base64url(head));
  const claims = objectOf(base64url(body));
  const signature = base64url(tail);
  if (header === undefined || claims === undefined || signature === undefined) return undefined;
  return { header, claims, signature, signed: `${head}.${body}` };
}

function base64url(part: string): Uint8Array | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
}

function objectOf(bytes: Uint8Array | undefined): Record<string, unknown> | undefined {
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
