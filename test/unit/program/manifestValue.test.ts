import assert from 'node:assert/strict';
import { MANIFEST_KEYS, type ManifestKey } from '../../../program/manifestKeys.ts';
import type { Fix, ManifestProblemKind } from '../../../program/manifestProblem.ts';
import { checkValue, describe as inWords } from '../../../program/manifestValue.ts';
import { readToml, type TomlEntry } from '../../../program/tomlDocument.ts';

interface Reported {
  kind: ManifestProblemKind;
  message: string;
  severity: string;
  fix: Fix | undefined;
}

const rowOf = (key: string): ManifestKey => {
  const row = MANIFEST_KEYS.find((one) => one.key === key);
  assert.ok(row, key);
  return row;
};
const entryOf = (value: string): TomlEntry => {
  const { root, fault } = readToml(`k = ${value}`);
  assert.equal(fault, null, value);
  return root.entries[0] as TomlEntry;
};

/** Checks `key = value`. */
function check(key: string | ManifestKey, value: string) {
  const reported: Reported[] = [];
  const isRight = checkValue(
    typeof key === 'string' ? rowOf(key) : key,
    entryOf(value),
    (kind, _, message, more = {}) =>
      reported.push({ kind, message, severity: more.severity ?? 'error', fix: more.fix }),
  );
  return { isRight, reported, first: reported[0] };
}

/** The value that the fix writes, which must be right itself. */
function fixedTo(key: string, value: string): string | undefined {
  const newText = check(key, value).first?.fix?.newText;
  if (newText !== undefined) assert.deepEqual(check(key, newText).reported, [], `${key} = ${newText}`);
  return newText;
}

describe('values of a manifest', () => {
  it('are right as the table of keys gives them: its examples, its defaults and both of its bounds', () => {
    for (const row of MANIFEST_KEYS) {
      const texts = [row.example];
      if (row.kind === 'count' || row.kind === 'size')
        texts.push(...[row.min, row.max].flatMap((one) => one ?? []).map(String));
      for (const text of texts) assert.deepEqual(check(row, text).reported, [], `${row.key} = ${text}`);
    }
  });

  it('of every other type are refused by the name of the key, with an example', () => {
    for (const row of MANIFEST_KEYS) {
      for (const value of ['true', '1.5', '{ a = 1 }', '2026-01-02', '[1.5]']) {
        if (row.kind === 'version' && value === '1.5') continue;
        const { isRight, first } = check(row, value);
        assert.equal(isRight, false, `${row.key} = ${value}`);
        assert.equal(first?.kind, 'wrong-type');
        assert.ok(first.message.includes(`"${row.key}"`) && first.message.includes(row.example), first.message);
      }
    }
  });

  it('that are numbers end at their bounds, and are mended to them', () => {
    const row = rowOf('fuel');
    assert.ok(row.min !== undefined && row.max !== undefined);
    assert.equal(fixedTo('fuel', String(row.min - 1)), String(row.min));
    assert.equal(fixedTo('fuel', String(row.max + 1)), String(row.max));
    assert.equal(check('fuel', '9223372036854775807').first?.kind, 'out-of-bounds');
    assert.equal(check('fuel', '-9223372036854775808').first?.kind, 'out-of-bounds');
  });

  it('that are numbers in quotes are mended to numbers', () => {
    assert.equal(fixedTo('fuel', '"500_000"'), '500_000');
    assert.equal(check('fuel', '"many"').first?.fix, undefined);
  });

  for (const [value, fix] of [
    ['"64 KB"', '"64KiB"'],
    ['"64GiB"', '"4GiB"'],
    ['"-1"', undefined],
    ['"much"', undefined],
  ] as const) {
    it(`sizes: ${value} is refused${fix === undefined ? '' : `, and mended to ${fix}`}`, () => {
      assert.equal(check('linear_memory', value).isRight, false);
      if (fix !== undefined) assert.equal(fixedTo('linear_memory', value), fix);
      else assert.ok(check('linear_memory', value).first);
    });
  }

  it('sizes of linear memory that are no whole pages are taken with a warning', () => {
    const { isRight, first } = check('linear_memory', '100_000');
    assert.deepEqual([isRight, first?.kind, first?.severity], [true, 'part-of-a-page', 'warning']);
    assert.equal(fixedTo('linear_memory', '100_000'), '"64KiB"');
    assert.deepEqual(check('mem', '100_000').reported, []);
  });

  it('durations need a unit, which the fix adds', () => {
    assert.equal(check('timeout', '30').first?.kind, 'bad-duration');
    assert.equal(fixedTo('timeout', '30'), '"30s"');
    assert.equal(fixedTo('timeout', '" 5 "'), '"5s"');
    assert.equal(check('timeout', '"soon"').first?.fix, undefined);
    assert.equal(check('timeout', '"0ms"').first?.kind, 'out-of-bounds');
  });

  for (const [name, better] of [
    ['My Tasklet', 'my-tasklet'],
    ['fooBar2Baz', 'foo-bar2-baz'],
    ['Größe_1', 'gro-e-1'],
    ['9lives', 'lives'],
    ['-a-', 'a'],
    ['x'.repeat(70), 'x'.repeat(63)],
    ['你好', undefined],
    ['', undefined],
  ] as const) {
    it(`names: "${name.slice(0, 20)}" is refused${better === undefined ? '' : `, and mended to "${better.slice(0, 20)}"`}`, () => {
      assert.equal(check('name', `"${name}"`).first?.kind, 'bad-name');
      assert.equal(fixedTo('name', `"${name}"`), better === undefined ? undefined : `"${better}"`);
    });
  }

  for (const [version, better] of [
    ['"1"', '"1.0.0"'],
    ['"v1.2"', '"1.2.0"'],
    ['"01.2.3"', '"1.2.3"'],
    ['"1.2.3.4"', undefined],
    ['"latest"', undefined],
    ['1.2', undefined],
    ['1', undefined],
  ] as const) {
    it(`versions: ${version} is refused${better === undefined ? '' : `, and mended to ${better}`}`, () => {
      assert.equal(check('version', version).isRight, false);
      assert.equal(fixedTo('version', version), better);
    });
  }

  it('of features are each looked at, and a misspelled one is mended', () => {
    const { isRight, reported } = check('features', '["simd", "sidm", 1]');
    assert.equal(isRight, false);
    assert.deepEqual(
      reported.map(({ fix }) => fix?.newText),
      ['"simd"', undefined],
    );
    assert.deepEqual(check('features', '[]').reported, []);
  });

  it('are named in words', () => {
    assert.deepEqual(
      ['"x"', '1', '1.5', 'true', '2026-01-02', '[]', '{}'].map((value) => inWords(entryOf(value).value)),
      ['text', 'an integer', 'a number with a fraction', 'true or false', 'a date or time', 'a list', 'a table'],
    );
  });
});
