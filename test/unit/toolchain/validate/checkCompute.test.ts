import assert from 'node:assert/strict';
import { join } from 'node:path';
import { parseManifest } from '../../../../program/manifest.ts';
import { textLines } from '../../../../program/textLines.ts';
import { checkCompute } from '../../../../toolchain/validate/checkCompute.ts';
import type { Finding } from '../../../../toolchain/validate/finding.ts';
import { createProgramFiles } from '../../../../toolchain/validate/programFiles.ts';
import { scriptFiles } from '../../../../toolchain/validate/scriptFile.ts';
import { createTaskletContext } from '../../../../toolchain/validate/taskletContext.ts';
import { applyEdits } from '../../../helpers/applyFix.ts';
import { NOWHERE } from '../../../helpers/nowhere.ts';

const ENTRY = join(NOWHERE, 'tasklets/demo.ts');
const MANIFEST =
  '[program]\nname = "demo"\nversion = "0.1.0"\n[[tasklet]]\nname = "demo"\nsource = "tasklets/demo.ts"\n';

function check(text: string): { findings: Finding[]; marks: string[] } {
  const { tasklets, lines } = parseManifest(MANIFEST);
  const [one] = tasklets;
  assert.ok(one?.tasklet);
  const findings: Finding[] = [];
  const files = createProgramFiles(NOWHERE, new Map());
  const program = { root: NOWHERE, manifestPath: join(NOWHERE, 'grafos.toml'), lines, files, findings };
  const [script] = scriptFiles(ENTRY, text, files, () => assert.fail('a file cannot be read'));
  assert.ok(script);
  checkCompute(createTaskletContext(program, one, one.tasklet), script);
  const source = textLines(text);
  const marks = findings.map(
    ({ code, range }) => `${code} ${text.slice(source.offsetAt(range.start), source.offsetAt(range.end))}`,
  );
  return { findings, marks };
}

const bytes = (body: string) => `export function compute(input: Uint8Array): Uint8Array {\n  ${body}\n}\n`;

const TABLE: Array<[what: string, text: string, marks: string[], fixed?: string]> = [
  ['bytes to bytes', bytes('return input;'), []],
  ['text to text', 'export function compute(input: string): String { return input; }', []],
  ['a compute from another file', 'export { compute } from "./other";', []],
  ['types with names of their own', 'type B = Uint8Array;\nexport function compute(input: B): B { return input; }', []],
  ['an empty file', '', ['GRF2103 '], bytes('return input;')],
  ['a file without compute', 'const a = 1;', ['GRF2103 const a = 1;'], `const a = 1;\n\n${bytes('return input;')}`],
  [
    'a compute that is not exported',
    'function compute(input: string): string { return input; }',
    ['GRF2103 compute'],
    'export function compute(input: string): string { return input; }',
  ],
  [
    'no input',
    'export function compute(): string { return ""; }',
    ['GRF2104 compute'],
    'export function compute(input: Uint8Array): string { return ""; }',
  ],
  ['two inputs', 'export function compute(a: string, b: i32): string { return a; }', ['GRF2104 a: string, b: i32']],
  [
    'an input of another type',
    'export function compute(a: Array<u8>): string { return ""; }',
    ['GRF2104 a: Array<u8>'],
    'export function compute(a: Uint8Array): string { return ""; }',
  ],
  ['an input without a type', 'export function compute(a): string { return ""; }', ['GRF2104 a']],
  [
    'no type of the output',
    'export function compute(a: string) { return a; }',
    ['GRF2104 compute'],
    'export function compute(a: string): Uint8Array { return a; }',
  ],
  ['an output of another type', 'export function compute(a: string): i32 { return 1; }', ['GRF2104 i32']],
  ['a copy of all of the input', bytes('return input.slice();'), ['GRF2109 input.slice']],
  ['a copy from the beginning', bytes('return input.slice(0);'), ['GRF2109 input.slice']],
  ['a copy of a part', bytes('return input.slice(0, 9);'), []],
  ['a copy behind a bound', bytes('if (input.length > 9) return input; return input.slice();'), []],
  [
    'a copy behind a bound that is written the other way',
    bytes('if (9 < input.length) return input; return input.slice();'),
    [],
  ],
  [
    'a copy in front of a bound',
    bytes('const a = input.slice(); return input.length > 9 ? a : input;'),
    ['GRF2109 input.slice'],
  ],
  [
    'an array as long as the input',
    bytes('return new Uint8Array(input.length);'),
    ['GRF2109 new Uint8Array(input.length)'],
  ],
  ['text of all bytes', bytes('String.UTF8.decode(input.buffer); return input;'), ['GRF2109 String.UTF8.decode(input']],
  ['a member of another object', bytes('other.input.slice(); return input;'), []],
];

describe('checkCompute', () => {
  for (const [what, text, marks, fixed] of TABLE) {
    it(`${what}: ${marks.join(', ') || 'nothing'}`, () => {
      const { findings, marks: found } = check(text);
      assert.deepEqual(found, marks);
      if (fixed === undefined) return;
      const mended = applyEdits(text, findings[0]?.fix?.edits ?? []);
      assert.equal(mended, fixed);
      assert.deepEqual(check(mended).marks, []);
    });
  }

  it('bounds a copy with a failure of the type that compute returns, and imports it', () => {
    const text = 'export function compute(input: Uint8Array): string { return input.toString(); }';
    const { findings } = check(text);
    const mended = applyEdits(text, findings[0]?.fix?.edits ?? []);
    assert.match(mended, /import \{ fail \} from ["']grafos-std["']/);
    assert.match(mended, /if \(input\.length > 65_536\) return fail<string>\("input_too_large"\);/);
    assert.deepEqual(check(mended).marks, []);
  });
});
