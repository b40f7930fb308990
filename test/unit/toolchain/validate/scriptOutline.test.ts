// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the scripts under test have templates
import assert from 'node:assert/strict';
import { closingOf, scriptOutline } from '../../../../toolchain/validate/scriptOutline.ts';
import { scriptTokens } from '../../../../toolchain/validate/scriptTokens.ts';

const computeOf = (text: string) => {
  const { compute } = scriptOutline(text);
  if (compute === null) return null;
  const { exported, params, returns, start, paramsStart, paramsEnd } = compute;
  return {
    exported,
    from: text.slice(start, start + 6),
    params: params.map(({ name, type }) => `${name}: ${type.map((token) => token.text).join('')}`),
    returns: returns.map((token) => token.text).join(''),
    list: text.slice(paramsStart, paramsEnd),
  };
};

describe('the outline of a script', () => {
  it('has the names that the file declares, and those that it imports', () => {
    const { declared } = scriptOutline(
      `import { a, b as c } from "./x"; import * as d from './y'; import e from "z";
       class F {} function g() {} const h = 1; let i = 2; enum J {} type K = i32; interface L {} namespace M {}
       o.const; "const p"; // const q`,
    );
    for (const name of ['a', 'c', 'd', 'e', 'F', 'g', 'h', 'i', 'J', 'K', 'L', 'M'])
      assert.ok(declared.has(name), name);
    for (const name of ['b', 'p', 'q', 'o', 'const']) assert.ok(!declared.has(name), name);
  });

  it('has the imports with their files, and exports from other files, which bring no name', () => {
    const text = 'import { a } from "./x"; export { b } from "./y"; export * from "./z"; import "./side";';
    const { imports, declared } = scriptOutline(text);
    assert.deepEqual(
      imports.map(({ from }) => from),
      ['./x', './y', './z', './side'],
    );
    assert.equal(declared.has('b'), false);
    const [first] = imports;
    assert.equal(text.slice((first?.listEnd ?? 0) - 1, (first?.listEnd ?? 0) + 2).includes('}'), true);
    assert.equal(text.slice(first?.fromToken.start, first?.fromToken.end), '"./x"');
  });

  it('does not take an unfinished import for one, nor search the text for its end each time', () => {
    assert.deepEqual(
      scriptOutline('import { a } import { b } from "./x"').imports.map(({ from }) => from),
      ['./x'],
    );
    assert.deepEqual(scriptOutline('import').imports, []);
    assert.deepEqual(scriptOutline('import { '.repeat(20_000)).imports, []);
  });

  const rows: Array<[text: string, params: string[], returns: string, exported: boolean]> = [
    [
      'export function compute(input: Uint8Array): Uint8Array { return input; }',
      ['input: Uint8Array'],
      'Uint8Array',
      true,
    ],
    ['function compute() {}', [], '', false],
    [
      'function compute(a: string, b: Map<string, i32> = new Map<string, i32>()): void {}',
      ['a: string', 'b: Map<string,i32>'],
      'void',
      false,
    ],
    [
      'export function compute(a: (x: i32) => void, b: i32[]): StaticArray<u8> {}',
      ['a: (x:i32)=>void', 'b: i32[]'],
      'StaticArray<u8>',
      true,
    ],
    ['function compute(input: string): string {}\nexport { compute };', ['input: string'], 'string', true],
    ['function other() {}\nfunction compute(input) {}\nexport { other };', ['input: '], '', false],
    ['export function compute<T>(a: T): T {}', ['a: T'], 'T', true],
  ];
  for (const [text, params, returns, exported] of rows) {
    it(`finds compute: ${JSON.stringify(text).slice(1, 70)}`, () => {
      const found = computeOf(text);
      assert.deepEqual([found?.params, found?.returns, found?.exported], [params, returns, exported]);
    });
  }

  it('finds the place of its parameters, and where it begins with its modifiers', () => {
    const found = computeOf('  export function compute(a: string, b: i32): void {}');
    assert.deepEqual([found?.from, found?.list], ['export', 'a: string, b: i32)']);
  });

  for (const text of [
    '',
    'const compute = () => 1;',
    'class A { compute(): void {} }',
    'namespace A { export function compute(): void {} }',
    '// function compute() {}',
    '"function compute() {}"',
    'function computes() {}',
    'x.function compute() {}',
  ]) {
    it(`finds no compute: ${text}`, () => assert.equal(computeOf(text), null));
  }

  it('finds compute behind templates with braces in them', () => {
    assert.ok(computeOf('const a = `x${`{${b}`}y`;\nexport function compute(): void {}'));
    assert.ok(computeOf('function a() { return `}`; }\nfunction compute() {}'));
  });

  it('is one of half a text, as while somebody types', () => {
    for (const text of [
      'function compute',
      'function compute(',
      'function compute(a',
      'export function compute(a: ',
      'export {',
      'function compute():',
    ]) {
      scriptOutline(text);
    }
  });
});

describe('the bracket that closes another', () => {
  const closing = (text: string, open: number) => {
    const all = scriptTokens(text);
    return all[closingOf(all, open)]?.text;
  };

  it('is found through others and through templates', () => {
    assert.equal(closing('( [ { } ] ) x', 0), ')');
    assert.equal(closing('{ `a${ {} }b` } x', 0), '}');
    assert.equal(closing('{ `a${ b }c${ d }e` } x', 0), '}');
  });

  it('is the last token where there is none', () => {
    assert.equal(closing('( a b', 0), 'b');
    assert.equal(closing('a', -1), 'a');
  });
});
