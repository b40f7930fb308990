import assert from 'node:assert/strict';
import {
  BETWEEN_DAEMONS,
  ERRORS,
  type ErrorCode,
  EXIT_CODE,
  isErrorCode,
  kindOf,
  kindsOf,
  OF_CLOUDS,
} from '../../../base/errorCodes.ts';
import { GrafosError } from '../../../base/grafosError.ts';

const ALL = Object.values(ERRORS).flatMap((codes) => Object.keys(codes));

describe('the catalogue of errors', () => {
  it('says of each code in one sentence what it means', () => {
    for (const codes of Object.values(ERRORS)) {
      for (const [code, meaning] of Object.entries(codes)) {
        assert.match(meaning, /^[A-Z“"`'].*\.$/, code);
        assert.ok(meaning.length < 160 && !meaning.includes('\n'), code);
      }
    }
  });

  it('has codes that a script can compare: no blanks but in the refusals of a lease', () => {
    for (const code of ALL) assert.match(code, /^[a-z][a-z0-9_]*(?:: [a-z]+)?$/);
  });

  it('has an order, so that a code is found and none is there twice in a kind', () => {
    for (const [kind, codes] of Object.entries(ERRORS)) {
      const names = Object.keys(codes);
      assert.deepEqual(names, [...new Set(names)].sort(), kind);
    }
  });

  it('has another exit code for each kind, none of which is success or that of a shell', () => {
    const codes = Object.values(EXIT_CODE);
    assert.equal(new Set(codes).size, Object.keys(ERRORS).length);
    for (const code of codes) assert.ok(code > 0 && code !== 126 && code !== 127 && code < 256, `${code}`);
    assert.deepEqual(Object.keys(EXIT_CODE).sort(), Object.keys(ERRORS).sort());
  });

  it('gives an error the kind of its code, and another one that was given', () => {
    for (const code of ALL as ErrorCode[]) {
      const kinds = kindsOf(code);
      assert.ok(kinds.length > 0 && kinds.includes(kindOf(code)), code);
      assert.equal(new GrafosError(code, 'x').exitCode, EXIT_CODE[kindOf(code)]);
    }
    const two = (ALL as ErrorCode[]).find((code) => kindsOf(code).length === 2);
    assert.ok(two !== undefined);
    for (const kind of kindsOf(two)) assert.equal(new GrafosError(two, 'x', { kind }).kind, kind);
  });

  it('knows its codes from all other values', () => {
    for (const code of ALL) assert.equal(isErrorCode(code), true);
    for (const other of [
      '',
      'no_such_code',
      'constructor',
      '__proto__',
      'toString',
      'bad-answer',
      0,
      null,
      undefined,
      ['not_found'],
    ]) {
      assert.equal(isErrorCode(other), false, String(other));
      if (typeof other === 'string') assert.deepEqual(kindsOf(other), []);
    }
  });

  it('has the codes that daemons and clouds use among its own', () => {
    for (const code of [...BETWEEN_DAEMONS, ...OF_CLOUDS]) assert.equal(isErrorCode(code), true, code);
  });
});
