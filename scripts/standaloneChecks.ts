/**
 * Replaces the files of checks in the bundles by code that Ajv writes, so that no process compiles
 * a schema (daemons/wire/schemaCheck.ts).
 */
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import type { Plugin } from 'esbuild';
import { AJV_OPTIONS, addSource, type CheckSource } from '../daemons/wire/schemaCheck.ts';

const CHECK_OF = new URL('../daemons/wire/checkOf.ts', import.meta.url).pathname;

/** Files that export checks, and records of checks, alone. */
const CHECKS = /\/(?:answer|confirmation|devFile|journal|request|usedCells)Checks\.ts$/;

/** A plugin of esbuild. A watching build sees a changed schema when it is started again. */
export const standaloneChecks: Plugin = {
  name: 'standalone-checks',
  setup({ onLoad }) {
    onLoad({ filter: CHECKS }, async ({ path }) => ({
      contents: standaloneModule(await import(pathToFileURL(path).href), CHECK_OF),
      loader: 'js',
      resolveDir: dirname(path),
    }));
  },
};

/**
 * Writes the code of a module that exports checks, and records of checks.
 *
 * @param module the exports of the module
 * @param checkOf the module of `checkOf`, for an import
 * @throws {TypeError} where another thing is exported
 */
export function standaloneModule(module: Readonly<Record<string, unknown>>, checkOf: string): string {
  const ajv = new Ajv({ ...AJV_OPTIONS, code: { source: true, esm: true, lines: false } });
  const ids: Record<string, string> = {};
  const add = (source: CheckSource): string => {
    const name = `validate${Object.keys(ids).length}_`;
    ids[name] = addSource(ajv, name, source);
    return `checkOf(${name})`;
  };
  const exports = Object.entries(module).map(([name, value]) => {
    const source = sourceOf(value);
    if (source !== undefined) return `export const ${name} = ${add(source)};`;
    const members = Object.entries(value as object).map(([key, member]) => {
      const each = sourceOf(member);
      if (each === undefined) throw new TypeError(`${name}.${key} is no check`);
      return `${JSON.stringify(key)}: ${add(each)}`;
    });
    if (members.length === 0) throw new TypeError(`${name} is no check, and no record of checks`);
    return `export const ${name} = {\n${members.join(',\n')}\n};`;
  });
  // The functions are for this module alone, and nobody reads which part of a schema was broken.
  const code = (standaloneCode as unknown as { default: typeof standaloneCode.default })
    .default(ajv, ids)
    .replaceAll(/(^|;)export const (validate\d+_) = /gm, '$1const $2 = ')
    .replaceAll(/schemaPath:"[^"]*",/g, '');
  return `import { checkOf } from ${JSON.stringify(checkOf)};\n${code}\n${exports.join('\n')}\n`;
}

function sourceOf(value: unknown): CheckSource | undefined {
  return typeof value === 'function' && 'source' in value ? (value.source as CheckSource) : undefined;
}
