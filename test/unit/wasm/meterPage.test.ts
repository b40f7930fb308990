import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import wabtInit from 'wabt';
import { packageRoot } from '../../../base/packageRoot.ts';
import { meter } from '../../../wasm/meter/meter.ts';
import { instantiateMetered } from '../../helpers/runMetered.ts';

const page = readFileSync(join(packageRoot, 'docs/internals/meter.md'), 'utf8');
const [, section = ''] = /^## An example\n([\s\S]*?)^## /m.exec(page) ?? [];
const blocks = [...section.matchAll(/^```wat\n([\s\S]*?)^```/gm)].map(([, text = '']) => text);
const wabt = await wabtInit();

/** The module of an example. A function that calls gets the host function that it calls. */
function moduleOf(text: string): Uint8Array {
  const host = /\bcall 0\b/.test(text) ? '(import "h" "host" (func (param i32)))' : '';
  return wabt.parseWat('example.wat', `(module ${host} ${text})`, {}).toBinary({}).buffer;
}

/** The lines of the first function's body, without comments and labels. */
function bodyOf(module: Uint8Array): string[] {
  const lines = wabt.readWasm(module, {}).toText({ foldExprs: false, inlineExport: false }).split('\n');
  const first = lines.findIndex((line) => line.startsWith('  (func '));
  const length = lines.slice(first + 1).findIndex((line) => /^ {2}\(/.test(line));
  return plainLines(
    lines
      .slice(first + 1, first + 1 + length)
      .join('\n')
      .replace(/\)$/, ''),
  );
}

function plainLines(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/ *;;.*| *\(;@\d+;\)/g, '').trim());
  return lines.filter((line) => line !== '');
}

describe('the example of docs/internals/meter.md', () => {
  it('has pairs of a function and its metered body', () => assert.equal(blocks.length, 4));

  for (let at = 0; at < blocks.length; at += 2) {
    const [before = '', after = ''] = [blocks[at], blocks[at + 1]];
    const [, name] = /export "(\w+)"/.exec(before) ?? [];
    it(`${name} is metered as the page shows`, () => {
      const { bytes } = meter(moduleOf(before), { memoryMaxPages: 1 });
      assert.deepEqual(bodyOf(bytes), plainLines(after));
    });
  }

  for (const [argument, result, fuel] of [
    [300, 255, 6],
    [7, 7, 5],
  ]) {
    it(`clamp(${argument}) takes ${fuel} units of fuel`, () => {
      const called = instantiateMetered(moduleOf(blocks[0] ?? '')).call('clamp', [argument]);
      assert.deepEqual([called.result, called.fuelUsed], [result, fuel]);
    });
  }
});
