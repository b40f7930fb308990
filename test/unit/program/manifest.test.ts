import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseManifest } from '../../../program/manifest.ts';
import { MANIFEST_KEYS } from '../../../program/manifestKeys.ts';
import { placeAt } from '../../../program/manifestPlace.ts';
import { applyEdits } from '../../helpers/applyFix.ts';

const PROGRAM = '[program]\nname = "demo"\nversion = "0.1.0"\n';
const TASKLET = '[[tasklet]]\nname = "demo"\nsource = "tasklets/demo.ts"\n';
const GOOD = PROGRAM + TASKLET;

/** `kind line:character-character`, all from 0, of every problem. */
function problemsOf(text: string): string[] {
  return parseManifest(text).problems.map(
    ({ kind, range: { start, end } }) =>
      `${kind} ${start.line}:${start.character}-${end.line === start.line ? '' : `${end.line}:`}${end.character}`,
  );
}

/** The text after the first problem's fix. */
function fixed(text: string): string {
  const fix = parseManifest(text).problems[0]?.fix;
  assert.ok(fix, 'no fix');
  return applyEdits(text, fix.edits);
}

describe('a manifest', () => {
  it('is read with every default', () => {
    const { manifest, problems } = parseManifest(GOOD);
    assert.deepEqual(problems, []);
    assert.deepEqual(manifest, {
      name: 'demo',
      version: '0.1.0',
      tasklets: [
        {
          name: 'demo',
          source: 'tasklets/demo.ts',
          kind: 'assemblyscript',
          output: 'build/demo.wasm',
          fuel: 500_000,
          linear_memory_bytes: 32 * 1024 * 1024,
          mem_bytes: 0,
          timeout_ms: 30_000,
          fixtures: 'fixtures/demo',
          features: ['bulk-memory', 'simd'],
          requires: { gpu: 0 },
        },
      ],
    });
  });

  it('is read with every key given', () => {
    const text = `${PROGRAM}
[[tasklet]]
name = "one"
source = "./crates//one/"
output = "./out/one.wasm"
fuel = 1_000_000
linear_memory = 65536
mem = "16m"
timeout = "1500ms"
fixtures = "cases"
[tasklet.requires]
gpu = 2

[[tasklet]]
name = "two"
source = "two.wat"
requires = { gpu = 1 }
`;
    const { manifest, problems } = parseManifest(text);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      manifest?.tasklets.map((one) => [one.name, one.source, one.kind, one.output, one.requires.gpu]),
      [
        ['one', 'crates/one', 'rust', 'out/one.wasm', 2],
        ['two', 'two.wat', 'wat', 'build/two.wasm', 1],
      ],
    );
    assert.deepEqual(
      [
        manifest?.tasklets[0]?.fuel,
        manifest?.tasklets[0]?.linear_memory_bytes,
        manifest?.tasklets[0]?.mem_bytes,
        manifest?.tasklets[0]?.timeout_ms,
      ],
      [1_000_000, 65_536, 16 * 1024 * 1024, 1500],
    );
  });

  for (const [what, text] of [
    ['CRLF', GOOD.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\uFEFF${GOOD}`],
    [
      'inline tables',
      'program = { name = "demo", version = "0.1.0" }\ntasklet = [{ name = "demo", source = "tasklets/demo.ts" }]\n',
    ],
    ['dotted keys', `program.name = "demo"\nprogram.version = "0.1.0"\n${TASKLET}`],
    ['comments', `# demo\n${GOOD.replaceAll('\n', ' # x\n')}`],
  ] as const) {
    it(`may be written with ${what}`, () => {
      const { manifest, problems } = parseManifest(text);
      assert.deepEqual(problems, []);
      assert.equal(manifest?.tasklets[0]?.source, 'tasklets/demo.ts');
    });
  }

  const rows: [what: string, text: string, problems: string[]][] = [
    ['an empty text', '', ['missing-key 0:0-0', 'no-tasklets 0:0-0']],
    ['no program', TASKLET, ['missing-key 0:0-1']],
    ['an empty program', `[program]\n${TASKLET}`, ['missing-key 0:0-9', 'missing-key 0:0-9']],
    ['no tasklet', PROGRAM, ['no-tasklets 0:0-9']],
    ['an unfinished line', `${GOOD}fue`, ['toml-syntax 6:3-3']],
    ['an unfinished line in the middle', `${PROGRAM}fue\n${TASKLET}`, ['toml-syntax 3:3-3']],
    ['a value that is missing', `${GOOD}fuel =\n`, ['toml-syntax 6:6-6']],
    ['an open text', `${PROGRAM}[[tasklet]]\nname = "demo\n`, ['toml-syntax 4:12-12']],
    ['an open header', '[program\nname = "demo"\n', ['toml-syntax 0:8-8']],
    ['a key twice', `${GOOD}name = "other"\n`, ['duplicate-key 6:0-4']],
    ['a table twice', `${GOOD}[program]\n`, ['duplicate-key 6:1-8']],
    ['a misspelt key', `${GOOD}feul = 1\n`, ['unknown-key 6:0-4']],
    ['a key of another table', `${GOOD}gpu = 1\n`, ['unknown-key 6:0-3']],
    ['a key outside every table', `fuel = 1\n${GOOD}`, ['unknown-key 0:0-4']],
    ['a misspelt table', `${GOOD}[progam]\n`, ['unknown-key 6:1-7']],
    ['requires at the top', `${GOOD}[requires]\ngpu = 1\n`, ['unknown-key 6:1-9']],
    ['single brackets', `${PROGRAM}[tasklet]\nname = "demo"\nsource = "a.ts"\n`, ['wrong-table-form 3:0-9']],
    ['double brackets', `[[program]]\nname = "demo"\nversion = "1.0.0"\n${TASKLET}`, ['wrong-table-form 0:0-11']],
    ['a program that is a text', `program = "demo"\n${TASKLET}`, ['wrong-type 0:10-16']],
    ['tasklets that are texts', `tasklet = ["a"]\n${PROGRAM}`, ['wrong-type 0:11-14']],
    ['a tasklet that is a number', `tasklet = 1\n${PROGRAM}`, ['wrong-type 0:10-11']],
    ['requires that is a number', `${GOOD}requires = 1\n`, ['wrong-type 6:11-12']],
    ['a name of the wrong type', `[program]\nname = 1\nversion = "1.0.0"\n${TASKLET}`, ['wrong-type 1:7-8']],
    ['a version that is a number', `[program]\nname = "demo"\nversion = 1.0\n${TASKLET}`, ['wrong-type 2:10-13']],
    ['a source that is a list', `${PROGRAM}[[tasklet]]\nname = "a"\nsource = ["a.ts"]\n`, ['wrong-type 5:9-17']],
    ['fuel as text', `${GOOD}fuel = "1000"\n`, ['wrong-type 6:7-13']],
    ['fuel with a fraction', `${GOOD}fuel = 1.5\n`, ['wrong-type 6:7-10']],
    ['fuel that is not a number', `${GOOD}fuel = nan\n`, ['wrong-type 6:7-10']],
    ['features as text', `${GOOD}features = "simd"\n`, ['wrong-type 6:11-17']],
    ['a feature that is unknown', `${GOOD}features = ["simd", "threads"]\n`, ['wrong-type 6:20-29']],
    ['a feature that is a number', `${GOOD}features = [1]\n`, ['wrong-type 6:12-13']],
    ['a size that is a truth value', `${GOOD}mem = true\n`, ['wrong-type 6:6-10']],
    ['a timeout that is a date', `${GOOD}timeout = 2020-01-01\n`, ['wrong-type 6:10-20']],
    ['a name with capitals', `${PROGRAM}[[tasklet]]\nname = "My Tasklet"\nsource = "a.ts"\n`, ['bad-name 4:7-19']],
    [
      'a name of 64 letters',
      `[program]\nname = "${'a'.repeat(64)}"\nversion = "1.0.0"\n${TASKLET}`,
      ['bad-name 1:7-73'],
    ],
    ['a version of two numbers', `[program]\nname = "demo"\nversion = "1.0"\n${TASKLET}`, ['bad-version 2:10-15']],
    [
      'a version with leading zeros',
      `[program]\nname = "demo"\nversion = "01.0.0"\n${TASKLET}`,
      ['bad-version 2:10-18'],
    ],
    ['a decimal size', `${GOOD}mem = "32KB"\n`, ['bad-size 6:6-12']],
    ['a size with a fraction', `${GOOD}mem = "1.5MiB"\n`, ['bad-size 6:6-14']],
    ['a size that is none', `${GOOD}mem = "lots"\n`, ['bad-size 6:6-12']],
    ['a timeout without a unit', `${GOOD}timeout = 30\n`, ['bad-duration 6:10-12']],
    ['a timeout that is none', `${GOOD}timeout = "soon"\n`, ['bad-duration 6:10-16']],
    ['no fuel', `${GOOD}fuel = 0\n`, ['out-of-bounds 6:7-8']],
    ['negative fuel', `${GOOD}fuel = -1\n`, ['out-of-bounds 6:7-9']],
    ['more fuel than a number holds', `${GOOD}fuel = 9223372036854775807\n`, ['out-of-bounds 6:7-26']],
    ['linear memory below a page', `${GOOD}linear_memory = 1000\n`, ['out-of-bounds 6:16-20']],
    ['linear memory above 4 GiB', `${GOOD}linear_memory = "5GiB"\n`, ['out-of-bounds 6:16-22']],
    ['a negative lease', `${GOOD}mem = -1\n`, ['out-of-bounds 6:6-8']],
    ['a timeout of an hour', `${GOOD}timeout = "1h"\n`, ['out-of-bounds 6:10-14']],
    ['a timeout of nothing', `${GOOD}timeout = "0s"\n`, ['out-of-bounds 6:10-14']],
    ['65 GPUs', `${GOOD}[tasklet.requires]\ngpu = 65\n`, ['out-of-bounds 7:6-8']],
    ['part of a page', `${GOOD}linear_memory = "100KiB"\n`, ['part-of-a-page 6:16-24']],
    ['one name twice', `${GOOD}${TASKLET}`, ['duplicate-name 7:7-13']],
    ['one port twice', `${GOOD}[stack]\nhelper_port = 80\nmem_port = 80\n`, ['duplicate-port 8:11-13']],
    [
      'one port three times',
      `${GOOD}[stack]\nhelper_port = 8_0\nmem_port = 80\nfabric_port = 0x50\n`,
      ['duplicate-port 8:11-13', 'duplicate-port 9:14-18'],
    ],
    [
      'one output twice',
      `${GOOD}[[tasklet]]\nname = "b"\nsource = "b.ts"\noutput = "build/demo.wasm"\n`,
      ['output-collision 9:9-26'],
    ],
    [
      'one output twice but for the case of its letters',
      `${GOOD}[[tasklet]]\nname = "b"\nsource = "b.ts"\noutput = "Build/demo.wasm"\n`,
      ['output-collision 9:9-26'],
    ],
    [
      'an output on the source of another',
      `${GOOD}output = "b.wasm"\n[[tasklet]]\nname = "b"\nsource = "b.wasm"\n`,
      ['output-collision 6:9-17'],
    ],
    ['an absolute source', `${PROGRAM}[[tasklet]]\nname = "a"\nsource = "/etc/a.ts"\n`, ['path-outside 5:9-20']],
    ['a source on a drive', `${PROGRAM}[[tasklet]]\nname = "a"\nsource = "C:/a.ts"\n`, ['path-outside 5:9-18']],
    ['a source above', `${PROGRAM}[[tasklet]]\nname = "a"\nsource = "x/../../a.ts"\n`, ['path-outside 5:9-23']],
    ['an empty source', `${PROGRAM}[[tasklet]]\nname = "a"\nsource = ""\n`, ['path-outside 5:9-11']],
    ['fixtures above', `${GOOD}fixtures = ".."\n`, ['path-outside 6:11-15']],
    ['a backslash', `${GOOD}output = 'build\\demo.wasm'\n`, ['path-backslash 6:9-26']],
    ['a source of another language', `${PROGRAM}[[tasklet]]\nname = "a"\nsource = "a.py"\n`, ['source-kind 5:9-15']],
    ['an output of another kind', `${GOOD}output = "demo.bin"\n`, ['output-not-wasm 6:9-19']],
    [
      'several faults',
      `${GOOD}feul = 1\ntimeout = 5\n[other]\n`,
      ['unknown-key 6:0-4', 'bad-duration 7:10-11', 'unknown-key 8:1-6'],
    ],
  ];
  for (const [what, text, problems] of rows) {
    it(`with ${what}`, () => {
      assert.deepEqual(problemsOf(text), problems);
      // Columns are the same with other line ends, and behind a byte order mark.
      assert.deepEqual(problemsOf(`\uFEFF${text.replaceAll('\n', '\r\n')}`), problems);
      const errors = parseManifest(text).problems.filter(({ severity }) => severity === 'error');
      assert.equal(parseManifest(text).manifest === null, errors.length > 0);
    });
  }

  it('allows a prebuilt module to be its own output', () => {
    assert.deepEqual(problemsOf(`${PROGRAM}[[tasklet]]\nname = "a"\nsource = "a.wasm"\noutput = "a.wasm"\n`), []);
  });

  it('keeps the sound tasklets when one is faulty', () => {
    const { manifest, tasklets } = parseManifest(`${GOOD}[[tasklet]]\nname = "other"\n`);
    assert.equal(manifest, null);
    assert.deepEqual(
      tasklets.map(({ name, tasklet }) => [name, tasklet?.name]),
      [
        ['demo', 'demo'],
        ['other', undefined],
      ],
    );
  });

  it('never calls linear memory fabric memory, nor the other way round', () => {
    for (const text of [
      `${GOOD}linear_memory = "x"\n`,
      `${GOOD}linear_memory = 1\n`,
      `${GOOD}linear_memory = true\n`,
    ]) {
      assert.match(parseManifest(text).problems[0]?.message ?? '', /linear_memory/);
      assert.doesNotMatch(parseManifest(text).problems[0]?.message ?? '', /\bmem\b|fabric/);
    }
    assert.doesNotMatch(parseManifest(`${GOOD}mem = "x"\n`).problems[0]?.message ?? '', /linear/);
  });

  const fixes: [string, string, string][] = [
    ['a misspelt key', `${GOOD}feul = 1\n`, `${GOOD}fuel = 1\n`],
    [
      'single brackets',
      `${PROGRAM}[tasklet]\nname = "demo"\nsource = "a.ts"\n`,
      `${PROGRAM}[[tasklet]]\nname = "demo"\nsource = "a.ts"\n`,
    ],
    [
      'a missing key',
      `${PROGRAM}[[tasklet]] # here\nname = "a"\n`,
      `${PROGRAM}[[tasklet]]\nsource = "tasklets/a.ts" # here\nname = "a"\n`,
    ],
    ['a missing program', TASKLET, `[program]\nname = "local-dev"\nversion = "0.1.0"\n\n${TASKLET}`],
    [
      'a name',
      `${PROGRAM}[[tasklet]]\nname = "MyÜber Task_2!"\nsource = "a.ts"\n`,
      `${PROGRAM}[[tasklet]]\nname = "my-uber-task-2"\nsource = "a.ts"\n`,
    ],
    ['a unit', `${GOOD}timeout = 30\n`, `${GOOD}timeout = "30s"\n`],
    ['a feature misspelt', `${GOOD}features = ["simt"]\n`, `${GOOD}features = ["simd"]\n`],
    ['a decimal unit', `${GOOD}mem = "32mb"\n`, `${GOOD}mem = "32MiB"\n`],
    ['a fraction', `${GOOD}mem = "1.5MiB"\n`, `${GOOD}mem = "1536KiB"\n`],
    ['a bound', `${GOOD}timeout = "2h"\n`, `${GOOD}timeout = "15m"\n`],
    ['quotes', `${GOOD}fuel = "1000"\n`, `${GOOD}fuel = 1000\n`],
    [
      'a version',
      `[program]\nname = "demo"\nversion = "v1.2"\n${TASKLET}`,
      `[program]\nname = "demo"\nversion = "1.2.0"\n${TASKLET}`,
    ],
    [
      'a crate',
      `${PROGRAM}[[tasklet]]\nname = "a"\nsource = "crates/a/src/lib.rs"\n`,
      `${PROGRAM}[[tasklet]]\nname = "a"\nsource = "crates/a"\n`,
    ],
  ];
  for (const [what, text, expected] of fixes) {
    it(`offers to mend ${what}`, () => {
      assert.equal(fixed(text), expected);
      assert.deepEqual(problemsOf(expected), []);
    });
  }

  it('never throws, and its ranges lie inside the text', () => {
    const words = fc.constantFrom(
      ...[
        '[program]',
        '[[tasklet]]',
        '[tasklet.requires]',
        '[tasklet]',
        'name',
        'fuel',
        ' = ',
        '"a"',
        '1',
        '{',
        '}',
        '[',
        ']',
        ',',
        '.',
        '\n',
        '\r\n',
        '"',
        "'''",
        '#',
        '😀',
        '\uFEFF',
        '\u0000',
        '2020-01-01',
        '__proto__',
        'constructor',
      ],
      ...MANIFEST_KEYS.map(({ key, example }) => `${key} = ${example}\n`),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words, { maxLength: 30 }).map((parts) => parts.join('')),
      fc
        .tuple(fc.nat(GOOD.length), fc.nat(10), fc.string({ maxLength: 5 }))
        .map(([at, cut, put]) => GOOD.slice(0, at) + put + GOOD.slice(at + cut)),
    );
    fc.assert(
      fc.property(text, (sample) => {
        const { problems, manifest, lines, document } = parseManifest(sample);
        assert.equal(
          manifest === null,
          problems.some(({ severity }) => severity === 'error'),
        );
        for (const { range, fix, message } of problems) {
          assert.notEqual(message, '');
          for (const one of [range, ...(fix?.edits ?? []).map((edit) => edit.range)]) {
            const [start, end] = [lines.offsetAt(one.start), lines.offsetAt(one.end)];
            assert.ok(start <= end && end <= document.text.length);
            assert.deepEqual(lines.positionAt(start), one.start);
            assert.deepEqual(lines.positionAt(end), one.end);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('survives nesting that would exhaust a stack', () => {
    for (const text of [
      `a = ${'['.repeat(50_000)}${']'.repeat(50_000)}`,
      `a = ${'{a='.repeat(5000)}1${'}'.repeat(5000)}`,
      `[${'a.'.repeat(20_000)}a]`,
    ]) {
      assert.ok(parseManifest(text).problems.length > 0);
    }
  });
});

describe('a place in a manifest', () => {
  const text = `# top
[program]
name = "demo"
version = "0.1.0"

[[tasklet]]
name = "demo"
source = "tasklets/demo.ts"

[tasklet.requires]
gpu = 1

[[tasklet]]
name = "other"
fu
`;
  const rows: [line: number, character: number, place: [string | null, string, string | null, string | null]][] = [
    [0, 2, [null, 'blank', null, null]],
    [1, 3, ['program', 'header', null, null]],
    [2, 2, ['program', 'key', 'name', null]],
    [2, 9, ['program', 'value', 'name', null]],
    [4, 0, ['program', 'blank', null, null]],
    [6, 10, ['tasklet', 'value', 'name', 'demo']],
    [8, 0, ['tasklet', 'blank', null, 'demo']],
    [10, 1, ['requires', 'key', 'gpu', 'demo']],
    [10, 6, ['requires', 'value', 'gpu', 'demo']],
    [14, 2, ['tasklet', 'blank', null, 'other']],
  ];
  for (const [line, character, expected] of rows) {
    it(`${line}:${character} is ${expected.join(' ')}`, () => {
      const { table, part, key, tasklet } = placeAt(parseManifest(text), { line, character });
      assert.deepEqual([table, part, key, tasklet?.name ?? null], expected);
    });
  }

  it('knows the keys a table has, though a line in it is unfinished', () => {
    assert.deepEqual(placeAt(parseManifest(text), { line: 14, character: 2 }).keys, ['name']);
  });
});
