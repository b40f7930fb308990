import assert from 'node:assert/strict';
import { balanceOf, DEPTH_MAX, FUEL_UNIT } from '../../../../../wasm/meter/balance.ts';
import { ByteWriter } from '../../../../../wasm/meter/byteWriter.ts';
import { BalanceWriter } from '../../../../../wasm/meter/inserted/balanceWriter.ts';
import {
  readCheck,
  writeCheck,
  writeDepthCheck,
  writeEntryCheck,
  writeGlobalCheck,
} from '../../../../../wasm/meter/inserted/check.ts';
import { CodeReader } from '../../../../../wasm/meter/inserted/codeReader.ts';
import { BalanceAt } from '../../../../../wasm/meter/regionPlan.ts';
import { EMPTY_BLOCK, Op } from '../../../../../wasm/read/opcodes.ts';

type Write = (code: BalanceWriter, depth: number) => void;

/** Number of the local that has the balance, behind the one parameter. */
const LOCAL = 1;

/**
 * Runs a check on a balance, in a body that is wrapped into the block of its trap or not.
 *
 * @returns true where the check let the code after it run
 */
function passes(write: Write, balance: bigint, isWrapped: boolean): boolean {
  const code = new BalanceWriter(new ByteWriter(64), 0);
  code.begin(false, isWrapped);
  code.keepIn(LOCAL);
  const { out } = code;
  // One local, an i64, set from the global; then the blocks of a wrapped body.
  out.append([1, 1, 0x7e]);
  code.getGlobal();
  code.setLocal();
  if (isWrapped) out.append([Op.block, EMPTY_BLOCK, Op.block, EMPTY_BLOCK]);
  const from = out.length;
  write(code, 0);
  const length = out.length - from;
  const read = readCheck(new CodeReader(out.bytes, out.length, 0, LOCAL), from);
  assert.equal(read?.next, from + length, 'the check is read as it was written');
  if (isWrapped) out.append([Op.end, Op.return, Op.end, Op.unreachable]);
  out.u8(Op.end);

  const module = new ByteWriter(256);
  module.append([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  module.append([1, 5, 1, 0x60, 1, 0x7f, 0, 3, 2, 1, 0, 6, 6, 1, 0x7e, 1, Op.i64Const, 0, Op.end]);
  module.append([7, 9, 2, 1, 0x66, 0, 0, 1, 0x67, 3, 0, 10]);
  const section = new ByteWriter(128);
  section.u8(1);
  section.sized(out);
  module.sized(section);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(module.written())));
  (exports.g as WebAssembly.Global).value = balance;
  try {
    (exports.f as WebAssembly.ExportFunction)(0);
    return true;
  } catch (error) {
    assert.match(String(error), /unreachable/);
    return false;
  }
}

const OVERDRAWN = -BigInt(FUEL_UNIT);
const fits = (depth: number) => balanceOf(9, depth);

describe('checks of the balance', () => {
  const entry =
    (calls: boolean): Write =>
    (code) =>
      writeEntryCheck(code, calls);
  const depthCheck =
    (weight: number, from: BalanceAt): Write =>
    (code) =>
      writeDepthCheck(code, from, weight);
  const rows: Array<[what: string, write: Write, balance: bigint, isPassed: boolean]> = [
    ['a balance of nothing', writeCheck, 0n, true],
    ['a balance of fuel', writeCheck, balanceOf(5), true],
    ['less than one instruction overdrawn', writeCheck, -1n, false],
    ['an overdrawn balance', writeCheck, OVERDRAWN, false],
    ['an overdrawn global', (code) => writeGlobalCheck(code), OVERDRAWN, false],
    ['a global of nothing', (code) => writeGlobalCheck(code), 0n, true],
    ['an entry with fuel', entry(false), balanceOf(1), true],
    ['an entry without calls that is as deep as can be', entry(false), balanceOf(1, 0), true],
    ['an entry that is overdrawn', entry(false), OVERDRAWN, false],
    ['an entry with calls and room for one frame', entry(true), fits(1), true],
    ['an entry with calls and no room', entry(true), fits(0), false],
    ['an entry with calls that is overdrawn', entry(true), OVERDRAWN, false],
    ['an entry with calls and the most fuel', entry(true), balanceOf(2 ** 46, 1), true],
    ['a heavy frame that just fits', depthCheck(40, BalanceAt.local), fits(41), true],
    ['a heavy frame that fills the depth', depthCheck(40, BalanceAt.local), fits(40), false],
    ['a heavy frame in the global that fits', depthCheck(40, BalanceAt.global), fits(DEPTH_MAX), true],
    ['a heavy frame in the global that does not', depthCheck(40, BalanceAt.global), fits(3), false],
  ];
  for (const [what, write, balance, isPassed] of rows) {
    for (const isWrapped of [false, true]) {
      it(`${isPassed ? 'pass' : 'trap at'} ${what}, ${isWrapped ? 'by a branch' : 'in place'}`, () =>
        assert.equal(passes(write, balance, isWrapped), isPassed));
    }
  }
});
