import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';

const FILES =
  '{base,bench,cli,daemons,extension,language-server,program,scripts,test,toolchain,typescript-plugin,wasm}';
const USING = /^(\s*)(?:await )?using (\w+) = /;

/**
 * Lines that return the promise of a call on something that the block disposes of at that moment.
 * The call would be cut off: it has to be awaited.
 */
function unawaited(source: string): string[] {
  const lines = source.split('\n');
  return lines.flatMap((line, index) => {
    const [, indent = '', name = ''] = USING.exec(line) ?? [];
    if (name === '') return [];
    const rest = lines.slice(index + 1);
    const end = rest.findIndex((one) => one.trim() !== '' && !one.startsWith(indent));
    const call = new RegExp(`^\\s*return (?!await )(?:${name}\\.|[\\w.#]+\\(.*\\b${name}\\b)`);
    const awaited = new RegExp(`await ${name}\\.`, 'g');
    return rest.slice(0, end === -1 ? undefined : end).filter((one) => call.test(one.replaceAll(awaited, '')));
  });
}

const BUNDLED = '{base,cli,daemons,extension,language-server,program,toolchain,typescript-plugin,wasm}';
const LOOP = /^\s*(?:\w+: )?(?:for|while|do)\b/;
const BRANCH = /^\s*(?:\} )?(?:if|else|try|catch|finally|switch|case|default)\b/;

/**
 * Lines with `using` in a loop of their own function. esbuild's helper for older Nodes keeps the
 * error of one round in a `var`. The next round that ends well throws it again.
 */
function inLoops(source: string): string[] {
  const lines = source.split('\n');
  const indentOf = (line: string) => line.length - line.trimStart().length;
  return lines.filter((line, index) => {
    if (!USING.test(line)) return false;
    let indent = indentOf(line);
    for (const outer of lines.slice(0, index).reverse()) {
      if (outer.trim() === '' || indentOf(outer) >= indent) continue;
      indent = indentOf(outer);
      if (LOOP.test(outer)) return true;
      if (outer.trimEnd().endsWith('{') && !BRANCH.test(outer)) return false;
    }
    return false;
  });
}

describe('what `using` disposes of', () => {
  it('is not in use by a promise that is returned', () => {
    const found = globSync(`${FILES}/**/*.ts`, { cwd: packageRoot }).flatMap((path) =>
      unawaited(readFileSync(join(packageRoot, path), 'utf8')).map((line) => `${path}: ${line.trim()}`),
    );
    assert.deepEqual(found, []);
  });

  it('is found where it is', () => {
    const block = (line: string) => `async function a() {\n  using client = await open();\n\n  ${line}\n}\n`;
    for (const line of [
      'return client.run();',
      'return inputOf(client, signal);',
      'if (b) {\n    return client.x;\n  }',
    ])
      assert.equal(unawaited(block(line)).length, 1, line);
    for (const line of ['return await client.run();', 'return text(await client.x());', 'return size;'])
      assert.deepEqual(unawaited(block(line)), [], line);
  });

  it('is in no loop of a function that is bundled', () => {
    const found = globSync(`${BUNDLED}/**/*.ts`, { cwd: packageRoot }).flatMap((path) =>
      inLoops(readFileSync(join(packageRoot, path), 'utf8')).map((line) => `${path}: ${line.trim()}`),
    );
    assert.deepEqual(found, []);
  });

  it('is found in a loop', () => {
    const one = '  using a = open();\n';
    for (const opening of ['for (const b of c) {', 'while (true) {', 'do {', 'outer: for (;;) {'])
      assert.equal(inLoops(`${opening}\n${one}}\n`).length, 1, opening);
    assert.equal(inLoops(`for (;;) {\n  try {\n  ${one}  } catch {}\n}\n`).length, 1);
    assert.deepEqual(inLoops(`for (const b of c) {\n  d(() => {\n  ${one}  });\n}\n`), []);
    assert.deepEqual(inLoops(`async function a() {\n${one}}\n`), []);
  });
});
