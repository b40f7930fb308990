import { basename, dirname } from 'node:path';
import { instantiate } from '@assemblyscript/loader';
import { MODULE_FEATURES } from '../../program/manifestKeys.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import { compileSources } from './assemblyScriptCompiler.ts';

export interface UnitResult {
  name: string;
  /** Null when it passed, else the message and place of the assertion that failed. */
  failure: string | null;
  /** The texts that it gave to `trace`. */
  traced: string[];
}

/**
 * Compiles a file of AssemblyScript unit tests against grafos-std and calls each exported function
 * without parameters, in an instance of its own.
 *
 * `assert` and `throw` reach the host as the import `env.abort`. The loader lifts their texts out
 * of wasm memory, which is all it is for here: tasklets themselves log their message and trap. The
 * only host function is `fail`, so a unit that reaches another one cannot be loaded.
 *
 * @throws {Error} the compiler's words
 */
export async function runUnits(file: string): Promise<UnitResult[]> {
  const path = basename(file);
  const read = await new ProgramReader(dirname(file)).readSoon(file, 'source');
  if (read.state !== 'ok') throw readError(read, file, 'The unit tests cannot be read');
  const own = read.bytes.toString('utf8');
  let names: string[] = [];
  const { module, diagnostics } = await compileSources({
    resolve: (wanted) => (`${wanted}.ts` === path ? { path, text: own } : null),
    tasklet: path.replace(/\.ts$/, ''),
    entryPath: '~grafos/units.ts',
    entry({ functions }) {
      names = functions.filter(({ exported, params }) => exported && params.length === 0).map(({ name }) => name);
      return `export { ${names.join(', ')} } from "../${path.replace(/\.ts$/, '')}";`;
    },
    runtime: 'grafos-std/runtime',
    abort: null,
    features: MODULE_FEATURES,
    sourceMapUrl: 'units.wasm.map',
    checkOnly: false,
    signal: undefined,
  });
  if (module === null) throw new Error(diagnostics.map(({ code, text }) => `${code}: ${text}`).join('\n'));
  const results: UnitResult[] = [];
  for (const name of names) {
    const traced: string[] = [];
    // The default `trace` of the loader writes to the console; `abort` stays its own.
    let lift: (pointer: number) => string = () => '';
    const trace = (text: number) => {
      traced.push(lift(text));
    };
    // The runtime reports a lack of memory by `fail` before it traps.
    const imports = { env: { trace }, grafos_tasklet_v0: { fail: () => undefined } };
    const { exports } = await instantiate(Buffer.from(module.wasm), imports);
    lift = exports.__getString;
    const unit: unknown = exports[name];
    if (typeof unit !== 'function') continue;
    results.push({ name, failure: failureOf(() => unit()), traced });
  }
  return results;
}

function failureOf(unit: () => void): string | null {
  try {
    unit();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
