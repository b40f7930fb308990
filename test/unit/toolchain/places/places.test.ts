import assert from 'node:assert/strict';
import { enclosingFunction } from '../../../../toolchain/places/enclosingFunction.ts';
import { panicPlace } from '../../../../toolchain/places/panicPlace.ts';
import { watFunctions } from '../../../../toolchain/places/watFunctions.ts';

describe('panicPlace', () => {
  const rows: Array<[log: string, place: string | null]> = [
    ['error panicked at src/lib.rs:4:5:\nboom\n', 'src/lib.rs:4:5'],
    [
      "error panicked at 'index out of bounds: the len is 3 but the index is 9', tasklets/a/src/lib.rs:2:5\n",
      'tasklets/a/src/lib.rs:2:5',
    ],
    ["error panicked at 'it's at x.rs:1:2, see', src/b.rs:30:12\n", 'src/b.rs:30:12'],
    ["error panicked at 'two\nlines', src/b.rs:3:1\n", 'src/b.rs:3:1'],
    ['error panicked at src/a.rs:1:1:\na\nerror panicked at src/b.rs:2:2:\nb\n', 'src/b.rs:2:2'],
    ['info nothing of that kind, src/lib.rs:4:5\n', null],
    ['', null],
  ];
  for (const [log, place] of rows) {
    it(JSON.stringify(log), () => {
      const found = panicPlace(log);
      assert.equal(found === null ? null : `${found.path}:${found.line}:${found.column}`, place);
    });
  }

  it('takes a moment for a log made to be slow', () => {
    assert.equal(panicPlace("panicked at '".repeat(5000)), null);
  });
});

describe('enclosingFunction', () => {
  const script = [
    'class Box {',
    '  get size(): i32 {',
    '    return 1;',
    '  }',
    '  constructor(n: i32) {',
    '    if (n > 0) {',
    '      n = 1 / (n - 1);',
    '    }',
    '  }',
    '}',
    'const LIMIT = 3;',
    'export function compute(input: string): string { return input; }',
  ];
  const rows: Array<[line: number, name: string | null]> = [
    [3, 'size'],
    [7, 'constructor'],
    [11, null],
    [12, 'compute'],
  ];
  for (const [line, name] of rows) {
    it(`line ${line} is in ${name}`, () => assert.equal(enclosingFunction(script, line, 'assemblyscript'), name));
  }
  it('knows functions of Rust', () => {
    const text = [
      'impl Thing {',
      '    pub(crate) fn grow<T>(&mut self) -> T {',
      '        loop {',
      '            x();',
      '        }',
      '    }',
      '}',
    ];
    assert.equal(enclosingFunction(text, 4, 'rust'), 'grow');
  });
});

describe('watFunctions', () => {
  it('counts as the binary does: imports first, wherever they are written', () => {
    const text = `;; (func $comment)
(module $name
  (import "a" "b" (func $imported (param i32)))
  (memory 1)
  (func $inline (import "a" "c"))
  (type $t (func (param i32)))
  (table 1 funcref)
  (elem (i32.const 0) func $first)
  (func $first (call_indirect (type $t) (i32.const 0) (i32.const 0)))
  (func (export "second"))
  (func))`;
    assert.deepEqual(
      watFunctions(text).map(({ name, line }) => [name, line]),
      [
        ['$imported', 3],
        ['$inline', 5],
        ['$first', 9],
        ['second', 10],
        [null, 11],
      ],
    );
  });

  it('takes fields without a module around them', () => {
    assert.deepEqual(
      watFunctions('(func $a)\n(func $b)').map(({ name }) => name),
      ['$a', '$b'],
    );
  });
});
