import assert from 'node:assert/strict';
import { GrafosError } from '../../../../base/grafosError.ts';
import { countsEachThread, startBoundedThread } from '../../../../toolchain/bounded/boundedThread.ts';
import { boundedWork } from '../../../../toolchain/bounded/boundedWork.ts';
import { validateBounded } from '../../../../toolchain/bounded/validateBounded.ts';
import { buildTasklet } from '../../../../toolchain/compile/buildTasklet.ts';
import { CHECK_LIMITS } from '../../../../toolchain/validate/checkLimits.ts';
import { validate } from '../../../../toolchain/validate/validate.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';

const SOURCE = 'tasklets/demo.ts';
const HELLO = 'export function compute(input: string): string {\n  return input;\n}\n';
/** Some thousand functions keep the compiler for seconds. */
const LONG = `${Array.from({ length: 4_000 }, (_, at) => `function f${at}(a: i32): i32 { return a * ${at} + f${at === 0 ? 3_999 : at - 1}(a); }`).join('\n')}\nexport function compute(input: string): string {\n  return f3999(input.length).toString();\n}\n`;

/**
 * Pages of WebAssembly memory beyond what a thread may hold. Nothing touches them, so no memory is
 * used.
 */
const PAGES_TOO_MANY = CHECK_LIMITS.threadMib * 16 + 16;

describe('work in a bounded thread', function () {
  this.timeout(120_000);

  it('finds what validate finds', async () => {
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: HELLO.replace('input;', 'input.nope;') });
    const found = await validateBounded(scratch.root);
    assert.deepEqual(found, await validate(scratch.root));
    assert.ok(found.some(({ code }) => code === 'GRF2101'));
  });

  it('refuses as validate refuses', async () => {
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: HELLO });
    await assert.rejects(
      validateBounded(scratch.root, { tasklet: 'other' }),
      (error) => error instanceof GrafosError && error.code === 'tasklet_unknown' && error.next !== undefined,
    );
  });

  it('ends at once when it is aborted in the middle of a compile, and works again after', async () => {
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: LONG });
    const abort = new AbortController();
    const work = { kind: 'validate', root: scratch.root, tasklet: null, skip: [] } as const;
    const checking = boundedWork(work, abort.signal, () => abort.abort(new Error('enough')));
    await assert.rejects(checking, /enough/);
    await scratch.write(SOURCE, HELLO);
    assert.deepEqual(
      (await validateBounded(scratch.root)).map(({ code }) => code),
      ['GRF3001'],
    );
  });

  it('gives up a check that takes all memory of the thread, says so, and checks the other tasklets', async () => {
    const fields = Array.from({ length: 300 }, (_, at) => `f${at}: i32 = 0;`).join(' ');
    const functions = Array.from(
      { length: 24 },
      (_, at) => `function f${at}<T>(): i32 { return f${at + 1}<A<T>>() + f${at + 1}<B<T>>(); }`,
    );
    const text = `class A<T> { ${fields} }\nclass B<T> { ${fields} }\n${functions.join('\n')}\nfunction f24<T>(): i32 { return 1; }\n`;
    await using scratch = await scratchProgram(SOURCE, {
      [SOURCE]: `${text}export function compute(input: string): string {\n  return f0<i32>().toString();\n}\n`,
      'tasklets/b.ts': HELLO,
    });
    const manifest = `[program]\nname = "demo"\nversion = "0.1.0"\n`;
    const tasklet = (name: string, source: string) => `\n[[tasklet]]\nname = "${name}"\nsource = "${source}"\n`;
    await scratch.write('grafos.toml', manifest + tasklet('demo', SOURCE) + tasklet('b', 'tasklets/b.ts'));
    const found = await validateBounded(scratch.root);
    assert.ok(found.some(({ code, message }) => code === 'GRF2007' && message.includes('"demo"')));
    assert.ok(found.some(({ code, message }) => code === 'GRF3001' && message.startsWith('"b"')));
  });

  it('does not count the memory that its process held before', async () => {
    const held = Buffer.alloc(CHECK_LIMITS.threadMib * 1024 ** 2 + 1, 1);
    const functions = Array.from({ length: 2_000 }, (_, at) => `function f${at}(a: i32): i32 { return a * ${at}; }`);
    const calls = functions.map((_, at) => `sum += f${at}(sum);`).join(' ');
    const body = `${functions.join('\n')}\nexport function compute(input: string): string { let sum = 1; ${calls} return sum.toString(); }\n`;
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: body });
    assert.deepEqual(
      (await validateBounded(scratch.root)).map(({ code }) => code),
      ['GRF3001'],
    );
    assert.equal(held.at(-1), 1);
  });

  const greedy: Array<[what: string, code: string]> = [
    ['WebAssembly memory', `new WebAssembly.Memory({ initial: ${PAGES_TOO_MANY} })`],
    ['a buffer', `new Uint8Array(${PAGES_TOO_MANY} * 65536)`],
    [
      'WebAssembly memory while it never comes to rest',
      `new WebAssembly.Memory({ initial: ${PAGES_TOO_MANY} }); for (;;);`,
    ],
  ];
  for (const [what, code] of greedy) {
    it(`ends the thread that took too much of ${what}, and not the one beside it`, async function () {
      if (!countsEachThread) this.skip();
      const ends: string[] = [];
      const threadOf = (name: string, act: string) => {
        const text = `import { parentPort } from 'node:worker_threads'; parentPort.on('message', (message) => { ${act} });`;
        const answer = Promise.withResolvers<unknown>();
        const thread = startBoundedThread(new URL(`data:text/javascript,${encodeURIComponent(text)}`), {
          message: (message) => {
            answer.resolve(message);
            return true;
          },
          end(why, reason) {
            ends.push(`${name} ${reason}`);
            answer.resolve(why);
          },
        });
        thread.hold(true);
        return { thread, answer: answer.promise };
      };
      const calm = threadOf('calm', `if (message === 'answer') parentPort.postMessage('done');`);
      const other = threadOf('greedy', `globalThis.kept = ${code}`);
      // The calm one begins first and last: neither order makes it guilty.
      calm.thread.post('wait');
      other.thread.post('take');
      calm.thread.post('wait');
      assert.match(String(await other.answer), /took more than 2048 MiB/);
      calm.thread.post('answer');
      assert.equal(await calm.answer, 'done');
      assert.deepEqual(ends, ['greedy memory']);
      calm.thread.terminate();
    });
  }

  const shapes: Array<[what: string, text: string]> = [
    ['a megabyte of open parentheses', '('.repeat(1024 ** 2)],
    ['200 000 nested blocks', `${HELLO}function f(): void ${'{'.repeat(200_000)}${'}'.repeat(200_000)}\n`],
    ['a line of 5 MB', `${HELLO}// ${'x'.repeat(5 * 1024 ** 2)}\n`],
    ['imports without an end', 'import '.repeat(250_000)],
    ['templates inside each other', '`${'.repeat(200_000)],
    ['a sum of 300 000 parts', `${HELLO}export const sum = ${'1+'.repeat(300_000)}1;\n`],
  ];
  for (const [what, text] of shapes) {
    it(`answers on ${what}, and checks the other tasklets`, async () => {
      await using scratch = await scratchProgram(SOURCE, { [SOURCE]: text, 'tasklets/b.ts': HELLO });
      const two = `[program]\nname = "demo"\nversion = "0.1.0"\n\n[[tasklet]]\nname = "demo"\nsource = "${SOURCE}"\n\n[[tasklet]]\nname = "b"\nsource = "tasklets/b.ts"\n`;
      await scratch.write('grafos.toml', two);
      const found = await validateBounded(scratch.root);
      assert.ok(found.some(({ code, message }) => code === 'GRF3001' && message.startsWith('"b"')));
      await buildTasklet(scratch.program, scratch.tasklet).catch((error: unknown) => {
        assert.ok(error instanceof GrafosError, String(error));
      });
    });
  }
});
