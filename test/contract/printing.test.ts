import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Lines of the sources of a room that match, but for these files. */
function found(room: string, pattern: RegExp, ...but: string[]): string[] {
  return globSync(`${room}/**/*.ts`, { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !but.includes(path))
    .flatMap((path) =>
      readFileSync(join(root, path), 'utf8')
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
}

describe('text of others', () => {
  it('is printed by the command in one place, which neutralises it', () => {
    assert.deepEqual(found('cli', /std(?:out|err)\.write|console\.|writeSync\(1|writeSync\(2/, 'cli/output.ts'), []);
    for (const room of ['toolchain', 'program', 'wasm'])
      assert.deepEqual(found(room, /process\.std(?:out|err)|\bconsole\.\w+\(/), []);
  });

  it('is styled by the printer alone', () => {
    for (const room of ['cli', 'toolchain'])
      assert.deepEqual(found(room, /\bstyleText\(|\\x1b|\\u001b|\\e\[/, 'cli/output.ts', 'cli/printedLine.ts'), []);
  });

  it('reaches the log of a daemon in one place, which neutralises it', () => {
    const writers = found('daemons', /process\.stderr\.write|console\.(?:log|error|warn|info)\(/);
    assert.deepEqual(
      writers.filter((line) => !line.startsWith('daemons/kit/daemonLog.ts:')),
      [],
    );
  });

  it('goes into Markdown by the template that escapes it', () => {
    assert.deepEqual(found('extension', /appendText\(|appendCodeblock\(|supportHtml|baseUri/), []);
    assert.deepEqual(found('extension', /isTrusted = true/), []);
    const given = found(
      'extension',
      /(?:new vscode\.MarkdownString|appendMarkdown)\((?!\s*$|\)|''|markdown`|linksOf\()/,
    );
    assert.deepEqual(given, []);
  });

  it('goes into a notification by the function that escapes it', () => {
    const messages = /show(?:Error|Information|Warning)Message\b/;
    assert.deepEqual(found('extension', messages, 'extension/dialogs/notice.ts'), []);
    assert.deepEqual(
      found(
        'extension',
        /window\.withProgress\(/,
        'extension/dialogs/withProgress.ts',
        'extension/dialogs/withViewProgress.ts',
      ),
      [],
    );
  });

  it('is never markup on a page of the dashboard or of the Run panel', () => {
    const markup = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|eval\(/;
    const pages = globSync(['media/dashboard/**/*.js', 'extension/panel/page/*.ts'], { cwd: root });
    assert.ok(pages.length > 12);
    for (const path of pages) assert.doesNotMatch(readFileSync(join(root, path), 'utf8'), markup, path);
  });
});
