import { join } from 'node:path';
import { decodeText } from '../../program/decodeText.ts';
import type { ProgramReader } from '../../program/programReader.ts';

/** The base class of a transform, and the library that most transforms use. */
const IS_TRANSFORM = /['"](?:assemblyscript\/(?:dist\/|cli\/)?transform(?:\.js)?|visitor-as(?:\/[\w./-]*)?)['"]/;
/** Where `asc --transform <package>` looks, beside what package.json names. */
const FILES = ['transform.js', 'transform.mjs', 'transform.cjs', 'transform/index.js', 'transform/index.mjs'];

/**
 * Finds the transform of the AssemblyScript compiler that a package brings for the code of its
 * users. `asc --transform <package>` loads what package.json names as `main` or in `exports`.
 *
 * @param home absolute path of the package's folder
 * @returns the file, or the key of asconfig.json, relative to the package; null where there is none
 */
export function packageTransform(reader: ProgramReader, home: string): string | null {
  const manifest = jsonOf(reader, join(home, 'package.json'));
  const named = [textAt(manifest, 'main'), ...exported(valueAt(manifest, 'exports'))];
  for (const file of [...named, ...FILES]) {
    if (file === null || !/\.[cm]?js$/.test(file)) continue;
    const read = reader.read(join(home, file), 'checkedSource');
    if (read.state === 'ok' && IS_TRANSFORM.test(read.bytes.toString('utf8'))) return file;
  }
  const own = valueAt(valueAt(jsonOf(reader, join(home, 'asconfig.json')), 'options'), 'transform');
  return own === undefined || (Array.isArray(own) && own.length === 0) ? null : 'options.transform of asconfig.json';
}

/** The files of the package itself and of its `./transform`, in every condition. */
function exported(exports: unknown): Array<string | null> {
  if (typeof exports === 'string') return [exports];
  if (typeof exports !== 'object' || exports === null) return [];
  return Object.entries(exports).flatMap(([key, value]) =>
    key.startsWith('./') && key !== './transform' ? [] : exported(value),
  );
}

function jsonOf(reader: ProgramReader, path: string): unknown {
  const read = reader.read(path, 'tsconfig');
  if (read.state !== 'ok') return undefined;
  try {
    return JSON.parse(decodeText(read.bytes) ?? '');
  } catch {
    return undefined;
  }
}

function valueAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function textAt(value: unknown, key: string): string | null {
  const text = valueAt(value, key);
  return typeof text === 'string' ? text : null;
}
