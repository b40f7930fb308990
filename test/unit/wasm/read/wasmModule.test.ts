import assert from 'node:assert/strict';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { functionType } from '../../../../wasm/read/wasmModule.ts';
import { compileWat } from '../../../helpers/compileWat.ts';

describe('the type of a function', () => {
  const module = readModule(
    compileWat(`(module
      (type $a (func (param i32))) (type $b (func (result f64 v128))) (type $c (func (param i64 funcref)))
      (import "m" "g" (global i32))
      (import "m" "f" (func (type $b)))
      (import "m" "t" (table 1 funcref))
      (import "m" "h" (func (type $a)))
      (func (type $c)) (func (type $a)))`),
  );

  it('is that of its import, whatever else is imported between, or of the module itself', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((index) => functionType(module, index)),
      [
        { params: [], results: ['f64', 'v128'] },
        { params: ['i32'], results: [] },
        { params: ['i64', 'funcref'], results: [] },
        { params: ['i32'], results: [] },
      ],
    );
  });

  it('is none for an index that there is not', () => {
    for (const index of [4, 1e9, -1, Number.NaN]) assert.equal(functionType(module, index), undefined, `${index}`);
    assert.equal(functionType(readModule(compileWat('(module)')), 0), undefined);
  });
});
