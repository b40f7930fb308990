import type { Tasklet } from '../../program/manifest.ts';
import { rustSource } from '../../program/rustSource.ts';
import { assemblyScriptVersion } from './assemblyScriptVersion.ts';
import { standardLibraryDigest } from './standardLibrary.ts';

/**
 * Version of the build. It goes up when the same source would give other bytes: the entry point,
 * the compiler's options, or the kept parts of a module.
 */
const BUILD_FORMAT = 2;

/**
 * Names the tool that turns a source into a module, as far as it is known without starting it.
 *
 * Another Rust compiler does not make a module stale: asking for its version would cost every check
 * a process.
 */
export function buildTool({ kind, features, source }: Pick<Tasklet, 'kind' | 'features' | 'source'>): string {
  const own = `grafos-build@${BUILD_FORMAT}`;
  const named = features.length === 0 ? 'none' : features.join('+');
  switch (kind) {
    case 'assemblyscript':
      return `${own} assemblyscript@${assemblyScriptVersion()} grafos-std@${standardLibraryDigest()} features@${named}`;
    case 'rust': {
      // Tasklets of one crate have the same files, and differ in the function alone.
      const wanted = rustSource(source).function;
      return `${own} cargo features@${named}${wanted === null ? '' : ` tasklet@${wanted}`}`;
    }
    case 'wat':
      return `${own} wabt`;
    case 'wasm':
      return own;
  }
}
