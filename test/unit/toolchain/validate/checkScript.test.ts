import assert from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseManifest } from '../../../../program/manifest.ts';
import { textLines } from '../../../../program/textLines.ts';
import { checkScript } from '../../../../toolchain/validate/checkScript.ts';
import type { Finding } from '../../../../toolchain/validate/finding.ts';
import { createProgramFiles } from '../../../../toolchain/validate/programFiles.ts';
import { scriptTokens } from '../../../../toolchain/validate/scriptTokens.ts';
import { createTaskletContext } from '../../../../toolchain/validate/taskletContext.ts';
import { applyEdits } from '../../../helpers/applyFix.ts';
import { NOWHERE } from '../../../helpers/nowhere.ts';

const ROOT = NOWHERE;
const ENTRY = join(ROOT, 'tasklets/demo.ts');
const MANIFEST =
  '[program]\nname = "demo"\nversion = "0.1.0"\n[[tasklet]]\nname = "demo"\nsource = "tasklets/demo.ts"\n';

/** Findings of the scan alone, no compiler; `others` are files the tasklet imports. */
function scan(text: string, others: Record<string, string> = {}): Finding[] {
  const overlay = new Map(Object.entries(others).map(([path, content]) => [join(ROOT, path), content]));
  const { tasklets, lines } = parseManifest(MANIFEST);
  const [one] = tasklets;
  assert.ok(one?.tasklet);
  const findings: Finding[] = [];
  const program = {
    root: ROOT,
    manifestPath: join(ROOT, 'grafos.toml'),
    lines,
    files: createProgramFiles(ROOT, overlay),
    findings,
  };
  checkScript(createTaskletContext(program, one, one.tasklet), ENTRY, text);
  return findings;
}

/** `code text` of each finding: the code and the part of the source it marks. */
function marks(text: string, others: Record<string, string> = {}): string[] {
  return scan(text, others).map(({ code, file, range }) => {
    const source =
      file === ENTRY ? text : (Object.entries(others).find(([path]) => join(ROOT, path) === file)?.[1] ?? '');
    const lines = textLines(source);
    return `${code} ${source.slice(lines.offsetAt(range.start), lines.offsetAt(range.end))}`;
  });
}

const compute = (body: string, before = '') =>
  `${before}export function compute(input: Uint8Array): Uint8Array {\n  ${body}\n  return input;\n}\n`;

describe('the scan of AssemblyScript', () => {
  const rows: [what: string, text: string, marks: string[]][] = [
    ['a good tasklet', compute(''), []],
    ['text in, text out', 'export function compute(input: string): string { return input; }', []],
    ['a clock', compute('const t = Date.now();'), ['GRF2105 Date.now']],
    ['a clock through new', compute('const t = new Date();'), ['GRF2105 new Date']],
    ['a time of its own', compute('const t = new Date(0); const u = Date.UTC(2020, 1);'), []],
    ['a performance clock', compute('performance.now();'), ['GRF2105 performance.now']],
    [
      'random numbers',
      compute('Math.random(); Mathf.random(); NativeMath.random();'),
      ['GRF2106 Math.random', 'GRF2106 Mathf.random', 'GRF2106 NativeMath.random'],
    ],
    ['random bytes', compute('crypto.getRandomValues(input);'), ['GRF2106 crypto.getRandomValues']],
    ['other mathematics', compute('Math.floor(1.5);'), []],
    [
      'a console',
      compute('console.log("x"); console.error("y"); trace("z");'),
      ['GRF2108 console.log', 'GRF2108 console.error', 'GRF2108 trace'],
    ],
    ['a comment', compute('// Date.now() Math.random()\n  /* console.log(1); throw */'), []],
    ['a comment that does not end', `${compute('')}/* Date.now()`, []],
    [
      'texts',
      compute(
        `const a = "Date.now() \\" Math.random()" + 'console.log' + \`throw \\\` \${"Date.now()"} console.log\`;`,
      ),
      [],
    ],
    [
      'an expression in a template',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
      compute('const a = `x ${Date.now()} ${`y ${Math.random()}`} z`;'),
      ['GRF2105 Date.now', 'GRF2106 Math.random'],
    ],
    ['a regular expression', compute('const r = /"/; const t = Date.now(); const s = "\\"";'), ['GRF2105 Date.now']],
    ['a division', compute('const r = 1 / 2; const t = Date.now() / 3; const u = "/";'), ['GRF2105 Date.now']],
    ['members of those names', compute('a.Date.now(); b.console.log(); c.Math.random();'), []],
    [
      'classes of its own',
      compute(
        'Date.now(); Math.random(); console.log(1);',
        'class Date {}\nnamespace Math {}\nimport { console } from "./console";\n',
      ),
      [],
    ],
    ['a throw', compute('throw new Error("x");'), ['GRF2110 throw']],
    [
      'labels',
      compute('fail("Not Good"); fail<string>("fine"); fail("");', 'import { fail } from "grafos-std";\n'),
      ['GRF2111 "Not Good"', 'GRF2111 ""'],
    ],
    ['a fail of its own', compute('fail("Not Good");', 'function fail(text: string): void {}\n'), []],
    [
      'an import from env',
      compute('', '@external("env", "now")\ndeclare function now(): i64;\n'),
      ['GRF2107 "env", "now"'],
    ],
    [
      'an import of the profile',
      compute('', '@external("grafos_tasklet_v0", "log")\ndeclare function hostLog(a: i32, b: i32, c: i32): void;\n'),
      [],
    ],
    [
      'an import the profile does not have',
      compute('', '@external("grafos_tasklet_v0", "exit")\ndeclare function exit(): void;\n'),
      ['GRF2107 "grafos_tasklet_v0", "exit"'],
    ],
    ['an import without a module', compute('', 'declare function now(): i64;\n'), ['GRF2107 declare function now']],
    [
      'WASI',
      compute('', 'import "wasi";\nimport { x } from "@assemblyscript/wasi-shim";\nimport * as fs from "node:fs";\n'),
      ['GRF2107 "wasi"', 'GRF2107 "@assemblyscript/wasi-shim"', 'GRF2107 "node:fs"'],
    ],
    ['nothing', '', ['GRF2103 ']],
    ['no compute', 'export function run(): void {}\n', ['GRF2103 export function run(): void {}']],
    [
      'a compute that is not exported',
      'function compute(input: Uint8Array): Uint8Array { return input; }',
      ['GRF2103 compute'],
    ],
    [
      'a compute exported later',
      'function compute(input: Uint8Array): Uint8Array { return input; }\nexport { compute };',
      [],
    ],
    ['a compute of another file', 'export { compute } from "./other";', []],
    [
      'a compute under another name',
      'function work(input: Uint8Array): Uint8Array { return input; }\nexport { work as compute };',
      [],
    ],
    [
      'a compute in a comment',
      '// export function compute(input: Uint8Array): Uint8Array\n',
      ['GRF2103 // export function compute(input: Uint8Array): Uint8Array'],
    ],
    ['a method called compute', 'class A { compute(): void {} }\n', ['GRF2103 class A { compute(): void {} }']],
    ['no parameter', 'export function compute(): string { return ""; }', ['GRF2104 compute']],
    [
      'two parameters',
      'export function compute(a: Uint8Array, b: i32): string { return ""; }',
      ['GRF2104 a: Uint8Array, b: i32'],
    ],
    [
      'a parameter of another type',
      'export function compute(a: Array<u8>): string { return ""; }',
      ['GRF2104 a: Array<u8>'],
    ],
    ['a parameter without a type', 'export function compute(a): string { return ""; }', ['GRF2104 a']],
    ['no result', 'export function compute(a: string) { }', ['GRF2104 compute']],
    ['another result', 'export function compute(a: string): i32 { return 1; }', ['GRF2104 i32']],
    [
      'a parameter with a map for a default',
      'export function compute(a: Map<string, Array<i32>>): string { return ""; }',
      ['GRF2104 a: Map<string, Array<i32>>'],
    ],
    ['a copy', compute('const copy = input.slice();'), ['GRF2109 input.slice']],
    [
      'a copy by constructor',
      compute('const copy = new Uint8Array(input.length);'),
      ['GRF2109 new Uint8Array(input.length)'],
    ],
    ['a copy as text', compute('const text = String.UTF8.decode(input.buffer);'), ['GRF2109 String.UTF8.decode(input']],
    ['a part', compute('const part = input.slice(0, 4);'), []],
    ['a bounded copy', compute('if (input.length > 10) return input;\n  const copy = input.slice();'), []],
    [
      'a bound the other way round',
      compute('if (10 <= input.length) return input;\n  const copy = input.slice();'),
      [],
    ],
    [
      'a copy before its bound',
      compute('const copy = input.slice();\n  if (input.length > 10) return input;'),
      ['GRF2109 input.slice'],
    ],
    [
      'a copy of something else',
      compute('const copy = other.slice(); const t = String.UTF8.decode(other.buffer);'),
      [],
    ],
  ];
  for (const [what, text, expected] of rows) {
    it(`with ${what}`, () => assert.deepEqual(marks(text), expected));
  }

  it('follows imports of the program, once each, also in a circle', () => {
    const files = {
      'tasklets/a.ts':
        'import { b } from "./b";\nimport "../tasklets/demo";\nexport function a(): i64 { return Date.now(); }\n',
      'tasklets/b.ts': 'import { a } from "./a";\nexport const b = Math.random();\n',
      'tasklets/lib/index.ts': 'console.log("x");\n',
    };
    const text = compute('', 'import { a } from "./a";\nimport "./lib";\nimport "./missing";\n');
    assert.deepEqual(marks(text, files), ['GRF2105 Date.now', 'GRF2106 Math.random', 'GRF2108 console.log']);
  });

  it('follows exports from other files, of names, of all and under a name', () => {
    const files = {
      'tasklets/a.ts': 'export { b } from "./b";\nexport * from "./c";\nexport * as d from "./d";\nexport { e };\n',
      'tasklets/b.ts': 'export const b = Math.random();\n',
      'tasklets/c.ts': 'export const c = Date.now();\n',
      'tasklets/d.ts': 'console.log("x");\n',
    };
    const found = marks(compute('', 'import { b } from "./a";\n'), files);
    assert.deepEqual(found.sort(), ['GRF2105 Date.now', 'GRF2106 Math.random', 'GRF2108 console.log']);
  });

  const fixes: [string, string, string][] = [
    [
      'a clock',
      compute('const t = Date.now();'),
      compute('const t = (clock() / 1_000_000);', 'import { clock } from "grafos-std";\n'),
    ],
    [
      'random numbers, with an import to extend',
      compute('Math.random();', 'import { log, fail } from "grafos-std";\n'),
      compute('random.f64();', 'import { log, fail, random } from "grafos-std";\n'),
    ],
    [
      'a console, imported already',
      compute('console.warn("x");', 'import { log } from "grafos-std";\n'),
      compute('log.warn("x");', 'import { log } from "grafos-std";\n'),
    ],
    [
      'a throw',
      compute('throw new Error("Input is bad: 1");'),
      compute('return fail("input_is_bad_1");', 'import { fail } from "grafos-std";\n'),
    ],
    [
      'a label',
      compute('fail("NotGood");', 'import { fail } from "grafos-std";\n'),
      compute('fail("not_good");', 'import { fail } from "grafos-std";\n'),
    ],
    ['an empty file', '', 'export function compute(input: Uint8Array): Uint8Array {\n  return input;\n}\n'],
    [
      'an export',
      'function compute(input: string): string { return input; }',
      'export function compute(input: string): string { return input; }',
    ],
    [
      'a missing parameter',
      'export function compute(): string { return ""; }',
      'export function compute(input: Uint8Array): string { return ""; }',
    ],
    [
      'a missing result',
      'export function compute(input: string) { return input; }',
      'export function compute(input: string): Uint8Array { return input; }',
    ],
  ];
  for (const [what, text, expected] of fixes) {
    it(`mends ${what}`, () => {
      const fix = scan(text)[0]?.fix;
      assert.ok(fix);
      assert.equal(applyEdits(text, fix.edits), expected);
    });
  }

  it('offers no label for a throw outside compute', () => {
    const [found] = scan(`function helper(): void { throw new Error("x"); }\n${compute('helper();')}`);
    assert.equal(found?.code, 'GRF2110');
    assert.equal(found?.fix, undefined);
  });

  it('reads any text, its tokens in order and inside it', () => {
    const parts = fc.constantFrom(
      '"',
      "'",
      '`',
      '${',
      '}',
      '{',
      '/',
      '*',
      '//',
      '\\',
      '\n',
      'Date.now()',
      'compute',
      'export function compute(',
      '@external(',
      '(',
      ')',
      '=>',
      'é',
      '😀',
      ' ',
      '\u0000',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(parts, { maxLength: 40 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(text, (sample) => {
        let last = 0;
        for (const token of scriptTokens(sample)) {
          assert.ok(token.start >= last && token.end > token.start && token.end <= sample.length);
          assert.equal(token.text, sample.slice(token.start, token.end));
          last = token.end;
        }
        scan(sample);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes time in proportion to the text, whatever is in it', () => {
    // Work that grows with the square of the text would run into the time limit of the test.
    for (const part of [
      'Date.now(',
      'throw new Error("x");',
      '@external(',
      'export {',
      'import {',
      '`${',
      '"',
      '/*',
      '{',
      'declare function f',
      'fail<',
      'function compute(',
      '=>',
    ]) {
      scan(part.repeat(Math.floor(1_000_000 / part.length)));
      scan(`export function compute(input: Uint8Array): Uint8Array {${part.repeat(Math.floor(500_000 / part.length))}`);
    }
  });
});
