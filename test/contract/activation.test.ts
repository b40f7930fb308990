import assert from 'node:assert/strict';
import { build, type Metafile } from 'esbuild';
import { packageRoot } from '../../base/packageRoot.ts';

/** Parts that only some commands need. An activation must not pay for them. */
const LATER =
  /^(?:program\/loadProgram|daemons\/wire\/(?:answerChecks|apiSchemas)|toolchain\/(?:bounded|cloud|compile|coverage|replay|validate)\/|wasm\/)/;

/** The sources that are evaluated with the entry point: all that it imports, but not on demand. */
function evaluated(inputs: Metafile['inputs'], entry: string): Set<string> {
  const seen = new Set<string>();
  const left = [entry];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const source = inputs[path];
    if (seen.has(path) || source === undefined) continue;
    seen.add(path);
    left.push(...source.imports.filter(({ kind }) => kind === 'import-statement').map((one) => one.path));
  }
  return seen;
}

describe('the activation of the extension', () => {
  it('evaluates nothing that only some commands need', async () => {
    const { metafile } = await build({
      absWorkingDir: packageRoot,
      entryPoints: ['extension/main.ts'],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      splitting: true,
      outdir: 'build/never-written',
      packages: 'external',
      logLevel: 'error',
    });
    const sources = evaluated(metafile.inputs, 'extension/main.ts');
    assert.ok(sources.size > 100, `${sources.size} sources`);
    assert.deepEqual(
      [...sources].filter((path) => LATER.test(path)),
      [],
    );
  });

  it('is seen to evaluate what is imported, and not what is imported on demand', () => {
    const imports = (...all: Array<[path: string, kind: 'import-statement' | 'dynamic-import']>) => ({
      bytes: 1,
      imports: all.map(([path, kind]) => ({ path, kind })),
    });
    const inputs = {
      'a.ts': imports(['b.ts', 'import-statement'], ['c.ts', 'dynamic-import']),
      'b.ts': imports(['a.ts', 'import-statement'], ['d.ts', 'import-statement']),
      'c.ts': imports(),
      'd.ts': imports(),
    };
    assert.deepEqual([...evaluated(inputs, 'a.ts')].sort(), ['a.ts', 'b.ts', 'd.ts']);
  });
});
