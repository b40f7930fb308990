import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../base/packageRoot.ts';

interface Rule {
  match?: string;
  begin?: string;
  end?: string;
  name?: string;
  include?: string;
  patterns?: Rule[];
}

const folder = join(packageRoot, 'media', 'manifest-language');
const grammar: Rule & { repository: Record<string, Rule> } = JSON.parse(
  readFileSync(join(folder, 'grammar.json'), 'utf8'),
);
const rules = (rule: Rule): Rule[] => [rule, ...(rule.patterns ?? []).flatMap(rules)];
const all = [grammar, ...Object.values(grammar.repository)].flatMap(rules);

/** The rule's first match in a text that its name colours. */
const coloured = (rule: string, text: string) => new RegExp(grammar.repository[rule]?.match ?? '(?!)').exec(text)?.[0];

describe('the grammar of grafos.toml', () => {
  it('has expressions that compile, and includes that are there', () => {
    assert.ok(all.length > 20);
    for (const { match, begin, end, include } of all) {
      for (const one of [match, begin, end]) if (one !== undefined) new RegExp(one);
      if (include !== undefined) assert.ok(grammar.repository[include.slice(1)], include);
    }
  });

  for (const [rule, text, wanted] of [
    ['comment', 'fuel = 1 # units', '# units'],
    ['number', '500_000', '500_000'],
    ['number', '-0x1F', '-0x1F'],
    ['number', '1.5e-3', '1.5e-3'],
    ['boolean', 'true', 'true'],
    ['date', '2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
  ] as const)
    it(`colours ${wanted} as ${rule}`, () => assert.equal(coloured(rule, text), wanted));

  it('belongs to the language of files named grafos.toml, whose comments begin with #', () => {
    const { contributes } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
    const [language] = contributes.languages;
    assert.deepEqual(language.filenames, ['grafos.toml']);
    assert.equal(contributes.grammars[0].language, language.id);
    assert.equal(JSON.parse(readFileSync(join(folder, 'configuration.json'), 'utf8')).comments.lineComment, '#');
  });
});
