import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { buildTasklet } from '../../toolchain/compile/buildTasklet.ts';
import { type Cell, startRuntime } from '../daemons/runtimeHarness.ts';
import { scratchProgram } from '../helpers/scratchProgram.ts';

const BYTES = 1_000_000;

/** Lines that `line` makes of 1, 2 and so on, as many as fit. */
function filled(line: (at: number) => string, between: string): string {
  const lines: string[] = [];
  for (let bytes = 0; bytes < BYTES; ) bytes += (lines[lines.push(line(lines.length + 1)) - 1]?.length ?? 0) + 1;
  return lines.join(between);
}

const CSV = `${filled((at) => `${at},Berlin,${at * 3}`, '\n')}\n`;
const JSON_TEXT = `[${filled((at) => `{"id":${at},"city":"Berlin","cents":${at * 3}}`, ',')}]`;

/** A row of the table in docs/guide/fuel-and-memory.md, by the beginning of its words. */
const ROWS: Array<[row: string, input: string, source: string]> = [
  [
    'takes `Uint8Array`',
    CSV,
    `export function compute(input: Uint8Array): string {
  let n: u32 = 0;
  for (let i = 0; i < input.length; i++) if (unchecked(input[i]) == 10) n++;
  return n.toString();
}`,
  ],
  ['takes `string`', CSV, 'export function compute(input: string): string { return input.length.toString(); }'],
  [
    'the same, then `split("\\n")`',
    CSV,
    'export function compute(input: string): string { return input.split("\\n").length.toString(); }',
  ],
  [
    'the same, then `split(",")`',
    CSV,
    `export function compute(input: string): string {
  const lines = input.split("\\n");
  let n = 0;
  for (let i = 0; i < lines.length; i++) n += lines[i].split(",").length;
  return n.toString();
}`,
  ],
  [
    '`Json.parse`',
    JSON_TEXT,
    'import { Json } from "grafos-std";\nexport function compute(input: Uint8Array): string { return Json.parse(input).length.toString(); }',
  ],
  [
    'makes text of 1 MB',
    '',
    'export function compute(input: Uint8Array): string { let s = ""; for (let i = 0; i < 50000; i++) s += "abcdefghijklmnopqrst"; return s; }',
  ],
];

describe('what things cost, by docs/guide/fuel-and-memory.md', () => {
  let cell: Cell;
  let page: string;
  before(async () => {
    page = await readFile(join(packageRoot, 'docs/guide/fuel-and-memory.md'), 'utf8');
    cell = startRuntime();
  });
  after(() => cell.runtime.stop());

  for (const [row, input, source] of ROWS) {
    it(row, async () => {
      await using scratch = await scratchProgram('demo.ts', { 'demo.ts': `${source}\n` });
      const built = await buildTasklet(scratch.program, scratch.tasklet);
      const job = { input: Buffer.from(input), fuel: 10_000_000_000, linear_memory_bytes: 32 * 2 ** 20 };
      const outcome = await cell.run(await readFile(built.output), job);
      assert.equal(outcome.error, null, outcome.error?.message);
      const line = page.split('\n').find((one) => one.startsWith(`| ${row}`));
      const [, fuel = '', memory = ''] = /\| ([\d ]+) \| ([\d.]+) MiB \|$/.exec(line ?? '') ?? [];
      assert.equal(Math.round(outcome.fuel_used / 1e6), Number(fuel.replaceAll(' ', '')) / 1e6, line);
      const peak = outcome.linear_memory_peak / 2 ** 20;
      assert.equal(peak < 10 ? Number(peak.toFixed(1)) : Math.round(peak), Number(memory), line);
    });
  }
});
