import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { buildTasklet } from '../../toolchain/compile/buildTasklet.ts';
import { type Cell, startRuntime } from '../daemons/runtimeHarness.ts';
import { scratchProgram } from '../helpers/scratchProgram.ts';

const MIB = 1024 * 1024;
/** The default of `linear_memory`. */
const BOUND = 32 * MIB;

interface Row {
  name: string;
  /** Body of `compute(input: string): string`, or all of the tasklet. */
  body: string;
  input?: string;
  /**
   * Bytes of linear memory that the run may use at most; the default bound where it is left out.
   */
  most?: number;
  output: (text: string) => void;
}

const bytes = (length: number) => (text: string) => assert.equal(text.length, length);
const is = (expected: string) => (text: string) => assert.equal(text, expected);
const LINES = Array.from({ length: 20_000 }, (_, index) => `${String(index).padStart(5, '0')} ${'x'.repeat(46)}`);

const ROWS: Row[] = [
  {
    name: 'a text of 1 MB from 50 000 appends',
    body: 'let s = ""; for (let i = 0; i < 50000; i++) s += "01234567890123456789"; return s;',
    most: 8 * MIB,
    output: is('01234567890123456789'.repeat(50_000)),
  },
  {
    name: 'a text of 1 MB, letter by letter from another',
    body: 'let s = ""; for (let i = 0; i < input.length; i++) s += input.charAt(i); return s;',
    input: 'abcdefghij'.repeat(100_000),
    most: 16 * MIB,
    output: is('abcdefghij'.repeat(100_000)),
  },
  {
    name: 'three texts built in turn',
    body: 'let a = ""; let b = ""; let c = ""; for (let i = 0; i < 50000; i++) { a += "abcdefg"; b += i.toString(); c += "x" + i.toString() + "y"; } return a + b + c;',
    most: 16 * MIB,
    output: bytes(50_000 * 9 + 2 * (10 + 180 + 2_700 + 36_000 + 200_000)),
  },
  {
    name: 'a text kept at every thousandth append',
    body: 'let s = ""; const all = new Array<string>(); for (let i = 0; i < 20000; i++) { s += "0123456789"; if (i % 1000 == 999) all.push(s); } let n = 0; for (let i = 0; i < all.length; i++) n += all[i].length; return n.toString();',
    output: is(String((20 * 21 * 10_000) / 2)),
  },
  {
    name: 'a text in a field, in parts of a number each',
    body: 'class Page { out: string = ""; add(i: i32): void { this.out += "<"; this.out += i.toString(); this.out += ">"; } } export function compute(input: string): string { const page = new Page(); for (let i = 0; i < 100000; i++) page.add(i); return page.out; }',
    most: 8 * MIB,
    output: bytes(200_000 + 10 + 180 + 2_700 + 36_000 + 450_000),
  },
  {
    name: 'join of 20 000 lines of 52 characters',
    body: 'return input.split("\\n").join("\\n");',
    input: LINES.join('\n'),
    most: 16 * MIB,
    output: is(LINES.join('\n')),
  },
  {
    name: 'join of 200 000 numbers',
    body: 'const all = new Array<i32>(); for (let i = 0; i < 200000; i++) all.push(i); return all.join(",");',
    output: bytes(199_999 + 10 + 180 + 2_700 + 36_000 + 450_000 + 600_000),
  },
  {
    name: 'templates in a loop',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is source of a tasklet.
    body: 'let s = ""; for (let i = 0; i < 30000; i++) s += `<li class="${input}">item ${i} of ${30000}</li>\\n`; return s;',
    input: 'row',
    most: 16 * MIB,
    output: (text) => assert.ok(text.endsWith('<li class="row">item 29999 of 30000</li>\n') && text.length > 1e6),
  },
  {
    name: 'templates of which only the length is kept',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is source of a tasklet.
    body: 'let n = 0; for (let i = 0; i < 60000; i++) { let s = ""; s += `item ${i}`; s += "!"; n += s.length; } return n.toString();',
    most: 4 * MIB,
    output: is(String(60_000 * 6 + 10 + 180 + 2_700 + 36_000 + 250_000)),
  },
  {
    name: 'a Map of 50 000 texts',
    body: 'const map = new Map<string, i32>(); for (let i = 0; i < 50000; i++) map.set("key " + i.toString(), i); let sum: i64 = 0; for (let i = 0; i < 50000; i++) sum += map.get("key " + i.toString()); return sum.toString() + " " + map.size.toString();',
    output: is('1249975000 50000'),
  },
  {
    name: 'a Set of 50 000 texts',
    body: 'const set = new Set<string>(); for (let i = 0; i < 100000; i++) set.add("key " + (i % 50000).toString()); return set.size.toString();',
    output: is('50000'),
  },
  {
    name: 'JSON of 1 MB from the writer of grafos-std',
    body: 'import { Json } from "grafos-std"; export function compute(input: string): Uint8Array { const list = Json.array(); for (let i = 0; i < 20000; i++) list.push(Json.object().set("id", Json.ofInteger(i)).set("name", Json.ofString("the name of " + i.toString())).set("x", Json.ofFloat(<f64>i / 8))); return list.toBytes(); }',
    output: (text) => {
      assert.ok(text.length > 1e6, String(text.length));
      assert.deepEqual(JSON.parse(text)[19_999], { id: 19_999, name: 'the name of 19999', x: 2499.875 });
    },
  },
  {
    name: 'split of 1 MB into lines and words',
    body: 'const lines = input.split("\\n"); let words = 0; for (let i = 0; i < lines.length; i++) words += lines[i].split(" ").length; return lines.length.toString() + " " + words.toString();',
    input: LINES.join('\n'),
    output: is('20000 40000'),
  },
  {
    name: 'split of 1 MB into letters',
    body: 'const letters = input.split(""); let n = 0; for (let i = 0; i < letters.length; i++) if (letters[i] == "x") n++; return n.toString();',
    input: 'xyz'.repeat(333_333),
    output: is('333333'),
  },
  {
    name: 'Array.push of 1 000 000 numbers',
    body: 'const all = new Array<i32>(); for (let i = 0; i < 1000000; i++) all.push(i); return all[999999].toString();',
    output: is('999999'),
  },
  {
    name: 'two arrays pushed to in turn',
    body: 'const a = new Array<i32>(); const b = new Array<i64>(); for (let i = 0; i < 500000; i++) { a.push(i); b.push(i); } return (a[499999] + <i32>b[1]).toString();',
    output: is('500000'),
  },
  {
    name: 'a builder of 1 MB',
    body: 'import { Text } from "grafos-std"; export function compute(input: string): string { const text = new Text(); const line = new Text(8); for (let i = 0; i < 40000; i++) { line.clear(); line.append("line ").appendNumber(i).appendChar(0x1f600).appendNumber<f64>(0.5).appendNumber<i8>(-128).appendChar(10); text.append(line.toString()); } return text.toString() + text.length.toString(); }',
    output: (text) =>
      assert.ok(text.startsWith('line 0😀0.5-128\nline 1😀') && text.length > 700_000, text.slice(0, 40)),
  },
];

describe('text within the default linear memory', () => {
  let cell: Cell;
  before(() => {
    cell = startRuntime();
  });
  after(() => cell.runtime.stop());

  for (const { name, body, input = '', most = BOUND, output } of ROWS) {
    it(name, async () => {
      const source = body.includes('export function')
        ? body
        : `export function compute(input: string): string { ${body} }`;
      await using scratch = await scratchProgram('demo.ts', { 'demo.ts': `${source}\n` });
      const built = await buildTasklet(scratch.program, scratch.tasklet);
      const job = { input: Buffer.from(input), fuel: 10_000_000_000, linear_memory_bytes: BOUND };
      const outcome = await cell.run(await readFile(built.output), job);
      assert.equal(outcome.error, null, outcome.error?.message);
      output(Buffer.from(outcome.output).toString('utf8'));
      assert.ok(outcome.linear_memory_peak <= most, `${outcome.linear_memory_peak / MIB} MiB`);
    });
  }
});
