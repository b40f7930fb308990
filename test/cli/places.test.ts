import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROGRAM_LIMITS } from '../../program/programLimits.ts';
import type { PlacedResponse } from '../../toolchain/places/responseWithPlaces.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { noProcessNames } from '../helpers/processesNaming.ts';
import { cookbookCopy, programOf } from '../helpers/programCopy.ts';

const SOURCE = `import { fail } from "grafos-std";

function pick(items: i32[], index: i32): i32 {
  return items[index];
}

function deep(n: i32): i32 {
  if (n == 0) unreachable();
  return deep(n - 1) + 1;
}

function spin(n: i32): i32 {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    sum += i * sum;
  }
  return sum;
}

export function compute(input: string): string {
  const items = [1, 2, 3];
  if (input == "index") return pick(items, 7).toString();
  if (input == "divide") return (1 / (items[0] - 1)).toString();
  if (input == "deep") return deep(100).toString();
  if (input == "spin") return spin(i32.MAX_VALUE).toString();
  if (input == "fail") {
    return fail<string>("missing_name");
  }
  if (input == "throw") throw new Error("no good");
  return "ok";
}
`;

const ROWS: Array<[input: string, code: string, line: number, name: string]> = [
  ['index', 'trap_unreachable', 4, 'pick'],
  ['divide', 'trap_integer_divide_by_zero', 23, 'compute'],
  ['deep', 'trap_unreachable', 8, 'deep'],
  ['spin', 'fuel_exhausted', 14, 'spin'],
  ['fail', 'tasklet_failed', 27, 'compute'],
  ['throw', 'trap_unreachable', 29, 'compute'],
];

/** Lines of a `compute` that has every loop in itself, by the input that begins it. */
const LOOPS = `export function compute(input: string): string {
  const length = input.length;
  let x: u64 = 3;
  let text = "";
  if (input == "first") text = input.toUpperCase() + input;
  if (input == "while") while (true) {}
  if (input == "for") {
    for (;;) {
      text += "abc";
    }
  }
  if (input == "nested") {
    for (let i = 0; i < 100_000; i++) {
      x += i;
      for (let j = 0; j < 100_000; j++) {
        x = x * 33 + j;
      }
    }
  }
  if (input == "apart") x = apart(x);
  while (x != 0) {
    x = x * 6364136223846793005 + 1;
  }
  return length.toString() + x.toString() + text;
}

// @ts-ignore: decorator
@inline
function apart(x: u64): u64 {
  while (x != 0) x = x * 31 + 1;
  return x;
}
`;

const LOOP_ROWS: Array<[input: string, lines: number[], name: string]> = [
  ['while', [6], 'compute'],
  ['for', [8, 9], 'compute'],
  ['nested', [15, 16], 'compute'],
  ['apart', [30], 'apart'],
  ['', [21, 22], 'compute'],
  ['first', [21, 22], 'compute'],
];

describe('the place of a failure', () => {
  let program: Awaited<ReturnType<typeof cookbookCopy>>;
  let cwd = '';
  const source = () => join(cwd, 'tasklets/local-dev.ts');
  const run = async (input: string) => {
    await writeFile(join(cwd, 'input'), input);
    return JSON.parse(
      (await grafos(['deploy', 'run', '--input', 'input', '--json'], { cwd })).stdout,
    ) as PlacedResponse;
  };

  before(async () => {
    program = await cookbookCopy('local-dev');
    cwd = program.path;
    await writeFile(source(), SOURCE);
    await grafosJson(['tasklet', 'build'], { cwd });
    await grafosJson(['dev', 'up'], { cwd });
  });

  after(async () => {
    await program[Symbol.asyncDispose]();
    await noProcessNames(cwd);
  });

  it('is said to be unknown where the source map is too large to be read', async () => {
    const file = join(cwd, 'build/local-dev.wasm.map');
    const before = await readFile(file, 'utf8');
    const map = JSON.parse(before) as { mappings: string };
    try {
      const mappings = map.mappings.padEnd(PROGRAM_LIMITS.mappings + 1, ';');
      await writeFile(file, JSON.stringify({ ...map, mappings }));
      const places = (await run('deep')).error?.places ?? [];
      assert.equal(places.at(-1)?.left_out?.code, 'source_map_too_large');
      assert.ok(places.every((place) => place.line === null));
      const { stdout } = await grafos(['deploy', 'run', '--input', 'input'], { cwd });
      assert.match(stdout, /^ +(?:at +)?The source map has \d+ .*, so no lines are known\. \[source_map_too_large\]$/m);
    } finally {
      await writeFile(file, before);
    }
    assert.ok((await run('deep')).error?.places?.every((place) => place.left_out === undefined));
  });

  for (const [input, code, line, name] of ROWS) {
    it(`${input}: ${code} at line ${line} in ${name}`, async () => {
      const { error } = await run(input);
      const [first, ...others] = error?.places ?? [];
      assert.equal(error?.code, code);
      assert.deepEqual([first?.file, first?.line, first?.function], ['tasklets/local-dev.ts', line, name]);
      assert.equal(first?.excerpt, SOURCE.split('\n')[line - 1]?.trim());
      // Own lines come first.
      const own = [first, ...others].map((one) => one?.own === true);
      assert.deepEqual(
        own,
        [...own].sort((left, right) => Number(right) - Number(left)),
      );
    });
  }

  it('is printed with its line by `deploy run`, `runs show` and `replay`, and never as a number of a function', async () => {
    const { run_id } = await run('index');
    for (const args of [
      ['deploy', 'run', '--input', 'input'],
      ['runs', 'show', run_id],
      ['replay', run_id],
    ]) {
      const { stdout } = await grafos(args, { cwd });
      assert.match(stdout, /at +tasklets\/local-dev\.ts:4:\d+ in pick\n +return items\[index\];/, args.join(' '));
      assert.doesNotMatch(stdout, /function \d|byte \d/);
    }
  });

  it('is in the report of `grafos test`', async () => {
    await writeFile(join(cwd, 'fixtures/local-dev/index.input.bin'), 'index');
    await writeFile(join(cwd, 'fixtures/local-dev/index.expected.json'), '{ "output": 1 }');
    const { stdout } = await grafos(['test'], { cwd });
    assert.match(stdout, /at +tasklets\/local-dev\.ts:4:\d+ in pick/);
  });

  it('is left out once another module was built', async () => {
    const { run_id, error } = await run('index');
    assert.ok(error?.places !== undefined);
    await writeFile(source(), SOURCE.replace('"ok"', '"fine"'));
    await grafosJson(['tasklet', 'build'], { cwd });
    const shown = JSON.parse((await grafos(['runs', 'show', run_id, '--json'], { cwd })).stdout);
    assert.equal(shown.response.error.places, undefined);
    assert.ok(shown.response.error.frames.length > 0);
  });

  it('survives a map that was damaged', async () => {
    const map = join(cwd, 'build/local-dev.wasm.map');
    await writeFile(map, (await readFile(map, 'utf8')).slice(0, 200));
    const { error } = await run('index');
    assert.equal(error?.code, 'trap_unreachable');
  });

  it('of exhausted fuel is the loop that took it, of all in a function', async () => {
    await writeFile(source(), LOOPS);
    await grafosJson(['tasklet', 'build'], { cwd });
    for (const [input, lines, name] of LOOP_ROWS) {
      const { error } = await run(input);
      assert.equal(error?.code, 'fuel_exhausted', input);
      const [first] = error?.places ?? [];
      assert.ok(lines.includes(first?.line ?? 0), `"${input}": line ${first?.line}`);
      assert.equal(first?.function, name, input);
      assert.equal(first?.begins, undefined);
    }
  });

  it('of very much fuel is the function, which does not pass for a line', async () => {
    await writeFile(join(cwd, 'input'), 'while');
    const args = ['deploy', 'run', '--input', 'input', '--fuel', '200_000_001'];
    const { error } = JSON.parse((await grafos([...args, '--json'], { cwd })).stdout) as PlacedResponse;
    const [first] = error?.places ?? [];
    assert.deepEqual([first?.function, first?.line, first?.begins], ['compute', 1, true]);
    const { stdout } = await grafos(args, { cwd });
    assert.match(stdout, /^ {2}at {8}in compute, which begins at tasklets\/local-dev\.ts:1:1$/m);
  });
});

const WAT = `(module
  (import "grafos_tasklet_v0" "blob_read" (func $blob_read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_grafos_tasklet_init") (param i32 i32))
  (func $spin (param $n i32)
    (loop $on
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br $on)))
  (func (export "_grafos_tasklet_run") (param $input i32) (param $length i32) (result i32)
    (if (i32.eq (local.get $length) (i32.const 1)) (then
      unreachable))
    (if (i32.eq (local.get $length) (i32.const 2)) (then
      (drop
        (i32.div_s (i32.const 1) (i32.const 0)))))
    (if (i32.eq (local.get $length) (i32.const 3)) (then
      (call $spin (i32.const 0))))
    (drop (call $blob_read
      (local.get $input) (i32.const 0) (i32.const 65536) (i32.const 8)))
    (i32.const 0))
  (func (export "_grafos_tasklet_finalize")))
`;

describe('the place of a failure in WebAssembly text', () => {
  const rows: Array<[input: string, code: string, lines: number[]]> = [
    ['1', 'trap_unreachable', [11]],
    ['12', 'trap_integer_divide_by_zero', [14]],
    ['123', 'fuel_exhausted', [6, 16]],
    ['1234', 'trap_memory_out_of_bounds', [17]],
  ];
  it('is the line of the instruction', async () => {
    const manifest = '[program]\nname = "text"\nversion = "0.1.0"\n\n[[tasklet]]\nname = "text"\nsource = "text.wat"\n';
    await using program = await programOf({ 'grafos.toml': manifest, 'text.wat': WAT });
    const cwd = program.path;
    await grafosJson(['tasklet', 'build'], { cwd });
    await grafosJson(['dev', 'up'], { cwd });
    for (const [input, code, lines] of rows) {
      await writeFile(join(cwd, 'input'), input);
      const { stdout } = await grafos(['deploy', 'run', '--input', 'input', '--json'], { cwd });
      const { error } = JSON.parse(stdout) as PlacedResponse;
      assert.equal(error?.code, code);
      assert.deepEqual(
        error?.places?.map(({ line }) => line),
        lines,
      );
      assert.ok(error?.places?.every(({ begins }) => begins === undefined));
    }
  });
});
