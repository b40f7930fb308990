import assert from 'node:assert/strict';
import { readModule, standardApi } from '../../../language-server/standardApi.ts';

describe('the API of grafos-std', () => {
  it('has functions, namespaces, classes and their members, each with its words', () => {
    const api = standardApi();
    for (const name of ['fail', 'log', 'log.info', 'Json', 'Json.parse', 'Json#get']) assert.ok(api.has(name), name);
    const without = [...api].filter(([, { doc }]) => doc === '').map(([name]) => name);
    assert.deepEqual(without, [], 'without a doc comment');
    assert.equal(standardApi(), api);
  });

  it('has nothing that a tasklet cannot import', () => {
    const api = standardApi();
    for (const name of ['constructor', 'Json.constructor', 'Json#constructor', 'abort'])
      assert.equal(api.has(name), false, name);
  });

  it('has signatures without bodies and comments', () => {
    for (const [name, { signature }] of standardApi()) {
      assert.doesNotMatch(signature, /[{]$|\/\*\*|\n|,$/, name);
      assert.ok(signature.includes(name.split(/[.#]/).at(-1) ?? ''), name);
    }
  });
});

describe('the declarations of a module', () => {
  const read = (text: string) =>
    [...readModule(text)].map(([name, { signature, doc, returns }]) => `${name} | ${signature} | ${doc} | ${returns}`);

  it('are functions with what they return', () => {
    assert.deepEqual(read('/** Adds. */\nexport function add(a: i32, b: i32): i32 {\n  return a + b;\n}\n'), [
      'add | export function add(a: i32, b: i32): i32 | Adds. | i32',
    ]);
    assert.deepEqual(
      read('export function get(): string | null {\n}\nexport function f(): Map<string, i32> {\n}\n').map((one) =>
        one.split(' | ').at(-1),
      ),
      ['null', 'null'],
    );
  });

  it('are those that are exported alone', () => {
    assert.deepEqual(read('/** No. */\nfunction hidden(): void {}\nexport const x = 1;\nlet y = 2;\n'), []);
  });

  it('have doc comments of several lines, links as code, behind decorators too', () => {
    const text =
      '/**\n * One {@link Json}.\n *\n * Two.\n */\n// @ts-ignore: decorator\n@inline\nexport function f(): void {\n}\n';
    assert.deepEqual(
      [...readModule(text.replace('// @ts-ignore: decorator\n', ''))].map(([, { doc }]) => doc),
      ['One `Json`.\n\nTwo.'],
    );
  });

  it('are members of namespaces, which lend them their words, and of classes by their kind', () => {
    const text = `/** Writes. */
export namespace log {
  export function info(text: string): void {
  }
  /** Bad news. */
  export function error(text: string): void {
  }
  function hidden(): void {}
}
/** A value. */
export class Json {
  constructor(x: i32) {
  }
  /** Reads. */
  static parse(text: string): Json {
  }
  /** Size. */
  get size(): i32 {
  }
  /** One. */
  get(name: string): Json {
  }
}
/** Kinds. */
export const enum Kind {
  /** None. */
  none,
  some = 1,
}
export function after(): void {
}
`;
    assert.deepEqual(
      [...readModule(text)].map(([name, { doc }]) => `${name} ${doc}`.trim()),
      [
        'log Writes.',
        'log.info Writes.',
        'log.error Bad news.',
        'Json A value.',
        'Json.parse Reads.',
        'Json#size Size.',
        'Json#get One.',
        'Kind Kinds.',
        'Kind.none None.',
        'Kind.some',
        'after',
      ],
    );
  });
});
