import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFiles } from '../../scripts/repositoryFiles.ts';

const root = join(import.meta.dirname, '..', '..');
const MODIFIERS = '(?:static |readonly |override |async |get |set )*';
const HASH = new RegExp(`^\\s+${MODIFIERS}#\\w`, 'm');
/** A private constructor has no other form. */
const KEYWORD = new RegExp(`^\\s+private ${MODIFIERS}(?!constructor\\b)\\w`, 'm');

/** The fault of a source, by ADR 43: V8 reads `#name` slowly where the meter is hot. */
function faultOf(path: string, source: string): string | undefined {
  if (path.startsWith('wasm/')) return HASH.test(source) ? 'has a `#name`' : undefined;
  return KEYWORD.test(source) ? 'has a `private` member' : undefined;
}

describe('private members', () => {
  it('are `private name` in wasm, and `#name` everywhere else', () => {
    const faults = repositoryFiles(/^(?!cookbook|sdk|test).*\.ts$/).flatMap((path) => {
      const fault = faultOf(path, readFileSync(join(root, path), 'utf8'));
      return fault === undefined ? [] : [`${path} ${fault}`];
    });
    assert.deepEqual(faults, []);
  });

  for (const [path, source, fault] of [
    ['wasm/meter/a.ts', 'class A {\n  readonly #b = 1;\n}\n', 'has a `#name`'],
    ['wasm/meter/a.ts', 'class A {\n  #b(): void {}\n}\n', 'has a `#name`'],
    ['wasm/meter/a.ts', 'class A {\n  private readonly b = 1;\n}\n', undefined],
    ['daemons/a.ts', 'class A {\n  private b = 1;\n}\n', 'has a `private` member'],
    ['daemons/a.ts', 'class A {\n  private constructor() {}\n}\n', undefined],
    ['daemons/a.ts', 'class A {\n  static #b = 1;\n}\n', undefined],
  ] as const)
    it(`${path}, ${JSON.stringify(source)}`, () => assert.equal(faultOf(path, source), fault));
});
