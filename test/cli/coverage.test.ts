import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { cookbookCopy } from '../helpers/programCopy.ts';

const SOURCE = `export function compute(input: string): string {
  let sum = 0;
  for (let i = 0; i < 5; i++) {
    sum += input.length * i;
  }
  if (input == "never") {
    throw new Error("never " + input);
  }
  return sum.toString();
}
`;

interface Tested {
  passed: number;
  coverage: { file: string; lines: number; executed: number } | null;
}

describe('grafos test --coverage', () => {
  let program: Awaited<ReturnType<typeof cookbookCopy>>;
  before(async () => {
    program = await cookbookCopy('local-dev');
    await writeFile(join(program.path, 'tasklets/local-dev.ts'), SOURCE);
    const fixtures = join(program.path, 'fixtures/local-dev');
    await rm(fixtures, { recursive: true });
    await mkdir(fixtures);
    for (const [name, input, output] of [
      ['one', 'a', '"10"'],
      ['two', 'ab', '"20"'],
    ] as const) {
      await writeFile(join(fixtures, `${name}.input.bin`), input);
      await writeFile(join(fixtures, `${name}.expected.json`), JSON.stringify({ text: JSON.parse(output) }));
    }
  });
  after(async () => {
    await program[Symbol.asyncDispose]();
  });

  it('writes how often each line was executed, by all cases together', async () => {
    const cwd = program.path;
    await grafos(['test', '--update'], { cwd });
    const { coverage, passed } = await grafosJson<Tested>(['test', '--coverage', 'lcov.info'], { cwd });
    assert.equal(passed, 2);
    const text = await readFile(join(cwd, 'lcov.info'), 'utf8');
    const counts = new Map(
      [...text.matchAll(/^DA:(\d+),(\d+)$/gm)].map(([, line, count]) => [Number(line), Number(count)]),
    );
    assert.match(text, /^TN:\nSF:tasklets\/local-dev\.ts\n/);
    assert.equal(counts.get(4), 10, text);
    assert.equal(counts.get(7), 0, text);
    assert.deepEqual(coverage, {
      file: join(cwd, 'lcov.info'),
      lines: counts.size,
      executed: [...counts.values()].filter((count) => count > 0).length,
    });
    const { stdout } = await grafos(['test', '--coverage', 'lcov.info'], { cwd });
    assert.match(stdout, /\d % of \d+ lines executed +lcov\.info/);
  });

  it('is null where it was not asked for', async () => {
    assert.equal((await grafosJson<Tested>(['test'], { cwd: program.path })).coverage, null);
  });
});
