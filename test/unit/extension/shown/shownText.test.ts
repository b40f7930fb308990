import assert from 'node:assert/strict';
import { markdown } from '../../../../extension/shown/markdown.ts';
import { noticeText } from '../../../../extension/shown/noticeText.ts';
import { pickText } from '../../../../extension/shown/pickText.ts';
import { lspDiagnostic } from '../../../../language-server/lspDiagnostic.ts';
import { quickFixes } from '../../../../language-server/quickFixes.ts';
import { finding } from '../../../../toolchain/validate/finding.ts';

/**
 * Names that would be more than text, of Markdown, of a notification, of a label with icons, of a
 * terminal.
 */
const STRANGERS = [
  '[Click](command:workbench.action.terminal.new)',
  '![](https://evil.example/seen)',
  '<img src=https://evil.example>',
  '<a href="command:x">x</a>',
  'https://evil.example',
  'www.evil.example',
  '<https://evil.example>',
  '**bold** _it_ ~~no~~',
  '`code` ```fence```',
  '# heading',
  '1. one',
  '- item',
  '+ item',
  '> quote',
  '| a | b |',
  '$(error) failed',
  '\\$(error)',
  '\\[x](y)',
  '&lt;b&gt; &#91;',
  'a\n# b\n[c]: https://evil.example',
  'a\u202eb\u001b[31m\u0007',
];

describe('text of others in the editor', () => {
  it('is text and nothing else in Markdown', () => {
    for (const stranger of STRANGERS) {
      const shown = markdown`**${stranger}**`;
      assert.ok(shown.startsWith('**') && shown.endsWith('**'), shown);
      const inner = shown.slice(2, -2);
      // Every mark of ASCII has a backslash of its own before it, or is an entity: CommonMark 0.31,
      // section 2.4, takes both as text.
      assert.match(inner, /^(?:[\p{L}\p{N} ]|\\[!-#%-/:-@[-`{-~]|&#36;)*$/u, stranger);
      assert.ok(!inner.includes('\n'), stranger);
    }
    assert.equal(markdown`a ${'b'} ${3}`, 'a b 3');
    assert.equal(markdown`${['a*', 'b\nc']}`, 'a\\*  \nb\\\\nc');
  });

  it('reads the same once the escapes are taken for what they stand for', () => {
    for (const stranger of STRANGERS.filter((one) => !/[\n\u202e]/.test(one))) {
      const read = markdown`${stranger}`.replaceAll(/\\([!-/:-@[-`{-~])/g, '$1').replaceAll('&#36;', '$');
      assert.equal(read, stranger);
    }
  });

  it('holds no link in a notification, which the editor looks for by its own pattern', () => {
    // src/vs/base/common/linkedText.ts of VS Code.
    const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
    const found = [
      '[Click](command:workbench.action.terminal.new)',
      '[a](https://evil.example)',
      '[a](file:///etc/x "t")',
    ];
    for (const one of found) {
      assert.match(one, link);
      assert.doesNotMatch(noticeText(`Error: ${one} and ${one}`), link);
    }
    assert.equal(noticeText('a [b] (c) d(e)\n'), 'a [b]\u2060 (c) d(e)\\n');
  });

  it('holds no icon in a picker, which the editor looks for by its own pattern', () => {
    // src/vs/base/browser/ui/iconLabel/iconLabels.ts of VS Code: one behind a backslash is text.
    const icon = /(\\)?\$\(([A-Za-z0-9-]+(?:~[A-Za-z]+)?)\)/g;
    for (const one of ['$(error) x', 'a $(sync~spin)$(pass)', '\\\\$(pass)'])
      for (const [, backslash] of pickText(one).matchAll(icon)) assert.equal(backslash, '\\', one);
    assert.equal(pickText('a\u202e$(x'), String.raw`a\u202e\$(x`);
  });
});

describe('a diagnostic', () => {
  it('quotes a source without what steers, and keeps its fix', () => {
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };
    const one = finding('GRF1005', '/p/grafos.toml', range, 'Unknown "\u202e\u001b[2J".\nNext', {
      title: 'Change to "\u202ex"',
      edits: [{ range, newText: 'x' }],
    });
    const shown = lspDiagnostic(one);
    assert.equal(shown.message, 'Unknown "\\u202e\\u001b[2J".\nNext');
    const [action] = quickFixes([one], '/p/grafos.toml', range, [shown], () => ({}));
    assert.equal(action?.title, 'Change to "\\u202ex"');
    assert.equal(action?.diagnostics?.[0], shown);
  });
});
