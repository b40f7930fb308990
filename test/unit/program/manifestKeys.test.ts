import assert from 'node:assert/strict';
import { parseManifest } from '../../../program/manifest.ts';
import {
  keysOf,
  MANIFEST_KEYS,
  type ManifestKey,
  manifestKey,
  NAME_PATTERN,
  TABLES,
  type TableName,
  VERSION_PATTERN,
} from '../../../program/manifestKeys.ts';

const ORDER: TableName[] = ['program', 'tasklet', 'requires', 'stack'];

/** A manifest in which each key has a value, or is left out where that is null. */
function manifestOf(value: (row: ManifestKey) => string | null): string {
  return ORDER.map((table) => {
    const lines = keysOf(table).flatMap((row) => {
      const text = value(row);
      return text === null ? [] : [`${row.key} = ${text}`];
    });
    return [TABLES[table].header, ...lines].join('\n');
  }).join('\n\n');
}

const problems = (text: string) => parseManifest(text).problems.map(({ kind, message }) => `${kind}: ${message}`);

/** A default as a manifest has it: numbers and lists as they are, the rest in quotes. */
function written({ default: value, kind }: ManifestKey): string | null {
  if (value === null) return null;
  const text = value.replace('<name>', 'local-dev');
  return kind === 'count' || kind === 'features' || /^\d+$/.test(text) ? text : `"${text}"`;
}

describe('the keys of a manifest', () => {
  it('have examples that make a manifest without a fault', () => {
    assert.deepEqual(problems(manifestOf(({ example }) => example)), []);
  });

  it('have defaults that mean the same as nothing', () => {
    const required = ({ default: value, example }: ManifestKey) => (value === null ? example : null);
    const left = parseManifest(manifestOf(required));
    const given = parseManifest(manifestOf((row) => required(row) ?? written(row)));
    assert.deepEqual([left.problems, given.problems], [[], []]);
    assert.deepEqual(given.tasklets[0]?.tasklet, left.tasklets[0]?.tasklet);
    // What a stack is asked for is known only where somebody wrote it.
    const { stack: _, ...program } = given.manifest ?? assert.fail('no manifest');
    const { stack: __, ...leftProgram } = left.manifest ?? assert.fail('no manifest');
    assert.deepEqual(program, leftProgram);
  });

  for (const row of MANIFEST_KEYS as readonly ManifestKey[]) {
    const { table, key, kind, min, max } = row;
    if (min === undefined || max === undefined) continue;
    const word = (value: number) => (kind === 'duration' ? `"${value}ms"` : String(value));
    const found = (value: number) =>
      problems(manifestOf((one) => (one === row ? word(value) : one.default === null ? one.example : null)));
    it(`${table}.${key} may be ${min} to ${max}, and nothing beyond`, () => {
      assert.deepEqual(
        found(min).filter((one) => !one.startsWith('part-of-a-page')),
        [],
      );
      if (min > 0) assert.match(found(min - 1).join(), /^(out-of-bounds|bad-)/);
      if (max >= Number.MAX_SAFE_INTEGER) return;
      assert.deepEqual(found(max), []);
      assert.match(found(max + 1).join(), /^(out-of-bounds|bad-)/);
    });
  }

  it('are found in their own table only', () => {
    assert.equal(manifestKey('tasklet', 'fuel')?.kind, 'count');
    assert.equal(manifestKey('program', 'fuel'), undefined);
    for (const table of ORDER) {
      const names = keysOf(table).map(({ key }) => key);
      assert.equal(new Set(names).size, names.length, table);
    }
  });

  const names: Array<[string, boolean]> = [
    ['a', true],
    ['local-dev', true],
    [`a${'b'.repeat(62)}`, true],
    [`a${'b'.repeat(63)}`, false],
    ['Local', false],
    ['9a', false],
    ['-a', false],
    ['a_b', false],
    ['', false],
  ];
  for (const [name, isName] of names)
    it(`"${name}" is ${isName ? 'a' : 'no'} name`, () => assert.equal(new RegExp(NAME_PATTERN).test(name), isName));

  const versions: Array<[string, boolean]> = [
    ['0.1.0', true],
    ['1.2.3-rc.1+build.5', true],
    ['1.0.0-0a', true],
    ['1.0', false],
    ['01.0.0', false],
    ['1.0.0-01', false],
    ['v1.0.0', false],
    ['1.0.0-', false],
  ];
  for (const [version, isVersion] of versions)
    it(`"${version}" is ${isVersion ? 'a' : 'no'} version`, () =>
      assert.equal(new RegExp(VERSION_PATTERN).test(version), isVersion));
});
