import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  DER,
  DerInvalidError,
  DerReader,
  derBitString,
  derBoolean,
  derInteger,
  derOid,
  derTime,
  printable,
  readWhole,
} from '../../../../daemons/peers/peerDer.ts';
import { ascii, der, generalizedTime, int, oid, seq, utcTime } from '../../../helpers/x509Writer.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const invalid = (says: RegExp) => (error: unknown) => error instanceof DerInvalidError && says.test(error.message);

describe('the reader of DER', () => {
  it('reads elements in their order, with and without their header, to the end', () => {
    const reader = new DerReader(Buffer.concat([int(5), seq(int(6)), der(0x04)]));
    assert.deepEqual([...reader.read(DER.integer, 'a').content], [5]);
    assert.deepEqual(Buffer.from(reader.readAny('b').whole), seq(int(6)));
    assert.equal(reader.readIf(DER.integer, 'c'), undefined);
    assert.equal(reader.readIf(DER.octetString, 'c')?.content.length, 0);
    assert.equal(reader.done, true);
    reader.end('all');
    assert.equal(reader.readIf(DER.octetString, 'd'), undefined);
  });

  it('reads lengths in their shortest form, of one to four octets', () => {
    for (const length of [0, 0x7f, 0x80, 0xff, 0x100, 0xffff]) {
      assert.equal(readWhole(der(0x04, Buffer.alloc(length)), DER.octetString, 'it').content.length, length);
    }
    const long = Buffer.concat([hex('04 83 010000'), Buffer.alloc(0x10000)]);
    assert.equal(readWhole(long, DER.octetString, 'it').content.length, 0x10000);
  });

  for (const [what, bytes, says] of [
    ['nothing', '', /cut off/],
    ['a tag alone', '04', /cut off/],
    ['a length without its content', '04 02 00', /cut off/],
    ['a long length that is cut off', '04 82 01', /cut off/],
    ['an indefinite length', '04 80 00 00', /indefinite/],
    ['a length of one octet in two', '04 81 7f', /shortest form/],
    ['a length with a leading zero', '04 82 00 80', /shortest form/],
    ['a length of four octets', '04 84 01 00 00 00', /too long/],
    ['a length of 127 octets', '04 ff', /too long/],
    ['a high tag number', '1f 81 00 00', /high tag number/],
    ['another tag', '02 01 00', /tag 0x02, not 0x04/],
    ['bytes after it', '04 00 00', /1 bytes too many/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readWhole(hex(bytes), DER.octetString, 'it'), invalid(says));
    });
  }

  it('throws nothing but DerInvalidError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        try {
          const reader = new DerReader(bytes);
          while (!reader.done) reader.readAny('it');
        } catch (error) {
          assert.ok(error instanceof DerInvalidError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('values in DER', () => {
  it('booleans are 00 and ff, and no other', () => {
    assert.equal(derBoolean(hex('ff'), 'it'), true);
    assert.equal(derBoolean(hex('00'), 'it'), false);
    for (const other of ['', '01', 'fe', 'ffff']) assert.throws(() => derBoolean(hex(other), 'it'), invalid(/boolean/));
  });

  it('integers are in their shortest form', () => {
    for (const good of ['00', '7f', '80', '0080', 'ff7f'])
      assert.equal(derInteger(hex(good), 'it').length, good.length / 2);
    for (const padded of ['0000', '007f', 'ff80', 'ffff']) {
      assert.throws(() => derInteger(hex(padded), 'it'), invalid(/shortest form/), padded);
    }
    assert.throws(() => derInteger(hex(''), 'it'), invalid(/empty integer/));
  });

  it('bit strings have zeros where they call bits unused', () => {
    assert.deepEqual(derBitString(hex('05 a0'), 'it'), { bytes: hex('a0'), unusedBits: 5 });
    assert.deepEqual(derBitString(hex('00'), 'it'), { bytes: hex(''), unusedBits: 0 });
    assert.throws(() => derBitString(hex('06 a0'), 'it'), invalid(/bit set that it calls unused/));
    for (const bad of ['', '08 00', '01']) assert.throws(() => derBitString(hex(bad), 'it'), invalid(/no bit string/));
  });

  it('object identifiers are the ones that were written', () => {
    for (const id of ['2.5.29.17', '1.2.840.10045.4.3.2', '0.9.2342.19200300.100.1.25', '1.3.6.1.5.5.7.3.2']) {
      assert.equal(derOid(readWhole(oid(id), DER.oid, 'it').content, 'it'), id);
    }
    // The first arc 2 may have a second one above 39.
    assert.equal(derOid(hex('88 37'), 'it'), '2.999');
    assert.equal(derOid(hex('7f'), 'it'), '2.47');
  });

  for (const [what, bytes, says] of [
    ['empty', '', /cut off/],
    ['cut off in an arc', '55 9d', /cut off/],
    ['padded at its beginning', '80 55', /shortest form/],
    ['padded in an arc', '55 80 01', /shortest form/],
    ['an arc above 2^46', '55 ff ff ff ff ff ff ff 7f', /too large/],
  ] as const) {
    it(`an object identifier that is ${what} is refused`, () => {
      assert.throws(() => derOid(hex(bytes), 'it'), invalid(says));
    });
  }

  const time = (bytes: Uint8Array) => derTime(new DerReader(bytes).readAny('it'), 'notAfter').toISOString();

  it('times are of the right form on each side of 2050', () => {
    for (const [date, write] of [
      ['1950-01-01T00:00:00.000Z', utcTime],
      ['1999-12-31T23:59:59.000Z', utcTime],
      ['2024-02-29T12:00:00.000Z', utcTime],
      ['2049-12-31T23:59:59.000Z', utcTime],
      ['2050-01-01T00:00:00.000Z', generalizedTime],
      ['9999-12-31T23:59:59.000Z', generalizedTime],
    ] as const) {
      assert.equal(time(write(new Date(date))), date);
    }
  });

  for (const [what, bytes, says] of [
    ['before 2050 as a GeneralizedTime', ascii(0x18, '20491231235959Z'), /GeneralizedTime before 2050/],
    ['without seconds', ascii(0x17, '2601010000Z'), /not to the second in UTC/],
    ['with an offset', ascii(0x17, '260101000000+0100'), /not to the second in UTC/],
    ['with a fraction', ascii(0x18, '20500101000000.5Z'), /not to the second in UTC/],
    ['with a newline at its end', ascii(0x17, '260101000000Z\n'), /not to the second in UTC/],
    ['30 February', ascii(0x17, '260230000000Z'), /no date/],
    ['29 February of a common year', ascii(0x17, '250229000000Z'), /no date/],
    ['month 13', ascii(0x17, '261301000000Z'), /no date/],
    ['the hour 24', ascii(0x17, '260101240000Z'), /no date/],
    ['a leap second', ascii(0x17, '261231235960Z'), /no date/],
    ['of another type', ascii(0x16, '260101000000Z'), /tag 0x16, which is no time/],
  ] as const) {
    it(`a time ${what} is refused`, () => assert.throws(() => time(bytes), invalid(says)));
  }

  it('text of a peer is printed without control characters, cut to 100', () => {
    assert.equal(printable('a\u001b[31mb\n\u0000é\u202e~'), 'a?[31mb????~');
    assert.equal(printable('x'.repeat(101)).length, 100);
    assert.equal(printable('x'.repeat(101)), `${'x'.repeat(97)}...`);
    assert.equal(printable('x'.repeat(100)), 'x'.repeat(100));
    assert.throws(() => time(ascii(0x17, '\u001b[2J')), invalid(/"\?\[2J"/));
  });
});
