import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { LIMITS } from '../../../../base/limits.ts';
import { parseManifest } from '../../../../program/manifest.ts';
import { checkFixtures, jsonFault } from '../../../../toolchain/validate/checkFixtures.ts';
import type { Finding } from '../../../../toolchain/validate/finding.ts';
import { createProgramFiles } from '../../../../toolchain/validate/programFiles.ts';
import { createTaskletContext } from '../../../../toolchain/validate/taskletContext.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';

type Files = Record<string, string | Uint8Array>;

/** `code file` of each finding about the fixtures of a program. */
async function check(fixtures: Files, line = ''): Promise<string[]> {
  const files = Object.fromEntries(Object.entries(fixtures).map(([path, text]) => [`fixtures/demo/${path}`, text]));
  await using program = await scratchProgram('demo.wat', files);
  const manifest = `[program]\nname = "demo"\nversion = "0.1.0"\n[[tasklet]]\nname = "demo"\nsource = "demo.wat"\n${line}`;
  const { tasklets, lines } = parseManifest(manifest);
  const [one] = tasklets;
  assert.ok(one?.tasklet);
  const findings: Finding[] = [];
  const { root } = program;
  const about = {
    root,
    manifestPath: `${root}/grafos.toml`,
    lines,
    files: createProgramFiles(root, new Map()),
    findings,
  };
  checkFixtures(createTaskletContext(about, one, one.tasklet));
  return findings.map(({ code, file }) => `${code} ${basename(file)}`).sort();
}

const GOOD: Files = { 'a.input.json': '{}', 'a.expected.json': '{"x":1}' };

describe('checkFixtures', () => {
  const rows: Array<[what: string, files: Files, found: string[], line?: string]> = [
    ['a whole case', GOOD, []],
    ['a case of bytes that are no JSON', { 'a.input.bin': Uint8Array.of(0xff), 'a.expected.json': '1' }, []],
    ['a README and a hidden file', { ...GOOD, 'README.md': '#', '.keep': '' }, []],
    ['another file', { ...GOOD, 'notes.txt': '' }, ['GRF4004 notes.txt']],
    ['an expectation alone', { 'a.expected.json': '1' }, ['GRF4001 a.expected.json']],
    ['an input alone', { 'a.input.bin': 'x' }, ['GRF4002 a.input.bin']],
    ['two inputs', { ...GOOD, 'a.input.bin': 'x' }, ['GRF4007 a.input.bin']],
    ['input that is no JSON', { ...GOOD, 'a.input.json': '{' }, ['GRF4003 a.input.json']],
    ['input that is no text', { ...GOOD, 'a.input.json': Uint8Array.of(0xff, 0xc0) }, ['GRF4003 a.input.json']],
    ['an expectation that is no JSON', { ...GOOD, 'a.expected.json': '' }, ['GRF4003 a.expected.json']],
    ['a label that no run has', { ...GOOD, 'a.expected.json': '{"$error":"No Label"}' }, ['GRF4009 a.expected.json']],
    ['a label that a run can have', { ...GOOD, 'a.expected.json': '{"$error":"no_label"}' }, []],
    [
      'a member that is kept for expectations',
      { ...GOOD, 'a.expected.json': '{"$what":1}' },
      ['GRF4009 a.expected.json'],
    ],
    ['too large an input', { ...GOOD, 'a.input.json': new Uint8Array(LIMITS.input + 1) }, ['GRF4005 a.input.json']],
    [
      'a file in the place of the input',
      { ...GOOD, 'b.input.json/x': '' },
      ['GRF4002 b.input.json', 'GRF4003 b.input.json'],
    ],
    ['no folder, which nobody named', {}, []],
    ['no folder, which the manifest names', {}, ['GRF4006 grafos.toml'], 'fixtures = "fixtures/demo"\n'],
    [
      'a folder without a case, which it names',
      { 'README.md': '#' },
      ['GRF4008 grafos.toml'],
      'fixtures = "fixtures/demo"\n',
    ],
    ['a file instead of the folder', { x: '' }, ['GRF4006 grafos.toml'], 'fixtures = "fixtures/demo/x"\n'],
  ];
  for (const [what, files, found, line] of rows) {
    it(`${what}: ${found.join(', ') || 'nothing'}`, async () => assert.deepEqual(await check(files, line), found));
  }

  const faults: Array<[text: string, at: number | null, what?: string]> = [
    ['{"a":1}', null],
    ['', 0, 'it is empty'],
    [' \n', 0, 'it is empty'],
    ['{"a":', 5, 'it ends too early'],
    ['{"a":1', 6, "expected ',' or '}' after property value"],
    ['x', 0, 'an unexpected character'],
    ['{"a": tru, "b": "\\u00e4\\n"}', 9, 'an unexpected character'],
    ['{"a": "\\u00e4\\n", "b": 1.5e3, "c": [1, 2,, 3]}', 41, 'an unexpected character'],
    [`[${'1,'.repeat(1_000)} "x", y]`, 2_007, 'an unexpected character'],
    ['[1,]', 3, 'an unexpected character'],
    ['{"a":1}}', 7, 'unexpected non-whitespace character after JSON'],
  ];
  for (const [text, at, what] of faults) {
    it(`finds where ${JSON.stringify(text)} is no JSON`, () => {
      assert.deepEqual(jsonFault(text), at === null ? null : { at, what });
    });
  }
});
