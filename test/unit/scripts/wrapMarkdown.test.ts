import assert from 'node:assert/strict';
import { wrapMarkdown } from '../../../scripts/wrapMarkdown.ts';

const words = (count: number) => Array.from({ length: count }, () => 'word').join(' ');

const rows: Array<[name: string, page: string, wrapped: string]> = [
  ['a paragraph that fits stays', 'one\ntwo\n', 'one\ntwo\n'],
  ['a long paragraph', `${words(21)}\n`, `${words(20)}\nword\n`],
  ['all lines of a paragraph with a long one', `${words(21)}\nend\n`, `${words(20)}\nword end\n`],
  ['an item with its indentation', `- ${words(21)}\n`, `- ${words(19)}\n  ${words(2)}\n`],
  ['an item of a numbered list', `1. ${words(21)}\n`, `1. ${words(19)}\n   ${words(2)}\n`],
  ['an item below an item', `- a\n  - ${words(21)}\n`, `- a\n  - ${words(19)}\n    ${words(2)}\n`],
  ['a table', `| ${words(30)} |\n`, `| ${words(30)} |\n`],
  ['a heading', `## ${words(30)}\n`, `## ${words(30)}\n`],
  ['a comment', `<!-- ${words(30)} -->\n`, `<!-- ${words(30)} -->\n`],
  ['a block of code', `\`\`\`sh\n${words(30)}\n\`\`\`\n`, `\`\`\`sh\n${words(30)}\n\`\`\`\n`],
  ['a code span is not broken', `${words(19)} \`a b c d\`\n`, `${words(19)}\n\`a b c d\`\n`],
  ['a target is not broken', `${words(19)} [a](b "c d")\n`, `${words(19)}\n[a](b "c d")\n`],
  ['a number is not broken', `${words(19)} 32 768\n`, `${words(19)}\n32 768\n`],
  ['a dash does not begin a line', `${words(20)} - 1\n`, `${words(19)}\nword - 1\n`],
  ['one long word', `${'a'.repeat(120)}\n`, `${'a'.repeat(120)}\n`],
];

describe('wrapping of Markdown', () => {
  for (const [name, page, wrapped] of rows) {
    it(name, () => {
      assert.equal(wrapMarkdown(page), wrapped);
      assert.equal(wrapMarkdown(wrapped), wrapped, 'twice');
    });
  }
});
