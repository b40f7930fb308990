import assert from 'node:assert/strict';
import { typesMet } from '../../../../../daemons/fabricbiosd/pool/typesMet.ts';
import { meter } from '../../../../../wasm/meter/meter.ts';
import { readModule } from '../../../../../wasm/read/readModule.ts';
import { compileWat } from '../../../../helpers/compileWat.ts';

const MANY = `(module
  (type (func)) (type (func (param i32) (result i32 i64))) (type (func (param i64 i64) (result f64)))
  (func (type 1) (i32.const 1) (i64.const 2))
  (func (export "f") (type 2) (drop (call 0 (i32.const 1))) (drop) (f64.const 1)))`;

describe('function types that V8 meets in a module', () => {
  it('are those of the artifact and all that the meter adds, each once', () => {
    const bytes = compileWat(MANY);
    const met = typesMet(bytes);
    assert.equal(new Set(met).size, met.length);
    const added = readModule(meter(bytes, { memoryMaxPages: 1 }).bytes, { bodies: false, metered: true }).types;
    const distinct = new Set(added.map(({ params, results }) => `${params}>${results}`));
    assert.ok(met.length >= distinct.size, `${met.length} counted, ${distinct.size} met`);
    assert.deepEqual(typesMet(bytes), met);
  });

  it('are counted of a module that is refused for what follows its types', () => {
    const bytes = compileWat(MANY);
    const met = typesMet(bytes);
    const broken = Uint8Array.from([...bytes.subarray(0, bytes.length - 3), 0xff, 0xff, 0xff]);
    assert.deepEqual(typesMet(broken), met);
  });

  it('differ where the types differ in one value, and are none of what is no module', () => {
    const one = typesMet(compileWat('(module (type (func (param i32 i64))))'));
    for (const other of ['(param i64 i32)', '(param i32 i64 i64)', '(param i32) (result i64)', '(result i32 i64)'])
      assert.equal(
        typesMet(compileWat(`(module (type (func ${other})))`)).some((hash) => hash === one[0]),
        false,
        other,
      );
    assert.deepEqual(typesMet(new Uint8Array()), []);
    assert.deepEqual(typesMet(Buffer.from('no module at all')), []);
  });
});
