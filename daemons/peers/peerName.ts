import { DER, DerInvalidError, DerReader, derOid } from './peerDer.ts';

const SET = 0x31;
const UTF8_STRING = 0x0c;
const PRINTABLE_STRING = 0x13;
const IA5_STRING = 0x16;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Upper bounds in characters of the attributes that have one (RFC 5280, appendix A.1). */
const CHARACTERS_MAX: Readonly<Record<string, number>> = {
  '2.5.4.3': 64, // common name
  '2.5.4.5': 64, // serial number
  '2.5.4.6': 2, // country
  '2.5.4.7': 128, // locality
  '2.5.4.8': 128, // state or province
  '2.5.4.10': 64, // organisation
  '2.5.4.11': 64, // organisational unit
  '1.2.840.113549.1.9.1': 255, // e-mail address
};

/**
 * Attributes whose value is an IA5String; that of every other one is a UTF8String or a
 * PrintableString.
 */
const IA5_ATTRIBUTES: readonly string[] = ['1.2.840.113549.1.9.1', '0.9.2342.19200300.100.1.25'];

/**
 * Checks the form of a distinguished name, DER: a sequence of sets of attributes, of which each has
 * a value (RFC 5280 section 4.1.2.4). A name of no sets at all is well formed; whether it may be
 * empty depends on whose it is.
 *
 * @throws {DerInvalidError}
 */
export function checkName(content: Uint8Array, what: string): void {
  const sets = new DerReader(content);
  while (!sets.done) {
    const set = new DerReader(sets.read(SET, what).content);
    if (set.done) throw new DerInvalidError(`${what} has an empty set of attributes`);
    const types = new Set<string>();
    let before: Uint8Array | undefined;
    while (!set.done) {
      const attribute = set.read(DER.sequence, `an attribute of ${what}`);
      if (before !== undefined && Buffer.compare(before, attribute.whole) >= 0) {
        throw new DerInvalidError(`${what} has a set of attributes out of order`);
      }
      before = attribute.whole;
      const type = checkAttribute(attribute.content, what);
      if (types.has(type)) throw new DerInvalidError(`${what} has the attribute ${type} twice in a set`);
      types.add(type);
    }
  }
}

function checkAttribute(content: Uint8Array, what: string): string {
  const reader = new DerReader(content);
  const type = derOid(reader.read(DER.oid, `an attribute of ${what}`).content, `an attribute of ${what}`);
  const about = `the attribute ${type} of ${what}`;
  const value = reader.readAny(about);
  reader.end(about);
  const characters = [...attributeText(value.tag, value.content, type, about)].length;
  if (characters === 0) throw new DerInvalidError(`${about} is empty`);
  const most = CHARACTERS_MAX[type];
  if (most !== undefined && characters > most) throw new DerInvalidError(`${about} is longer than ${most} characters`);
  return type;
}

function attributeText(tag: number, content: Uint8Array, type: string, about: string): string {
  const isIa5 = IA5_ATTRIBUTES.includes(type);
  if (isIa5 ? tag !== IA5_STRING : tag !== UTF8_STRING && tag !== PRINTABLE_STRING) {
    throw new DerInvalidError(`${about} has tag 0x${tag.toString(16)}, which is no string it may have`);
  }
  let text: string;
  try {
    text = utf8.decode(content);
  } catch {
    throw new DerInvalidError(`${about} is not UTF-8`);
  }
  if (tag === PRINTABLE_STRING && !/^[A-Za-z0-9 '()+,./:=?-]*$/.test(text))
    throw new DerInvalidError(`${about} is no PrintableString`);
  if (isIa5 && content.some((octet) => octet > 0x7f)) throw new DerInvalidError(`${about} is no IA5String`);
  return text;
}
