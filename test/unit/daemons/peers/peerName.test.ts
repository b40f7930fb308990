import assert from 'node:assert/strict';
import { DerInvalidError } from '../../../../daemons/peers/peerDer.ts';
import { checkName } from '../../../../daemons/peers/peerName.ts';
import { ascii, der, oid, seq } from '../../../helpers/x509Writer.ts';

const COMMON_NAME = '2.5.4.3';
const COUNTRY = '2.5.4.6';
const EMAIL = '1.2.840.113549.1.9.1';
const [UTF8, PRINTABLE, IA5, BMP] = [0x0c, 0x13, 0x16, 0x1e];
const attribute = (type: string, text: string, tag = UTF8) => seq(oid(type), der(tag as number, Buffer.from(text)));
const set = (...attributes: Uint8Array[]) => der(0x31, ...attributes);
const check = (...sets: Uint8Array[]) => checkName(Buffer.concat(sets), 'the subject');
const refused = (says: RegExp) => (error: unknown) => error instanceof DerInvalidError && says.test(error.message);

describe('the form of a distinguished name', () => {
  for (const [what, sets] of [
    ['no attribute at all', []],
    ['one attribute', [set(attribute(COMMON_NAME, 'someone'))]],
    ['several sets', [set(attribute(COUNTRY, 'DE', PRINTABLE)), set(attribute(COMMON_NAME, 'someone'))]],
    ['a set of two, in the order of DER', [set(attribute(COUNTRY, 'DE'), attribute(COMMON_NAME, 'someone'))]],
    ['an e-mail address as IA5String', [set(attribute(EMAIL, 'a@b', IA5))]],
    ['letters beyond ASCII as UTF8String', [set(attribute(COMMON_NAME, 'Grüße 你'))]],
    ['64 characters, which are more bytes', [set(attribute(COMMON_NAME, '😀'.repeat(64)))]],
    ['an attribute that has no bound', [set(attribute('1.2.3.4', 'x'.repeat(300)))]],
  ] as const) {
    it(`may have ${what}`, () => check(...sets));
  }

  for (const [what, sets, says] of [
    ['an empty set', [set()], /an empty set of attributes/],
    ['a sequence where a set belongs', [seq(attribute(COMMON_NAME, 'x'))], /tag 0x30, not 0x31/],
    ['an attribute twice in a set', [set(attribute(COMMON_NAME, 'a'), attribute(COMMON_NAME, 'b'))], /twice in a set/],
    ['a set out of order', [set(attribute(COMMON_NAME, 'someone'), attribute(COUNTRY, 'DE'))], /out of order/],
    ['the same attribute and value twice', [set(attribute(COUNTRY, 'DE'), attribute(COUNTRY, 'DE'))], /out of order/],
    ['an empty value', [set(attribute(COMMON_NAME, ''))], /is empty/],
    ['a common name of 65 characters', [set(attribute(COMMON_NAME, 'x'.repeat(65)))], /longer than 64/],
    ['a country of three letters', [set(attribute(COUNTRY, 'DEU'))], /longer than 2/],
    ['an e-mail address as UTF8String', [set(attribute(EMAIL, 'a@b'))], /tag 0xc, which is no string/],
    ['a common name as IA5String', [set(attribute(COMMON_NAME, 'x', IA5))], /tag 0x16, which is no string/],
    ['a common name as BMPString', [set(attribute(COMMON_NAME, 'xy', BMP))], /tag 0x1e, which is no string/],
    ['a number as a value', [set(seq(oid(COMMON_NAME), der(0x02, Buffer.of(1))))], /tag 0x2, which is no string/],
    ['no value', [set(seq(oid(COMMON_NAME)))], /cut off/],
    ['two values', [set(seq(oid(COMMON_NAME), ascii(UTF8, 'a'), ascii(UTF8, 'b')))], /too many after/],
    ['an @ in a PrintableString', [set(attribute(COMMON_NAME, 'a@b', PRINTABLE))], /no PrintableString/],
    ['an e-mail address beyond ASCII', [set(attribute(EMAIL, 'ä@b', IA5))], /no IA5String/],
    ['a value that is not UTF-8', [set(seq(oid(COMMON_NAME), der(UTF8, Buffer.of(0xc3, 0x28))))], /not UTF-8/],
    ['an over-long UTF-8 slash', [set(seq(oid(COMMON_NAME), der(UTF8, Buffer.of(0xc0, 0xaf))))], /not UTF-8/],
    ['an attribute without a type', [set(seq(ascii(UTF8, 'x')))], /tag 0x0c, not 0x06/],
  ] as const) {
    it(`may not have ${what}`, () => assert.throws(() => check(...sets), refused(says)));
  }

  it('says whose name it is', () => assert.throws(() => check(set()), refused(/^the subject has/)));
});
