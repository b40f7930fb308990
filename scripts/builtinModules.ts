/**
 * Lets bundles of ECMAScript modules get Node's own modules by a call instead of an import.
 *
 * For an import Node reads every property of the module. Some are made when they are first read:
 * `WebSocket` of `node:http` brings all of undici and `ReadStream` of `node:fs` all streams
 * (docs/adr/0044-node-modules-by-call.md has the figures).
 */
import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';

const NAMES: ReadonlySet<string> = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`)]);
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** A plugin of esbuild. */
export const builtinModulesByCall: Plugin = {
  name: 'builtin-modules-by-call',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^[a-z:/_0-9]+$/ }, ({ kind, path }) =>
      kind === 'import-statement' && NAMES.has(path)
        ? { path: path.replace(/^(?:node:)?/, 'node:'), namespace: 'builtin-module', sideEffects: false }
        : undefined,
    );
    onLoad({ filter: /./, namespace: 'builtin-module' }, ({ path }) => ({ contents: builtinModule(path) }));
  },
};

/** Writes a module with the exports of one of Node's. A bundle keeps those that are imported. */
export function builtinModule(name: string): string {
  const keys = Object.keys(process.getBuiltinModule(name) ?? {}).filter(
    (key) => IDENTIFIER.test(key) && key !== 'default',
  );
  return [
    `const builtin = process.getBuiltinModule(${JSON.stringify(name)});`,
    'const read = (key) => builtin[key];',
    'export default builtin;',
    ...keys.map((key, index) => `const export${index} = /* @__PURE__ */ read(${JSON.stringify(key)});`),
    `export { ${keys.map((key, index) => `export${index} as ${key}`).join(', ')} };`,
    '',
  ].join('\n');
}
