import assert from 'node:assert/strict';
import fc from 'fast-check';
import { didYouMean, meantQuestion } from '../../../program/didYouMean.ts';
import { formatDuration, parseDuration } from '../../../program/duration.ts';
import { formatSize, parseSize, sizeText } from '../../../program/size.ts';
import { sizeFault } from '../../../program/sizeFault.ts';
import { sourceKind, tidyPath } from '../../../program/sourceKind.ts';
import { textLines } from '../../../program/textLines.ts';
import { DURATION_PATTERN, SIZE_PATTERN } from '../../../scripts/manifestPage.ts';

describe('sizes', () => {
  const rows: [string | number, number | null][] = [
    [0, 0],
    [32768, 32768],
    ['32768', 32768],
    ['1_024', 1024],
    ['128k', 131072],
    ['128K', 131072],
    ['16m', 16 * 1024 ** 2],
    ['2g', 2 * 1024 ** 3],
    ['32KiB', 32768],
    ['32kib', 32768],
    ['1 MiB', 1024 ** 2],
    [' 1GIB ', 1024 ** 3],
    ['', null],
    ['k', null],
    ['-1', null],
    [-1, null],
    [1.5, null],
    ['1.5MiB', null],
    ['32MB', null],
    ['32B', null],
    ['1_', null],
    ['1__0', null],
    ['0x10', null],
    ['9007199254740992', null],
    ['9007199254740991g', null],
    ['1m\u0000', null],
    ['constructor', null],
  ];
  for (const [text, bytes] of rows) {
    it(`${JSON.stringify(text)} is ${bytes}`, () => assert.equal(parseSize(text), bytes));
  }

  it('are texts the JSON schema takes, and no others', () => {
    const pattern = new RegExp(SIZE_PATTERN);
    const texts = fc.array(fc.constantFrom('1', '20', '_', ' ', 'k', 'M', 'g', 'iB', 'IB', 'b', '-', '.'), {
      maxLength: 5,
    });
    fc.assert(fc.property(texts, (parts) => pattern.test(parts.join('')) === (parseSize(parts.join('')) !== null)));
  });

  it('reads back what it writes for a manifest', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseSize(sizeText(bytes)) === bytes));
    fc.assert(fc.property(fc.nat(4096), (pages) => parseSize(sizeText(pages * 65_536)) === pages * 65_536));
  });

  it('writes for people', () => {
    assert.deepEqual([0, 1, 1023, 1024, 1946, 32768, 16 * 1024 ** 2, 1024 ** 3].map(formatSize), [
      '0 bytes',
      '1 byte',
      '1023 bytes',
      '1 KiB',
      '1.9 KiB',
      '32 KiB',
      '16 MiB',
      '1 GiB',
    ]);
  });
});

describe('texts that are no sizes', () => {
  for (const [text, better, why] of [
    ['12MB', '12MiB', /powers of 1000 or of 1024/],
    ['1kb', '1KiB', /powers of 1000 or of 1024/],
    ['1.5MiB', '1536KiB', /whole numbers/],
    ['0.3k', '307', /whole numbers/],
    ['lots', null, /no size for mem\.$/],
    ['-1', null, /no size for mem\.$/],
  ] as const) {
    it(`${text} is meant as ${better}`, () => {
      const fault = sizeFault(text, ' for mem');
      assert.equal(fault.better, better);
      assert.match(fault.why, why);
    });
  }
});

describe('durations', () => {
  const rows: [string, number | null][] = [
    ['500ms', 500],
    ['30s', 30_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1_500 MS', 1500],
    ['30', null],
    ['', null],
    ['1.5s', null],
    ['-1s', null],
    ['2 minutes', null],
    ['99999999999999999h', null],
    ['1toString', null],
  ];
  for (const [text, milliseconds] of rows) {
    it(`${JSON.stringify(text)} is ${milliseconds}`, () => assert.equal(parseDuration(text), milliseconds));
  }

  it('are texts the JSON schema takes, and no others', () => {
    const pattern = new RegExp(DURATION_PATTERN);
    const texts = fc.array(fc.constantFrom('1', '20', '_', ' ', 'm', 'S', 's', 'H', 'ms', '-', '.'), { maxLength: 5 });
    fc.assert(fc.property(texts, (parts) => pattern.test(parts.join('')) === (parseDuration(parts.join('')) !== null)));
  });

  it('reads back what it writes', () => {
    fc.assert(fc.property(fc.nat(1e9), (milliseconds) => parseDuration(formatDuration(milliseconds)) === milliseconds));
  });
});

describe('did you mean', () => {
  const keys = ['name', 'source', 'output', 'fuel', 'linear_memory', 'mem', 'timeout', 'fixtures'];
  const rows: [string, string | null][] = [
    ['feul', 'fuel'],
    ['linear-memory', 'linear_memory'],
    ['linearmemory', 'linear_memory'],
    ['Fuel', 'fuel'],
    ['timout', 'timeout'],
    ['memory', null],
    ['entry', null],
    ['', null],
    ['x'.repeat(10_000), null],
  ];
  for (const [word, meant] of rows) {
    it(`${word.slice(0, 20) || 'nothing'} -> ${meant}`, () => {
      assert.equal(didYouMean(word, keys), meant);
      assert.equal(meantQuestion(word, keys), meant === null ? '' : `Did you mean "${meant}"? `);
    });
  }
});

describe('sources', () => {
  const rows: [string, string | null][] = [
    ['tasklets/a.ts', 'assemblyscript'],
    ['a.wat', 'wat'],
    ['a.wasm', 'wasm'],
    ['crates/a', 'rust'],
    ['crates/a/', 'rust'],
    ['crates/v1.2/', 'rust'],
    ['.', 'rust'],
    ['a.d.ts', null],
    ['a.js', null],
    ['a.tsx', null],
    ['src/lib.rs', null],
    ['a.constructor', null],
  ];
  for (const [path, kind] of rows) it(`${path} is ${kind}`, () => assert.equal(sourceKind(path), kind));

  it('tidies paths', () => assert.equal(tidyPath('./a//b/./c/'), 'a/b/c'));
});

describe('positions', () => {
  it('counts lines ended by \\n, \\r\\n and \\r, and characters in UTF-16 units', () => {
    const lines = textLines('a\r\nb😀c\rd\n');
    assert.deepEqual(
      [0, 1, 3, 4, 6, 7, 8, 10].map((offset) => lines.positionAt(offset)),
      [
        { line: 0, character: 0 },
        { line: 0, character: 1 },
        { line: 1, character: 0 },
        { line: 1, character: 1 },
        { line: 1, character: 3 },
        { line: 1, character: 4 },
        { line: 2, character: 0 },
        { line: 3, character: 0 },
      ],
    );
  });

  it('goes back and forth', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', '😀', 'é') });
    fc.assert(
      fc.property(text, fc.nat(), (sample, seed) => {
        const offset = seed % (sample.length + 1);
        const lines = textLines(sample);
        return lines.offsetAt(lines.positionAt(offset)) === offset;
      }),
    );
  });
});
