import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../base/packageRoot.ts';
import { standardApi } from '../../../language-server/standardApi.ts';
import { standardHover } from '../../../language-server/standardHover.ts';
import { textLines } from '../../../program/textLines.ts';

/** The text without its `|`, and where that stood. */
function cursor(marked: string) {
  const at = marked.indexOf('|');
  const text = marked.slice(0, at) + marked.slice(at + 1);
  return { text, position: textLines(text).positionAt(at) };
}

describe('hover on grafos-std', () => {
  const hover = (marked: string) => {
    const { text, position } = cursor(marked);
    const found = standardHover(text, position);
    return (found?.contents as { value: string } | undefined)?.value ?? null;
  };
  const json = 'import { Json, log, fail as no, context } from "grafos-std";\n';
  for (const [marked, wanted] of [
    ['import { fa|il } from "grafos-std";', /fail<T = Uint8Array>[\s\S]*Ends the run as `tasklet_failed`/],
    ['import { random } from "grafos-std";\nrandom.f|64();', /function f64\(\)[\s\S]*53 random bits/],
    [`${json}log.in|fo("a");`, /info\(text: string\)[\s\S]*run\.log/],
    [`${json}const a = Json.parse(input);\na.g|et("b");`, /get\(name: string\): Json/],
    [
      `${json}const a = Json.parse(input);\nconst b = a.has("x") ? a.get("x").at(0) : Json.array();\nb.pu|sh(a);`,
      /push\(value: Json\)/,
    ],
    [`${json}function f(a: Json): void { a.as|I64(); }`, /asI64/],
    [`${json}context().g|et("tenant")`, /get\(name: string\)/],
  ] as const)
    it(marked.split('\n').slice(-1)[0] ?? '', () => assert.match(hover(marked) ?? 'nothing', wanted));

  it('is silent on names of other origin', () => {
    for (const marked of [
      'function fa|il(): void {}',
      'import { fa|il } from "./own";',
      `${json}const a = [1];\na.pu|sh(2);`,
      `${json}const a = a;\na.g|et("loop");`,
      `${json}"log.in|fo"`,
      `${json}|`,
    ])
      assert.equal(hover(marked), null, marked);
  });

  it('has an entry for everything the entry file exports', () => {
    const index = readFileSync(join(packageRoot, 'sdk/assemblyscript/index.ts'), 'utf8');
    const names = [...index.matchAll(/\{([^}]*)\}/g)].flatMap(([, list]) =>
      (list ?? '').split(',').map((one) => one.trim()),
    );
    assert.deepEqual(
      names.filter((name) => !standardApi().has(name)),
      [],
    );
    const silent = names.filter((name) => standardApi().get(name)?.doc === '');
    assert.deepEqual(silent, []);
  });
});
