import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import type { RunJobOutcome } from '../../daemons/fabricbiosd/runtime/runJob.ts';
import { packageRoot } from '../../daemons/protocol/packageRoot.ts';
import { findTasklet, loadProgram } from '../../program/loadProgram.ts';
import { compileAssemblyScript } from '../../toolchain/build/compileAssemblyScript.ts';
import { type Cell, startRuntime } from '../daemons/runtimeHarness.ts';

const FOLDER = join(packageRoot, 'test', 'programs');

/** Rows of a text from a generator, until it has `bytes` bytes. */
function repeated(bytes: number, row: (index: number) => string): string {
  const rows: string[] = [];
  for (let index = 0, length = 0; length < bytes; index++) {
    const text = row(index);
    rows.push(text);
    length += Buffer.byteLength(text);
  }
  return rows.join('');
}

describe('programs as users write them, on a cell with the manifest of each', () => {
  let cell: Cell;
  before(() => {
    cell = startRuntime();
  });
  after(() => cell.runtime.stop());

  const modules = new Map<string, Uint8Array>();
  async function run(name: string, input: Uint8Array): Promise<RunJobOutcome> {
    const program = loadProgram(join(FOLDER, name));
    const tasklet = findTasklet(program, name);
    const known = modules.get(name);
    const { wasm, diagnostics } =
      known === undefined ? await compileAssemblyScript({ program, tasklet }) : { wasm: known, diagnostics: [] };
    assert.deepEqual(diagnostics, []);
    assert.ok(wasm !== null);
    modules.set(name, wasm);
    const { fuel, linear_memory_bytes } = tasklet;
    return cell.run(wasm, { input: Buffer.from(input), fuel, linear_memory_bytes });
  }
  function textOf(outcome: RunJobOutcome): string {
    assert.equal(outcome.error, null, outcome.error?.message);
    return Buffer.from(outcome.output).toString('utf8');
  }

  describe('CSV to JSON', () => {
    it('5 MB, with quotes, line ends in fields and letters beyond ASCII', async () => {
      const rows = 'id,name,city,amount\r\n'.concat(
        repeated(5_000_000, (index) => {
          const name = index % 10 === 0 ? `"Näme, ""${index}""\n"` : `name ${index}`;
          return `${index},${name},${index % 3 === 0 ? '"Tōkyō"' : `city ${index % 97}`},${(index * 7919) % 100_003}\r\n`;
        }),
      );
      const expected: Record<string, { rows: number; amount: number; longest_name: number }> = {};
      const parts = rows.matchAll(/^(\d+),("(?:[^"]|"")*"|[^,]*),([^,]*),(\d+)\r$/gm);
      for (const [, , name = '', city = '', amount] of parts) {
        const key = city.replaceAll('"', '');
        expected[key] ??= { rows: 0, amount: 0, longest_name: 0 };
        const length = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"').length : name.length;
        expected[key].rows++;
        expected[key].amount += Number(amount);
        expected[key].longest_name = Math.max(expected[key].longest_name, length);
      }
      assert.ok(Object.keys(expected).length > 90);
      assert.deepEqual(JSON.parse(textOf(await run('csv', Buffer.from(rows)))), expected);
    });

    it('nothing, a header alone, a last line without an end', async () => {
      assert.equal(textOf(await run('csv', Buffer.from(''))), '{}');
      assert.equal(textOf(await run('csv', Buffer.from('id,name,city,amount\n'))), '{}');
      const one = textOf(await run('csv', Buffer.from('id,name,city,amount\n1,a,"b",-5')));
      assert.equal(one, '{"b":{"rows":1,"amount":-5,"longest_name":1}}');
    });

    it('a row that is too long', async () => {
      assert.equal((await run('csv', Buffer.from('a,b,c,d,e\n'))).error?.label, 'too_many_fields');
    });
  });

  describe('Markdown to HTML', () => {
    const source = stripTypeScriptTypes(readFileSync(join(FOLDER, 'markdown', 'tasklets', 'markdown.ts'), 'utf8'));
    const inJavaScript = new Function('input', `${source.replace('export ', '')}; return compute(input);`) as (
      input: string,
    ) => string;

    it('1 MB', async () => {
      const text = repeated(
        1_000_000,
        (index) =>
          `${'#'.repeat((index % 6) + 1)} Head **${index}** — größer 😀\n\nA paragraph with \`code <${index}>\`, **bold & more**\nand [a link](https://example.com/?a=${index}&b).\n\n- item ${index}\n- *second* item\n\n\`\`\`\nlet x = a < b && c > d;\n\`\`\`\n\n`,
      );
      const html = textOf(await run('markdown', Buffer.from(text)));
      assert.equal(html, inJavaScript(text));
      assert.ok(html.includes('<h2>Head <strong>1</strong> — größer 😀</h2>') && html.length > 1_200_000);
    });

    for (const text of ['', '\n', 'plain', '**open', '`open', '[open](', '- a\n- b', '```\nopen', '####### seven']) {
      it(JSON.stringify(text), async () => {
        assert.equal(textOf(await run('markdown', Buffer.from(text))), inJavaScript(text));
      });
    }
  });

  describe('a thumbnail by SIMD', () => {
    const picture = (width: number, height: number): Buffer => {
      const bytes = Buffer.alloc(8 + width * height * 4, 0);
      bytes.writeUInt32LE(width, 0);
      bytes.writeUInt32LE(height, 4);
      for (let at = 8; at < bytes.length; at++) bytes[at] = (at * at * 31 + (at >> 7) * 17) & 0xff;
      return bytes;
    };
    const halved = (input: Buffer): Buffer => {
      const [width, height] = [input.readUInt32LE(0), input.readUInt32LE(4)];
      const [halfWidth, halfHeight] = [width >> 1, height >> 1];
      const output = Buffer.alloc(8 + halfWidth * halfHeight * 4);
      output.writeUInt32LE(halfWidth, 0);
      output.writeUInt32LE(halfHeight, 4);
      const byte = (x: number, y: number, channel: number) => input[8 + (y * width + x) * 4 + channel] ?? 0;
      for (let at = 0; at < halfWidth * halfHeight * 4; at++) {
        const [x, y] = [((at >> 2) % halfWidth) * 2, Math.floor((at >> 2) / halfWidth) * 2];
        const channel = at & 3;
        const upper = byte(x, y, channel) + byte(x + 1, y, channel);
        const sum = upper + byte(x, y + 1, channel) + byte(x + 1, y + 1, channel);
        output[8 + at] = (sum + 2) >> 2;
      }
      return output;
    };
    for (const [width, height] of [
      [1024, 768],
      [2, 2],
      [3, 5],
      [7, 4],
      [101, 33],
    ] as const) {
      it(`${width} by ${height}`, async () => {
        const input = picture(width, height);
        const outcome = await run('thumbnail', input);
        assert.equal(outcome.error, null, outcome.error?.message);
        assert.ok(halved(input).equals(Buffer.from(outcome.output)));
      });
    }

    it('a picture that is cut off', async () => {
      const outcome = await run('thumbnail', picture(16, 16).subarray(0, -1));
      assert.equal(outcome.error?.label, 'no_picture');
    });
  });
});
