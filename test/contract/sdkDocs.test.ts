import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const sdk = join(import.meta.dirname, '..', '..', 'sdk', 'assemblyscript');

/**
 * Lines that declare what a hover can be asked for: exports, and public members of exported classes
 * and enums.
 */
const EXPORT = /^ {0,2}export (?:declare )?(?:(?:const )?enum|function|namespace|class|const) (\w+)/;
const MEMBER = /^ {2}(?!private |export |\/|\*|}|@)(?:static |readonly )*(?:get )?(\w+)(?:<\w+>)?(?:\(|,$)/;
/** Fields of `Json` that its reader and writer need. They are not for tasklets. */
const INTERNAL = /^ {2}(?:bits|text|items|names): /;

/** Names without a comment of documentation right above them, decorators left out. */
function undocumented(source: string): { found: number; without: string[] } {
  const lines = source.split('\n');
  const without: string[] = [];
  let found = 0;
  let isType = false;
  for (const [index, line] of lines.entries()) {
    if (/^\S/.test(line)) isType = /^export (?:const enum|class) /.test(line);
    const name = EXPORT.exec(line)?.[1] ?? (isType && !INTERNAL.test(line) ? MEMBER.exec(line)?.[1] : undefined);
    if (name === undefined) continue;
    found += 1;
    const above = lines.slice(0, index).findLast((one) => !/^\s*@\w+$/.test(one));
    if (above?.trimEnd().endsWith('*/') !== true) without.push(name);
  }
  return { found, without };
}

describe('comments that a hover shows', () => {
  it('are on every export of grafos-std for AssemblyScript, and on every public member', () => {
    const index = readFileSync(join(sdk, 'index.ts'), 'utf8');
    const files = [...index.matchAll(/from "\.\/(\w+)"/g)].map(([, file = '']) => file);
    assert.ok(files.length >= 8, files.join(', '));
    let all = 0;
    for (const file of files) {
      const { found, without } = undocumented(readFileSync(join(sdk, `${file}.ts`), 'utf8'));
      assert.deepEqual(without, [], `${file}.ts`);
      all += found;
    }
    assert.ok(all >= 80, `only ${all} were looked at`);
  });

  it('are missed where they are missing', () => {
    const source = [
      '/** Shown. */',
      '@inline',
      'export function shown(): void {}',
      'export function bare(): void {}',
      'export class Bare {',
      '  private hidden: i32 = 0;',
      '  method<T>(of: T): void {',
      '    inner(1);',
      '  }',
      '  get size(): i32 {',
      '}',
    ];
    assert.deepEqual(undocumented(source.join('\n')).without, ['bare', 'Bare', 'method', 'size']);
  });
});
