import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import type { FixtureResult } from '../../toolchain/cases/runFixtures.ts';
import type { ShownResponse } from '../../toolchain/output/shownOutput.ts';
import { grafos, grafosJson, startGrafos } from '../helpers/grafosCommand.ts';
import { grafosTerminal, terminalMissing } from '../helpers/grafosTerminal.ts';
import { type ProgramCopy, programOf } from '../helpers/programCopy.ts';

const FOLDER = join(packageRoot, 'test', 'programs', 'six');
const DEADLINE_MS = 30_000;

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

function picture(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(8 + width * height * 4, 0);
  bytes.writeUInt32LE(width, 0);
  bytes.writeUInt32LE(height, 4);
  for (let at = 8; at < bytes.length; at++) bytes[at] = (at * at * 31 + (at >> 7) * 17) & 0xff;
  return bytes;
}

function halved(input: Buffer): Buffer {
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
}

/**
 * The fabric memory of the tasklet `primes`, from its start on: how far it came, and the
 * primes below.
 */
function statesOfPrimes(limit: number, step: number): Buffer[] {
  const isComposite = new Uint8Array(limit);
  const states = [Buffer.alloc(8)];
  let primes = 0;
  for (let n = 0; n < limit; n++) {
    if (n > 1 && isComposite[n] === 0) {
      primes++;
      for (let multiple = n * n; multiple < limit; multiple += n) isComposite[multiple] = 1;
    }
    if ((n + 1) % step === 0) states.push(Buffer.from(Uint32Array.of(n + 1, primes).buffer));
  }
  return states;
}

/** The log of the tasklet `steps` after each round. */
function roundsOf(rounds: number, of: number): string[] {
  let state = 2463534242;
  return Array.from({ length: rounds }, (_, index) => {
    for (let step = 0; step < 10_000_000; step++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
    }
    return `round ${index + 1} of ${of}: ${state >>> 0}`;
  });
}

const text = (value: string) => ({ $text: value });
const fails = (label: string) => ({ $error: label });
const HEAD = 'id,name,city,amount\n';
const CITIES: Array<[name: string, input: string, expected: unknown]> = [
  ['nothing', '', {}],
  ['a header alone', HEAD, {}],
  ['a last line without an end', `${HEAD}1,a,"b",-5`, { b: { rows: 1, amount: -5, longest_name: 1 } }],
  [
    'quotes in a city',
    `${HEAD}1,"a,""b""","""c"",\nd",1\n2,"","""c"",\nd",2`,
    { '"c",\nd': { rows: 2, amount: 3, longest_name: 5 } },
  ],
  ['a quote that stays open', `${HEAD}1,a,"b,3`, fails('invalid_amount')],
  ['an amount that is no number', `${HEAD}1,a,b,3x`, fails('invalid_amount')],
  ['a row that is too long', 'a,b,c,d,e\n', fails('too_many_fields')],
];
const MARKDOWN = ['', '\n', 'plain', '**open', '`open', '[open](', '- a\n- b', '```\nopen', '####### seven'];
const SIZES = [
  [2, 2],
  [3, 5],
  [7, 4],
  [8, 2],
  [101, 33],
] as const;

interface Case {
  tasklet: string;
  name: string;
  input: string | Buffer;
  expected: unknown;
}

describe('programs as users write them, by the command on a real stack', () => {
  let program: ProgramCopy;
  let cwd: string;
  const inJavaScript = async (): Promise<(input: string) => string> => {
    const source = stripTypeScriptTypes(await readFile(join(FOLDER, 'tasklets', 'markdown.ts'), 'utf8'));
    return new Function('input', `${source.replace('export ', '')}; return compute(input);`) as (
      input: string,
    ) => string;
  };

  before(async () => {
    program = await programOf({});
    cwd = program.path;
    await cp(FOLDER, cwd, { recursive: true, filter: (from) => !/[/\\](build|target|\.grafos)$/.test(from) });
    await cp(join(packageRoot, 'sdk', 'rust'), join(cwd, 'vendor', 'grafos'), {
      recursive: true,
      filter: (from) => !/[/\\](target|tests)$/.test(from),
    });
    await grafosJson(['dev', 'up'], { cwd });
    await grafosJson(['tasklet', 'build'], { cwd });
  });
  after(() => program[Symbol.asyncDispose]());

  /**
   * Runs a tasklet on an input.
   *
   * @returns its response, and its output as it was saved
   */
  async function run(tasklet: string, input: string | Buffer): Promise<{ response: ShownResponse; output: Buffer }> {
    await writeFile(join(cwd, 'input'), input);
    const args = ['deploy', 'run', '--tasklet', tasklet, '--input', 'input', '--output', 'output'];
    const response = await grafosJson<ShownResponse>(args, { cwd });
    return { response, output: await readFile(join(cwd, 'output')) };
  }

  describe('CSV to JSON, 5 MB with quotes, line ends in fields and letters beyond ASCII', () => {
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
    for (const [tasklet, language] of [
      ['csv', 'AssemblyScript'],
      ['csv-rust', 'Rust'],
    ] as const) {
      it(language, async () => {
        assert.ok(Object.keys(expected).length > 90);
        const { output } = await run(tasklet, rows);
        assert.equal(output.toString('utf8'), JSON.stringify(expected));
      });
    }
  });

  it('Markdown to HTML, 1 MB', async () => {
    const document = repeated(
      1_000_000,
      (index) =>
        `${'#'.repeat((index % 6) + 1)} Head **${index}** — größer 😀\n\nA paragraph with \`code <${index}>\`, **bold & more**\nand [a link](https://example.com/?a=${index}&b).\n\n- item ${index}\n- *second* item\n\n\`\`\`\nlet x = a < b && c > d;\n\`\`\`\n\n`,
    );
    const html = (await run('markdown', document)).output.toString('utf8');
    assert.equal(html, (await inJavaScript())(document));
    assert.ok(html.includes('<h2>Head <strong>1</strong> — größer 😀</h2>') && html.length > 1_200_000);
  });

  it('a thumbnail, by SIMD in both languages', async () => {
    const input = picture(1024, 768);
    const fuel: Record<string, number> = {};
    for (const tasklet of ['thumbnail', 'thumbnail-rust', 'thumbnail-plain']) {
      const { output, response } = await run(tasklet, input);
      assert.ok(halved(input).equals(output), tasklet);
      fuel[tasklet] = response.fuel_used;
    }
    const { 'thumbnail-rust': simd = 0, 'thumbnail-plain': plain = 0 } = fuel;
    assert.ok(simd * 2 < plain, `${simd} with SIMD, ${plain} without`);
  });

  describe('odd inputs', () => {
    const cases: Case[] = ['csv', 'csv-rust'].flatMap((tasklet) =>
      CITIES.map(([name, input, expected]) => ({ tasklet, name, input, expected })),
    );
    for (const tasklet of ['thumbnail', 'thumbnail-rust', 'thumbnail-plain']) {
      for (const [width, height] of SIZES) {
        const input = picture(width, height);
        const expected = { $base64: halved(input).toString('base64') };
        cases.push({ tasklet, name: `${width} by ${height}`, input, expected });
      }
      const cut = picture(16, 16).subarray(0, -1);
      cases.push({ tasklet, name: 'cut off', input: cut, expected: fails('no_picture') });
      const huge = Buffer.from('ffffffffffffffff', 'hex');
      cases.push({ tasklet, name: 'a size that overflows', input: huge, expected: fails('no_picture') });
    }
    for (const input of MARKDOWN)
      cases.push({ tasklet: 'markdown', name: JSON.stringify(input), input, expected: null });

    let results: FixtureResult[];
    before(async () => {
      const html = await inJavaScript();
      for (const [index, { tasklet, input, expected }] of cases.entries()) {
        const base = join(cwd, 'fixtures', tasklet, `case-${index}`);
        await mkdir(join(base, '..'), { recursive: true });
        await writeFile(`${base}.input.bin`, input);
        await writeFile(`${base}.expected.json`, JSON.stringify(expected ?? text(html(input.toString()))));
      }
      const { stdout } = await grafos(['test', '--no-build', '--json'], { cwd });
      results = (JSON.parse(stdout) as { cases: FixtureResult[] }).cases;
    });

    for (const [index, { tasklet, name }] of cases.entries()) {
      it(`${tasklet}: ${name}`, () => {
        const result = results.find((one) => one.case === `case-${index}`);
        assert.equal(result?.tasklet, tasklet);
        assert.equal(result.mismatch?.what, undefined);
      });
    }
  });

  it('a run that writes fabric memory is watched meanwhile, and read after its end', async () => {
    await writeFile(join(cwd, 'input'), JSON.stringify({ limit: 4_000_000_000 }));
    const args = ['deploy', 'run', '--tasklet', 'primes', '--input', 'input', '--hold', '60s', '--detach'];
    const { run_id } = await grafosJson<Run>(args, { cwd });
    const watch = startGrafos(['mem', 'watch', run_id, '--json'], { cwd });
    const { stdout } = watch.child;
    assert.ok(stdout !== null);
    let seen = '';
    stdout.on('data', (chunk: string) => {
      seen += chunk;
    });
    while (seen.split('\n').length < 6) await once(stdout, 'data', { signal: AbortSignal.timeout(DEADLINE_MS) });
    assert.equal((await grafosJson<Run>(['runs', 'show', run_id], { cwd })).state, 'running');
    await grafosJson(['runs', 'cancel', run_id], { cwd });
    assert.equal((await grafos(['runs', 'wait', run_id], { cwd })).code, 1);
    const left = await grafosJson(['mem', 'read', run_id, '--length', '8'], { cwd });
    watch.child.kill('SIGINT');
    assert.equal((await watch.ended).code, 130);

    // A watch tells the bytes that changed. Each part must be of a state, none earlier than the one
    // before.
    const states = statesOfPrimes(20_000_000, 20_000);
    let at = 0;
    for (const line of [...seen.trim().split('\n'), JSON.stringify(left)]) {
      const { offset, bytes_b64 } = JSON.parse(line) as { offset: number; bytes_b64: string };
      const bytes = Buffer.from(bytes_b64, 'base64');
      const found = states.findIndex(
        (state, index) => index >= at && state.subarray(offset, offset + bytes.length).equals(bytes),
      );
      assert.ok(found >= at, `${line} is no state after ${at} steps`);
      at = found;
    }
    assert.ok(at >= 5);
  });

  it('a long run tells its log live on a terminal, and Ctrl-C there cancels it', async function () {
    const missing = terminalMissing();
    if (missing !== undefined) this.skip();
    const [first = '', second = '', third = ''] = roundsOf(3, 1000);
    await writeFile(join(cwd, 'input'), JSON.stringify({ rounds: 1000 }));
    const { code, screen } = await grafosTerminal(['deploy', 'run', '--tasklet', 'steps', '--input', 'input'], {
      cwd,
      answers: [[new RegExp(third), '\x03']],
    });
    assert.equal(code, 130, screen);
    assert.ok(screen.indexOf(first) < screen.indexOf(second) && screen.indexOf(second) < screen.indexOf(third));
    const [run] = await grafosJson<Run[]>(['runs', 'list', '--limit', '1'], { cwd });
    assert.deepEqual([run?.tasklet, run?.state], ['steps', 'cancelled']);
    const { lines } = await grafosJson<{ lines: string[] }>(['runs', 'logs', run?.run_id ?? ''], { cwd });
    assert.deepEqual(
      lines.slice(0, 3),
      [first, second, third].map((line) => `info  ${line}`),
    );
    assert.ok(lines.length < 1000);
  });
});
