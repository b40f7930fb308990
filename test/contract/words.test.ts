import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFiles } from '../../scripts/repositoryFiles.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const SOURCES = repositoryFiles(
  /^(?:base|cli|daemons|extension|language-server|program|toolchain|typescript-plugin|wasm)\/.*\.ts$/,
);

/** Texts in quotation marks of a source, those of several lines too. */
function textsOf(source: string): string[] {
  const code = source.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '');
  const quoted = code.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g);
  return [...quoted].map(([, ...texts]) => texts.find((text) => text !== undefined) ?? '');
}

/** Texts of the sources that match, each with its file. */
function found(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((path) =>
    textsOf(read(path))
      .filter((text) => pattern.test(text))
      .map((text) => `${path}: ${text}`),
  );
}

/** Options of the command line that stand in a text outside of a command which takes them. */
function looseOptions(text: string): string[] {
  return text.replaceAll(/\bgrafos [^.;,`]*/g, '').match(/(?<![\w-])--[a-z][\w-]*/g) ?? [];
}

describe('words of the product', () => {
  it('are found, so that none is overlooked', () => {
    assert.ok(SOURCES.length > 700, `${SOURCES.length} sources`);
    const texts = textsOf("// 'no'\nconst a = 'it\\'s';\nf(\"b\", `c\nd`);\n/** `no`\n * 'no'\n */\n");
    assert.deepEqual(texts, ["it\\'s", 'b', 'c\nd']);
    assert.ok(found(SOURCES, /lower-?case letter/).length > 4);
  });

  it('call letters lower-case, nowhere small', () => {
    const small = /\b(?:small|little) letters?\b|\bsmall-?case\b/i;
    assert.deepEqual(found(SOURCES, small), []);
    const pages = ['package.json', 'package.nls.json', 'README.md', ...repositoryFiles(/^(?:docs|media|man|sdk)\/.*/)];
    const texts = pages.filter((path) => /\.(?:md|json|html|js|ts|rs|1)$/.test(path));
    assert.ok(texts.length > 100, `${texts.length} pages`);
    assert.deepEqual(
      texts.filter((path) => small.test(read(path))),
      [],
    );
  });

  it('list three things as "a, b and c", never with "and" twice', () => {
    const joined = SOURCES.filter((path) => /\.join\((['"`]),? and \1\)/.test(read(path)));
    assert.deepEqual(joined, []);
  });

  it('glue no reason to a sentence with a colon behind its full stop', () => {
    const glued = /\$\{[^}]*\b(?:message|what|sentence)\}: \$\{/;
    const allowed = /\.replace\(/;
    assert.deepEqual(
      found(SOURCES, glued).filter((text) => /\berror\.message\}: \$\{/.test(text) && !allowed.test(text)),
      [],
    );
    assert.deepEqual(found(SOURCES, /\.pem\.[:;,]|\.[:;,] \$\{/), []);
  });

  it('name the provider in a command, not its placeholder', () => {
    assert.deepEqual(found(SOURCES, /grafos (?:cloud|provider) \w+ (?:PROVIDER|<provider>)/), []);
  });

  it('promise to ask once only where a yes is remembered', () => {
    assert.doesNotMatch(read('package.nls.json'), /ask once/i);
    assert.match(read('package.nls.json'), /"setting\.deploy\.confirmCloud": "Ask before the first deploy/);
  });
});

describe('advice of the daemons, which the dashboard shows too', () => {
  // The errors of a start by hand name the flags of the daemon itself.
  const daemons = SOURCES.filter(
    (path) => /^daemons\/(?:helper|scheduler|fabricbiosd|tenant|peers)\//.test(path) && !path.endsWith('/flags.ts'),
  );

  it('names options only in a whole command', () => {
    assert.deepEqual(looseOptions('Ask for less with --mem.'), ['--mem']);
    assert.deepEqual(looseOptions('Start it: grafos dev up --mem-capacity 16m'), []);
    const advice = found(daemons, /^[A-Z][^\n]* --[a-z]/);
    assert.ok(advice.length > 2, 'some advice has commands');
    assert.deepEqual(
      advice.filter((text) => looseOptions(text).length > 0),
      [],
    );
  });
});

describe('the guide', () => {
  it('says that mem read writes raw bytes into a pipe', () => {
    const sentences = (path: string) =>
      read(path)
        .replaceAll(/\s+/g, ' ')
        .split(/(?<=\.) /);
    for (const path of ['docs/guide/cli.md', 'docs/guide/fabric-memory.md']) {
      const told = sentences(path).filter((one) => one.includes('`mem read`') || one.includes('`grafos mem read`'));
      assert.ok(
        told.some((one) => /\bpipe\b/.test(one) && /\b(?:raw|as they are)\b/.test(one)),
        path,
      );
    }
  });

  it('names the end of a certificate in the JSON of the commands that issue one', () => {
    const page = read('docs/guide/cli.md');
    for (const name of ['init-ca', 'issue-cert', 'issue-server-cert']) {
      const [, section = ''] = page.split(`### \`grafos admin ${name}\`\n`);
      const [, shape] = /^JSON: `(.*)`$/m.exec(section.split('\n### ')[0] ?? '') ?? [];
      assert.equal(shape, '{cert, key, not_after}', name);
    }
  });
});
