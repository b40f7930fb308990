import assert from 'node:assert/strict';
import { BodyScan } from '../../../../../wasm/meter/bodyScan.ts';
import { ByteWriter } from '../../../../../wasm/meter/byteWriter.ts';
import { BalanceWriter } from '../../../../../wasm/meter/inserted/balanceWriter.ts';
import { canonicalGroups } from '../../../../../wasm/meter/inserted/canonicalNan.ts';
import { writeCharge } from '../../../../../wasm/meter/inserted/charge.ts';
import { writeEntryCheck } from '../../../../../wasm/meter/inserted/check.ts';
import { readEnvelope, writeClosing, writeLocals, writeOpening } from '../../../../../wasm/meter/inserted/envelope.ts';
import { BalanceAt } from '../../../../../wasm/meter/regionPlan.ts';
import { EMPTY_BLOCK } from '../../../../../wasm/read/opcodes.ts';
import { readModule } from '../../../../../wasm/read/readModule.ts';
import { signaturesOf } from '../../../../../wasm/read/signatures.ts';
import { skipLocals } from '../../../../../wasm/read/skipLocals.ts';
import { Shape } from '../../../../../wasm/read/stackEffect.ts';
import { compileWat } from '../../../../helpers/compileWat.ts';
import { functionBodies } from '../../../../helpers/functionBodies.ts';

const PARAMS = 1;

interface Shell {
  groups: number;
  shapes: readonly number[];
  fuelGlobal: number;
  isInner: boolean;
  isWrapped: boolean;
  isLong: boolean;
}

/** Writes a body of one `nop`, and compares what is read with what was written. */
function roundTrip({ groups, shapes, fuelGlobal, isInner, isWrapped, isLong }: Shell): void {
  const declared = Array.from({ length: groups }, (_, at) => `(local ${at % 2 === 0 ? 'i32' : 'i64'})`).join(' ');
  const bytes = compileWat(`(module (func (param i32) ${declared} nop))`);
  const [place] = functionBodies(bytes);
  assert.ok(place);
  const scan = new BodyScan(signaturesOf(readModule(bytes)), 1);
  scan.scan(bytes, place.start, place.end);
  const { facts } = scan;
  const code = new BalanceWriter(new ByteWriter(64), fuelGlobal);
  const fuelLocal = isInner ? PARAMS : PARAMS + facts.locals;
  code.begin(isInner, isWrapped);
  code.keepIn(fuelLocal);
  writeLocals(code, bytes, facts, canonicalGroups(shapes));
  writeOpening(code, Uint8Array.of(EMPTY_BLOCK));
  const from = code.out.length;
  if (isWrapped) writeEntryCheck(code, true);
  writeCharge(code, 70_000, isWrapped || isInner ? BalanceAt.local : BalanceAt.global, false);
  code.out.copy(bytes, facts.first, facts.end);
  const to = code.out.length;
  writeClosing(code, 0, isLong);
  const written = code.out.written();
  const first = skipLocals(written, 0, written.length, 4);
  const read = readEnvelope(written, fuelGlobal, isInner, { start: 0, first, end: written.length });
  assert.deepEqual(read, {
    fuelLocal,
    from,
    to,
    addedLocals: first - (facts.first - facts.start),
    canonicalLocal: shapes.length === 0 ? Number.POSITIVE_INFINITY : PARAMS + facts.locals + 1,
  });
}

describe('the envelope of a metered body', () => {
  // One group more than 127 takes another byte for the number of groups, and for that of a local.
  for (const groups of [0, 1, 124, 125, 126, 127, 128]) {
    for (const fuelGlobal of [3, 300]) {
      for (const shapes of [[], [Shape.f64], [Shape.f32, Shape.f32x4]]) {
        for (const [isInner, isWrapped, isLong] of [
          [false, false, false],
          [false, true, false],
          [false, true, true],
          [true, false, false],
          [true, true, false],
        ] as const) {
          // The balance of an inner function is a local of one byte.
          const kind = `${isInner ? 'inner ' : ''}${isWrapped ? 'wrapped ' : ''}${isLong ? 'long ' : ''}`;
          it(`of a ${kind}body is read as written: ${groups} groups, global ${fuelGlobal}, shapes ${shapes}`, () =>
            roundTrip({ groups, shapes, fuelGlobal, isInner, isWrapped, isLong }));
        }
      }
    }
  }
});
