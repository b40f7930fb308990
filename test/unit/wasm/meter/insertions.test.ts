import assert from 'node:assert/strict';
import { FUEL_UNIT } from '../../../../wasm/meter/balance.ts';
import { ByteWriter } from '../../../../wasm/meter/byteWriter.ts';
import { BalanceWriter } from '../../../../wasm/meter/inserted/balanceWriter.ts';
import { readCanonicalNan, writeCanonicalNan } from '../../../../wasm/meter/inserted/canonicalNan.ts';
import {
  readCharge,
  readLoad,
  readPassed,
  readStore,
  writeCharge,
  writePassed,
  writeStore,
} from '../../../../wasm/meter/inserted/charge.ts';
import {
  readCheck,
  writeCheck,
  writeDepthCheck,
  writeEntryCheck,
  writeGlobalCheck,
} from '../../../../wasm/meter/inserted/check.ts';
import { CodeReader } from '../../../../wasm/meter/inserted/codeReader.ts';
import type { Insertion } from '../../../../wasm/meter/inserted/insertion.ts';
import { readInterruptCall, writeInterruptCall } from '../../../../wasm/meter/inserted/interruptCall.ts';
import { readAround, readIteration, writeAround, writeIteration } from '../../../../wasm/meter/inserted/iteration.ts';
import {
  readElseRefund,
  readExit,
  readRefund,
  writeElseRefund,
  writeExit,
  writeRefund,
} from '../../../../wasm/meter/inserted/refund.ts';
import { BalanceAt } from '../../../../wasm/meter/regionPlan.ts';
import { Op } from '../../../../wasm/read/opcodes.ts';
import { Shape } from '../../../../wasm/read/stackEffect.ts';

/** Numbers of one byte and of two, so that no reader counts on a length. */
const FUEL_GLOBALS = [3, 300];
const LOCALS = [7, 200];
const CANONICAL_LOCAL = 201;
const INTERRUPT = 130;
const WEIGHT = 32_767;

type Read = (code: CodeReader, offset: number) => Insertion | null;
interface Pair {
  write(code: BalanceWriter): void;
  read: Read;
  /** Facts of the insertion beside its length. */
  is?: Partial<Insertion>;
}

const charge = (instructions: number, weight: number, from: BalanceAt, isDirect: boolean): Pair => ({
  write: (code) => writeCharge(code, instructions * FUEL_UNIT - weight, from, isDirect),
  read: readCharge,
  is: { charge: instructions },
});

const PAIRS: Record<string, Pair> = {
  'a charge of the local': charge(1, 0, BalanceAt.local, false),
  'a charge with the weight of a frame that is entered': charge(9, WEIGHT, BalanceAt.local, false),
  'a charge without the weight of a frame that was left': charge(9, -WEIGHT, BalanceAt.stack, false),
  'a charge of weight alone': charge(0, -WEIGHT, BalanceAt.stack, false),
  'a negative charge': charge(-40_000, 0, BalanceAt.local, false),
  'a charge of the global': charge(500_000, 0, BalanceAt.global, false),
  'a charge in the global only': charge(2, 0, BalanceAt.global, true),
  'a charge to the global': charge(2, WEIGHT, BalanceAt.local, true),
  'a load from the global': {
    write: (code) => writeCharge(code, 0, BalanceAt.global, false),
    read: readLoad,
  },
  'a load from the stack': { write: (code) => writeCharge(code, 0, BalanceAt.stack, false), read: readLoad },
  'a store': { write: writeStore, read: readStore },
  'a check': { write: (code) => writeCheck(code, 200), read: readCheck },
  'an entry of a function that calls': { write: (code) => writeEntryCheck(code, true), read: readCheck },
  'an entry of a function without calls': { write: (code) => writeEntryCheck(code, false), read: readCheck },
  'a check of the depth': { write: (code) => writeDepthCheck(code, BalanceAt.local, 17), read: readCheck },
  'a check of the depth in the global': {
    write: (code) => writeDepthCheck(code, BalanceAt.global, 17),
    read: readCheck,
  },
  'a check of the global': { write: writeGlobalCheck, read: readCheck },
  'a refund': { write: (code) => writeRefund(code, 70 * FUEL_UNIT - 3), read: readRefund },
  'a refund of an if that is not entered': {
    write: (code) => writeElseRefund(code, FUEL_UNIT),
    read: readElseRefund,
  },
  'an exit': { write: (code) => writeExit(code, FUEL_UNIT, 3, false), read: readExit, is: { replaced: 2 } },
  'an exit of the function': { write: (code) => writeExit(code, 0, 1, true), read: readExit, is: { replaced: 2 } },
  'the block around an unrolled loop': { write: (code) => writeAround(code, Op.block), read: readAround },
  'the end of that block': { write: (code) => writeAround(code, Op.end), read: readAround },
  'the first iteration': {
    write: (code) => writeIteration(code, true, false),
    read: readIteration,
    is: { iteration: 'first' },
  },
  'another iteration': {
    write: (code) => writeIteration(code, false, false),
    read: readIteration,
    is: { iteration: 'repeated' },
  },
  'the last iteration': {
    write: (code) => writeIteration(code, false, true),
    read: readIteration,
    is: { iteration: 'repeated' },
  },
  'a call of the interrupt function': {
    write: ({ out }) => writeInterruptCall(out, INTERRUPT),
    read: (code, offset) => readInterruptCall(code, offset, INTERRUPT),
  },
  ...Object.fromEntries(
    (['f32', 'f64', 'f32x4', 'f64x2'] as const).map((shape) => [
      `a canonical NaN of ${shape}`,
      {
        write: ({ out }: BalanceWriter) => writeCanonicalNan(out, Shape[shape], CANONICAL_LOCAL),
        read: (code: CodeReader, offset: number) => readCanonicalNan(code, offset, CANONICAL_LOCAL),
      },
    ]),
  ),
};

/** Functions with the balance in a local or a parameter, with and without a block for the trap. */
const FUNCTIONS = FUEL_GLOBALS.flatMap((fuelGlobal) =>
  LOCALS.flatMap((local) =>
    [false, true].flatMap((isInner) => [false, true].map((isWrapped) => ({ fuelGlobal, local, isInner, isWrapped }))),
  ),
);

function begin({ fuelGlobal, local, isInner, isWrapped }: (typeof FUNCTIONS)[number]): BalanceWriter {
  const code = new BalanceWriter(new ByteWriter(64), fuelGlobal);
  code.begin(isInner, isWrapped);
  code.keepIn(local);
  code.out.u8(Op.nop);
  return code;
}

describe('insertions', () => {
  for (const [what, { write, read, is = {} }] of Object.entries(PAIRS)) {
    it(`${what} is read as it was written`, () => {
      for (const role of FUNCTIONS) {
        const code = begin(role);
        write(code);
        const end = code.out.length;
        // Nothing in the code after it belongs to it.
        code.out.append([Op.nop, Op.end]);
        const reader = new CodeReader(code.out.written(), code.out.length, role.fuelGlobal, role.local);
        const expected = { next: end, charge: 0, replaced: 0, iteration: null, ...is };
        assert.deepEqual(read(reader, 1), expected, JSON.stringify(role));
      }
    });
  }

  it('a balance that is passed is read in front of a call and a return only', () => {
    for (const [opcode, isPassed] of [
      [Op.call, true],
      [Op.return, true],
      [Op.drop, false],
    ] as const) {
      const code = begin({ fuelGlobal: 3, local: 7, isInner: true, isWrapped: true });
      writePassed(code);
      const next = code.out.length;
      code.out.append([opcode, 0]);
      const reader = new CodeReader(code.out.written(), code.out.length, 3, 7);
      assert.equal(readPassed(reader, 1)?.next, isPassed ? next : undefined);
    }
  });

  it('code that names another local or global is not read as an insertion', () => {
    for (const [what, { write, read }] of Object.entries(PAIRS)) {
      // These are recognised by another number, or by the check of the first instruction before.
      if (/NaN|interrupt function|check|entry|charge|block/.test(what)) continue;
      const code = begin({ fuelGlobal: 3, local: 7, isInner: false, isWrapped: true });
      write(code);
      code.out.append([Op.nop, Op.end]);
      const reader = new CodeReader(code.out.written(), code.out.length, 4, 8);
      assert.equal(read(reader, 1), null, what);
    }
  });
});
