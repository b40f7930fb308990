import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

let version: string | undefined;

/** Version of the installed compiler, read once; part of what a built module records. */
export function assemblyScriptVersion(): string {
  version ??= (
    JSON.parse(readFileSync(createRequire(import.meta.url).resolve('assemblyscript/package.json'), 'utf8')) as {
      version: string;
    }
  ).version;
  return version;
}
