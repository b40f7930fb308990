import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { proseFaults } from '../../../scripts/proseFaults.ts';

const long = `${'word '.repeat(20)}word`;

/** Text of a file, and the faults it has: kind and line. */
const rows: Array<[name: string, path: string, text: string, faults: string[]]> = [
  ['a sentence', 'a.ts', '/** The list of leases. */', []],
  ['a long line of a block', 'a.ts', `/**\n * ${long}\n */`, ['long 2']],
  ['a long line comment', 'a.ts', `  // ${long}`, ['long 1']],
  ['a long line of code', 'a.ts', `const a = ${'1 + '.repeat(40)}1; // the sum`, []],
  ['a long address', 'a.ts', `// https://example.com/${'a'.repeat(100)}`, []],
  ['a long code span', 'a.md', `\`${long}\`;`, []],
  ['a suppression, which must be one line', 'a.ts', `// biome-ignore lint/a/b: ${long}`, []],
  ['half a sentence', 'a.ts', '/** What a lease is. */', ['opening 1']],
  ['half a sentence below the mark', 'a.ts', '/**\n * Of each lease, its bytes.\n */', ['opening 2']],
  ['half a sentence in Rust', 'a.rs', '/// Whether the lease lives.', ['opening 1']],
  ['half a sentence about a file in Rust', 'a.rs', '//! How leases end.', ['opening 1']],
  ['a later line of a doc comment in Rust', 'a.rs', '/// The lease.\n/// Of its bytes, the first.', []],
  ['a line comment that begins so', 'a.ts', '// Whether it loads is for the caller.', []],
  ['a later paragraph', 'a.ts', '/**\n * The lease.\n *\n * What it holds is zero.\n */', []],
  ['a word of the list', 'a.ts', '// The range is told once.', ['word 1']],
  ['a word of the list at a sentence', 'a.md', 'Told once.', ['word 1']],
  ['who without a noun', 'a.md', 'It is for who reads.', ['word 1']],
  ['who with a noun', 'a.md', 'It is for a client who reads.', []],
  ['so many', 'a.md', 'Bytes of so many leases.', ['word 1']],
  ['so many that', 'a.md', 'There are so many that one waits.', []],
  ['stands', 'a.md', 'Here stands the name.', ['word 1']],
  ['stands in for', 'a.md', 'A cell stands in for the cloud.', []],
  ['a stand-in', 'a.md', 'It is a stand-in for the cell.', []],
  ['a word in code', 'a.md', 'The variable `told` is `so many`.', []],
  ['a word in a quotation', 'a.md', 'The error says "of ours".', []],
  ['a word in a string of code', 'a.ts', "const text = 'it is told';", []],
  ['a long line of a page', 'a.md', long, ['long 1']],
  ['a long item', 'a.md', `- ${long}`, ['long 1']],
  ['a long row of a table', 'a.md', `| ${long} | ${long} |`, []],
  ['a word in a row of a table', 'a.md', '| a | is told |', ['word 1']],
  ['a long line of a code block', 'a.md', `\`\`\`\n${long} told\n\`\`\`\n${long}`, ['long 4']],
  ['two faults of one file', 'a.ts', `/** Who waits. */\n// ${long} told`, ['opening 1', 'word 2', 'long 2']],
];

describe('the lint of prose', () => {
  for (const [name, path, text, faults] of rows) {
    it(name, () => {
      assert.deepEqual(
        proseFaults(path, text).map(({ kind, line }) => `${kind} ${line}`),
        faults,
      );
    });
  }
});

/** Parts of sentences that readers had to read twice. They are rewritten. */
const REWRITTEN = [
  'More are behind than',
  'Workers that are not to be replaced',
  "does not wait for another's to be done",
  'Goes through them once',
  'only that something came',
  'A frame that is never entered',
  'Of each open `if`',
  'One at a time the message is ahead',
  'Behind whatever else the machine does',
  'Begins to load a transport',
  'What is in the row of bytes',
  'made only where somebody hears it',
  'spoil none that quick runs have',
  'gets as many shares as he has',
  'would be one more figure to choose',
];

describe('the rewritten sentences', () => {
  it('are in no file but the house style, which shows some of them', () => {
    const patterns = REWRITTEN.flatMap((sentence) => ['-e', sentence]);
    const places = [':!test/unit/scripts/prose.test.ts', ':!docs/internals/house-style.md'];
    const found = (() => {
      try {
        const args = ['grep', '--line-number', '--fixed-strings', ...patterns, '--', ...places];
        return execFileSync('git', args, { cwd: join(import.meta.dirname, '../../..'), encoding: 'utf8' });
      } catch (error) {
        // The exit code for "nothing found".
        if ((error as { status?: number }).status === 1) return '';
        throw error;
      }
    })();
    assert.equal(found, '');
  });
});
