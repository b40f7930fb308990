import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { builtinModule, builtinModulesByCall } from '../../../scripts/builtinModules.ts';

const LOADS_UNDICI = "process.moduleLoadList.some((one) => one.includes('undici/undici'))";

describe('builtinModules', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'grafos-builtin-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Bundles a source, and returns the bundle and what it prints. */
  async function bundled(source: string, plugins: Plugin[]): Promise<{ text: string; printed: string }> {
    const entry = join(folder, 'entry.mjs');
    const outfile = join(folder, 'bundle.mjs');
    writeFileSync(entry, source);
    const { outputFiles } = await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      plugins,
      write: false,
    });
    const text = outputFiles[0]?.text ?? '';
    writeFileSync(outfile, text);
    // Where colours are forced, Node would print numbers in them.
    const env = { ...process.env, FORCE_COLOR: '0' };
    return { text, printed: execFileSync(process.execPath, [outfile], { encoding: 'utf8', env }).trim() };
  }

  it('loads nothing that is not used, where an import does', async () => {
    const source = `import { createServer } from 'node:http'; console.log(typeof createServer, ${LOADS_UNDICI});`;
    const imported = await bundled(source, []);
    const called = await bundled(source, [builtinModulesByCall]);
    assert.equal(imported.printed, 'function true');
    assert.equal(called.printed, 'function false');
  });

  for (const [name, source, printed] of [
    [
      'named exports',
      "import { join, sep as s } from 'node:path'; console.log(join('a', 'b') === 'a' + s + 'b');",
      'true',
    ],
    ['a default export', "import fs from 'node:fs'; console.log(typeof fs.readFileSync);", 'function'],
    ['a whole module', "import * as os from 'node:os'; console.log(typeof os.tmpdir);", 'function'],
    ['a name without node:', "import { isIP } from 'net'; console.log(isIP('::1'));", '6'],
    ['a name with a slash', "import { readFile } from 'node:fs/promises'; console.log(typeof readFile);", 'function'],
    [
      'the same name of two modules',
      "import { parse } from 'node:path'; import { parse as q } from 'node:querystring'; console.log(parse('/a/b.c').ext, q('a=1').a);",
      '.c 1',
    ],
    [
      'the default under two names',
      "import assertion, { default as again } from 'node:assert'; console.log(assertion === again);",
      'true',
    ],
  ] as const) {
    it(`gives ${name}`, async () => {
      const bundle = await bundled(source, [builtinModulesByCall]);
      assert.equal(bundle.printed, printed);
      assert.doesNotMatch(bundle.text, /\bfrom\s*["']/);
    });
  }

  it('leaves packages and files alone', async () => {
    writeFileSync(join(folder, 'path'), 'export const join = 1;');
    writeFileSync(join(folder, 'events.mjs'), 'export const join = 2;');
    const bundle = await bundled("import { join } from './events.mjs'; console.log(join);", [builtinModulesByCall]);
    assert.equal(bundle.printed, '2');
  });

  it('writes each export as a call that a bundle can leave out', () => {
    const text = builtinModule('node:http');
    assert.match(text, /= \/\* @__PURE__ \*\/ read\("WebSocket"\);/);
    assert.doesNotMatch(text, /(?<!builtin = process\.)getBuiltinModule/);
  });
});
