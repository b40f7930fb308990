import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { looseMethods } from '../helpers/looseMethods.ts';

const ROOMS =
  /^(?:base|bench|cli|daemons|extension|language-server|program|scripts|test|toolchain|typescript-plugin|wasm)\//;

/** A class behind an interface, and a line that uses an object of it. */
const example = (line: string) => `
interface Counter { next(): number; start: number }
class Counted implements Counter {
  #count = 0;
  readonly start = 1;
  next(): number { return this.#count++; }
}
export const counter: Counter = new Counted();
${line}
`;

describe('methods of classes', function () {
  this.timeout(120_000);

  it('are called on their object', () => {
    assert.deepEqual(
      looseMethods(packageRoot, (file) => ROOMS.test(file)),
      [],
    );
  });

  it('are found where they are taken off it', async () => {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'grafos-test-'));
    try {
      await writeFile(
        join(folder, 'tsconfig.json'),
        '{"compilerOptions":{"strict":true,"target":"es2024"},"files":["a.ts"]}',
      );
      const found = async (line: string) => {
        await writeFile(join(folder, 'a.ts'), example(line));
        return looseMethods(folder, (file) => file === 'a.ts');
      };
      for (const line of [
        'export const next = counter.next;',
        'export const { next } = counter;',
        'export const { next: other } = counter;',
        'export const all = [counter.next];',
        'export function use({ next }: Pick<Counter, "next">): number { return next(); }',
        'export const copy = { ...new Counted() };',
      ])
        assert.deepEqual(await found(line), [`a.ts:9 ${line.includes('...') ? 'Counted' : 'Counter'}.next`], line);
      for (const line of [
        'export const value = counter.next();',
        'export const bound = counter.next.bind(counter);',
        'export const { start } = counter;',
        'export const later = () => counter.next();',
      ])
        assert.deepEqual(await found(line), [], line);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
