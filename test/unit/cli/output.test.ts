import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseExactJson } from '../../../base/json/parseExactJson.ts';
import { packageRoot } from '../../../base/packageRoot.ts';
import { COMMANDS } from '../../../cli/commandTable.ts';
import { completionScript, SHELLS } from '../../../cli/completionScript.ts';
import { createCommandTree, helpCommand } from '../../../cli/createCommandTree.ts';
import { hexDump } from '../../../cli/hexDump.ts';
import { layOutJson } from '../../../cli/layOutJson.ts';
import { Output } from '../../../cli/output.ts';
import { paintMarked, printedLine, safeJson } from '../../../cli/printedLine.ts';
import { responseLines } from '../../../cli/runLines.ts';
import { table } from '../../../cli/table.ts';
import { pathText, timeText } from '../../../cli/text.ts';
import { manPage } from '../../../scripts/manPage.ts';
import type { ShownOutput, ShownResponse } from '../../../toolchain/output/shownOutput.ts';

const RESPONSE = {
  run_id: 'r',
  state: 'succeeded',
  error: null,
  output_bytes: 1,
  fuel_used: 1,
  linear_memory_peak: 1,
  duration_us: 1,
  cell_id: 'c',
  provider: 'local',
};

describe('output of the command', () => {
  it('aligns columns, colours and wide letters included', () => {
    assert.deepEqual(
      table([
        ['A', 'LONG'],
        [paintMarked('green', 'longer'), 'x'],
        ['é', ''],
        ['a\n', 'y'],
      ])
        .map(printedLine)
        .join('\n'),
      'A       LONG\n\x1b[32mlonger\x1b[39m  x\né\na\\n     y',
    );
  });

  it('ends numbers at one edge', () => {
    assert.deepEqual(
      table(
        [
          ['A', 'N', 'B'],
          ['x', '1', 'y'],
          ['x', '100', 'y'],
        ],
        [1],
      ),
      ['A    N  B', 'x    1  y', 'x  100  y'],
    );
  });

  it('tells a moment in the zone of who reads it, and a path from where they are', () => {
    const moment = new Date(2026, 10, 3, 4, 5, 6);
    assert.equal(timeText(moment.toISOString()), '2026-11-03 04:05:06');
    assert.equal(pathText(join('/a', 'b', 'c'), '/a'), join('b', 'c'));
    assert.equal(pathText(join('/a', 'b'), join('/a', 'c')), join('/a', 'b'));
    assert.equal(pathText('/a', '/a'), '/a');
  });

  it('shows no more of an output than fits a terminal, and nothing that commands it', () => {
    const shown = (output: unknown): ShownOutput => ({
      response: { ...RESPONSE, output, output_text: null } as ShownResponse,
      bytes: null,
    });
    const plain = (_style: unknown, text: string) => text;
    const steering = [...responseLines(shown('\x9b31m\x1b[0m'), true, plain)].map(printedLine);
    assert.ok(steering.includes(String.raw`  output    "\u009b31m\u001b[0m"`), steering.join('\n'));
    const long = [...responseLines(shown('x'.repeat(100_000)), true, plain)].join('\n');
    assert.ok(long.length < 20_000);
    assert.match(long, /… \(cut; a pipe or --output FILE gets all of it\)/);
    const piped = [...responseLines(shown('x'.repeat(100_000)), false, plain)].join('\n');
    assert.ok(piped.includes('x'.repeat(100_000)));
  });

  const values: unknown[] = [
    null,
    'a',
    1.5,
    [],
    {},
    { a: undefined },
    [undefined, 1, [], {}, [[2], { b: 'c' }]],
    { 'ä\n"': ['\u2028##[x]', '\ud83d\ude00'.repeat(50_000), '\ud800'], at: new Date(0) },
    parseExactJson('{"a": 12345678901234567890, "b": [1.10, -0]}'),
    Array.from({ length: 30_000 }, (_, at) => ({ at })),
    `##${'x'.repeat(200_000)}[error]`,
  ];
  for (const value of values) {
    it(`lays JSON out as others do: ${JSON.stringify(value).slice(0, 40)}`, () => {
      const pieces: string[] = [];
      layOutJson(value, (piece) => pieces.push(piece) > 0);
      assert.equal(pieces.join(''), JSON.stringify(value, null, 2));
      // What is made harmless piece by piece is harmless as a whole.
      assert.equal(pieces.map(safeJson).join(''), safeJson(JSON.stringify(value, null, 2)));
    });
  }

  const MIB = 1024 ** 2;
  const lists = () => Array.from({ length: 4 * MIB }, () => []);
  // Functions, so that each value is there for its own test only.
  const large: Array<[what: string, output: () => unknown]> = [
    ['a list of numbers', () => Array.from({ length: 8 * MIB }, () => 1)],
    ['lists in lists down to the last level', () => nested(500, lists())],
    ['lists beside each other, each of many levels', () => Array.from({ length: 16 * 1024 }, () => nested(500, 1))],
    ['a text of controls', () => '\0'.repeat(8 * MIB)],
  ];
  for (const [what, made] of large) {
    it(`lays out no more of ${what} than is wanted, and all of it in bounds`, () => {
      const output = made();
      let [taken, longest] = [0, 0];
      const take = (piece: string) => {
        taken += piece.length;
        longest = Math.max(longest, piece.length);
        return taken < MIB;
      };
      layOutJson({ output }, take);
      assert.ok(taken >= MIB && taken < 17 * MIB, `${taken}`);
      layOutJson({ output }, (piece) => take(piece) || true);
      // A line has 32 blanks and a comma more than its value.
      assert.ok(taken < 17 * MIB + 40 * 8 * MIB, `${taken}`);
      assert.ok(longest <= 17 * MIB, `${longest}`);
    });
  }

  const plain = (_style: unknown, text: string) => text;
  const ended = (more: Partial<ShownResponse>): ShownOutput => ({
    response: { ...RESPONSE, output: null, output_text: null, ...more } as ShownResponse,
    bytes: null,
  });
  const outputs: Array<[what: string, more: () => Partial<ShownResponse>]> = [
    ['text of empty lines', () => ({ output_text: '\n'.repeat(16 * MIB) })],
    ['text on one line', () => ({ output_text: 'x'.repeat(16 * MIB) })],
    ['JSON that is deep everywhere', () => ({ output: Array.from({ length: 16 * 1024 }, () => nested(500, 1)) })],
    ['JSON that is deep at the end', () => ({ output: nested(500, lists()) })],
  ];
  for (const [what, more] of outputs) {
    it(`shows the beginning of 16 MiB of ${what} on a terminal`, () => {
      const lines = [...responseLines(ended(more()), true, plain)];
      assert.ok(lines.length < 120);
      assert.ok(lines.join('\n').length < 20_000);
      assert.ok(lines.includes('    … (cut; a pipe or --output FILE gets all of it)'));
    });
  }

  it('gives a pipe every line of a text', () => {
    const text = 'a\r\n\nb\n\n c ';
    const lines = [...responseLines(ended({ output_text: text, output_bytes: 10 }), false, plain)];
    assert.deepEqual(lines.slice(1, 7), ['  output    10 bytes of text', '    a', '    ', '    b', '    ', '     c ']);
    let count = 0;
    for (const _line of responseLines(ended({ output_text: '\n'.repeat(4 * MIB) }), false, plain)) count += 1;
    assert.ok(count > 4 * MIB);
  });

  it('prints the completion of every shell as it is', () => {
    for (const shell of SHELLS) {
      const script = completionScript(shell);
      assert.equal(script.split('\n').map(printedLine).join('\n'), script, shell);
    }
  });

  it('helps with every command in 80 columns', () => {
    const tree = createCommandTree(
      new Output({ json: false, color: 'never' }),
      ['help', ...COMMANDS.flatMap(({ name }) => name.split(' '))],
      async () => {},
    );
    const all = [tree, ...tree.commands, ...tree.commands.flatMap(({ commands }) => commands)];
    assert.ok(all.length > COMMANDS.length);
    for (const { name, examples = [] } of COMMANDS)
      for (const line of examples) assert.ok(line.length <= 76, `${name}: ${line}`);
    for (const command of all) {
      const help = command.helpInformation();
      assert.doesNotMatch(help, /undefined|outputHelp/);
      for (const line of help.split('\n')) assert.ok(line.length <= 80, line);
      for (const { description } of [...command.options, ...command.registeredArguments])
        assert.notEqual(description, '');
    }
  });

  for (const [argv, expected] of [
    [[], 'grafos --help'],
    [['frobnicate'], 'grafos --help'],
    [['dev', 'upp'], 'grafos dev --help'],
    [['--json', 'deploy', 'run', '--memm', '1'], 'grafos deploy run --help'],
    [['validate', 'x'], 'grafos validate --help'],
  ] as const) {
    it(`knows the help of "${argv.join(' ')}"`, () => {
      assert.equal(helpCommand([...argv]), expected);
    });
  }

  it('dumps bytes and folds equal lines, but always shows the last', () => {
    const bytes = new Uint8Array(64);
    bytes.set(Buffer.from('grafOS'), 0);
    assert.deepEqual(
      hexDump(bytes, 4096, (text) => text),
      [
        `00001000  67 72 61 66 4f 53 00 00 00 00 00 00 00 00 00 00  grafOS..........`,
        `00001010  ${Array(16).fill('00').join(' ')}  ................`,
        '*',
        `00001030  ${Array(16).fill('00').join(' ')}  ................`,
      ],
    );
  });

  for (const [words, expected] of [
    [
      ['grafos', ''],
      ['deploy', 'dev', 'validate'],
    ],
    [
      ['grafos', 'dev', ''],
      ['up', 'down', 'doctor'],
    ],
    [
      ['grafos', 'dev', 'up', '--'],
      ['--mem-capacity', '--json'],
    ],
    [['grafos', 'validate', '--'], ['--sarif']],
    [
      ['grafos', 'dev', 'up', '--transport', ''],
      ['quic', 'tcp'],
    ],
    [['grafos', 'runs', 'list', '--provider', 'a'], ['aws']],
    [['grafos', 'new', 'x', '--template', 'r'], ['rust']],
    [['grafos', 'dev', 'logs', 's'], ['scheduler']],
    [
      ['grafos', 'completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['grafos', 'deploy', 'run', '--input', 'packagi'], ['packaging']],
    [['grafos', 'deploy', 'run', '--tasklet', ''], ['asked:tasklets']],
    [['grafos', 'runs', 'show', ''], ['asked:runs']],
  ] as const) {
    it(`completes "${words.join(' ')}" in bash`, () => {
      const script = `grafos() { echo "asked:$3"; }
${completionScript('bash')}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _grafos; printf '%s\\n' "\${COMPREPLY[@]}"`;
      // A locale that this machine does not have would be a warning of bash.
      const options = { cwd: packageRoot, env: { ...process.env, LC_ALL: 'C' }, encoding: 'utf8' } as const;
      const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], options);
      assert.equal(stderr, '');
      for (const word of expected) assert.ok(stdout.split('\n').includes(word), `${word} in ${stdout}`);
    });
  }

  it('says all of it in the man page', async () => {
    const page = manPage();
    assert.equal(page, await readFile(join(packageRoot, 'man/grafos.1'), 'utf8'));
    for (const { name } of COMMANDS) assert.ok(page.includes(`.SS\ngrafos ${name.replaceAll('-', '\\-')}`), name);
    // All that a line can begin with a dot for.
    for (const line of page.split('\n'))
      assert.match(line, /^(?:[^.']|$|\.(?:\\"|TH|SH|SS|TP|PP|B|I|nf|fi)(?: |$))/, line);
  });

  it('knows every command once', () => {
    const names = COMMANDS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });
});

/** A value inside that number of lists. */
function nested(levels: number, value: unknown): unknown {
  let outer = value;
  for (let level = 0; level < levels; level += 1) outer = [outer];
  return outer;
}
