import assert from 'node:assert/strict';
import { ByteWriter } from '../../../../wasm/meter/byteWriter.ts';
import { NanScan } from '../../../../wasm/meter/nanScan.ts';
import { OriginalCode } from '../../../../wasm/meter/originalCode.ts';
import { RegionPlan } from '../../../../wasm/meter/regionPlan.ts';
import { Op } from '../../../../wasm/read/opcodes.ts';
import { Shape } from '../../../../wasm/read/stackEffect.ts';

const INTERRUPT = 5;
const CALL = Buffer.from([Op.call, INTERRUPT]).toString('hex');
/** The first bytes of code that makes an f32 canonical: `local.tee 9`. */
const CANONICAL = Buffer.from([Op.localTee, 9]).toString('hex');
const CANONICAL_LOCAL = 9;

/** Code of thirty bytes, each of which is its own offset. */
const CODE = Uint8Array.from({ length: 30 }, (_, at) => at);

interface Copied {
  original: OriginalCode;
  plan: RegionPlan;
  /** All that was written, with insertions as `call` and `nan`. */
  text(): string;
}

function begin(nanPlaces: number[], longPlaces: number[], bytes = CODE): Copied {
  const out = new ByteWriter(64);
  const nans = new NanScan({ params: new Uint16Array(0), results: new Uint16Array(0), typeOf: new Uint32Array(0) });
  nans.after.push(...nanPlaces);
  nans.shape.push(...nanPlaces.map(() => Shape.f32));
  const plan = new RegionPlan();
  for (const place of longPlaces) plan.longSteps.add(place);
  const original = new OriginalCode(out, INTERRUPT, nans);
  original.begin(bytes, CANONICAL_LOCAL);
  original.follow(plan);
  const nanBytes = new RegExp(`${CANONICAL}43.{8}${'2009'.repeat(2)}5b1b`, 'g');
  return {
    original,
    plan,
    text: () =>
      Buffer.from(out.written())
        .toString('hex')
        .replaceAll(nanBytes, ' nan ')
        .replaceAll(CALL, ' call ')
        .replace(/ {2,}/g, ' ')
        .trim(),
  };
}

describe('OriginalCode', () => {
  it('copies code as it is', () => {
    const { original, text } = begin([], []);
    original.copy(3, 6);
    original.copyStep(7, 8);
    assert.equal(text(), '03040507');
  });

  const rows: Array<[what: string, nans: number[], long: number[], copies: Array<[number, number]>, text: string]> = [
    ['makes a NaN canonical after its instruction', [4], [], [[2, 6]], '0203 nan 0405'],
    ['makes a NaN canonical at the end of a stretch', [6], [], [[2, 6]], '02030405 nan'],
    ['interrupts in front of a long instruction', [], [4], [[2, 6]], '0203 call 0405'],
    ['leaves a long instruction at the end to the next stretch', [], [6], [[2, 6]], '02030405'],
    [
      'interrupts at the begin of the next stretch',
      [],
      [6],
      [
        [2, 6],
        [6, 8],
      ],
      '02030405 call 0607',
    ],
    ['makes the NaN canonical before the call, when both are at one place', [4], [4], [[2, 6]], '0203 nan call 0405'],
    ['has several of both', [3, 5], [4, 7], [[2, 9]], '02 nan 03 call 04 nan 0506 call 0708'],
    [
      'keeps what is past the end for later',
      [8],
      [9],
      [
        [2, 6],
        [6, 10],
      ],
      '020304050607 nan 08 call 09',
    ],
  ];
  for (const [what, nans, long, copies, expected] of rows) {
    it(what, () => {
      const { original, text } = begin(nans, long);
      for (const [from, to] of copies) original.copy(from, to);
      assert.equal(text(), expected);
    });
  }

  it('writes the NaNs of code that is repeated once more', () => {
    const { original, text } = begin([4, 8], []);
    for (let iteration = 0; iteration < 3; iteration++) {
      original.repeatFrom(3);
      original.copy(3, 5);
    }
    original.copy(7, 9);
    assert.equal(text(), `${'03 nan 04'.repeat(3)}07 nan 08`);
  });

  it('begins the next body with its own NaNs', () => {
    const { original, text } = begin([4], []);
    original.copy(3, 5);
    original.begin(CODE, CANONICAL_LOCAL);
    original.copy(3, 5);
    assert.equal(text(), '03 nan 0403 nan 04');
  });

  it('gives each local that moves the next number, once', () => {
    const bytes = Uint8Array.of(Op.localGet, 3, Op.localSet, 4, Op.localTee, 125);
    const { original, plan, text } = begin([], [], bytes);
    plan.movedLocals.add(1);
    plan.movedLocals.add(5);
    original.follow(plan);
    original.copy(0, bytes.length);
    assert.equal(text(), Buffer.from([Op.localGet, 4, Op.localSet, 4, Op.localTee, 126]).toString('hex'));
  });
});
