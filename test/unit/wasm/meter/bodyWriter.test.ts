import assert from 'node:assert/strict';
import { FUEL_UNIT } from '../../../../wasm/meter/balance.ts';
import { BodyScan } from '../../../../wasm/meter/bodyScan.ts';
import { BodyWriter } from '../../../../wasm/meter/bodyWriter.ts';
import { ByteWriter } from '../../../../wasm/meter/byteWriter.ts';
import { NanScan } from '../../../../wasm/meter/nanScan.ts';
import { BalanceAt, LastStep, type Region, RegionPlan } from '../../../../wasm/meter/regionPlan.ts';
import { EMPTY_BLOCK, Op } from '../../../../wasm/read/opcodes.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { signaturesOf } from '../../../../wasm/read/signatures.ts';
import { skipImmediates } from '../../../../wasm/read/skipImmediates.ts';
import { skipLocals } from '../../../../wasm/read/skipLocals.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { functionBodies } from '../../../helpers/functionBodies.ts';

const GLOBAL = 2;
const INTERRUPT = 9;
/** The local of the balance: after the parameter. In an inner function it is the same number. */
const LOCAL = 1;

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(Op).map(([name, opcode]) => [opcode, name]));

/** Writes a body from one region, and shows each instruction of it with its first immediate. */
function write(body: string, region: Partial<Region>, isInner = false): string {
  const bytes = compileWat(`(module (import "h" "f" (func)) (func (param i32) ${body}))`);
  const module = readModule(bytes);
  const scan = new BodyScan(signaturesOf(module), 1);
  const [place] = functionBodies(bytes);
  assert.ok(place);
  scan.scan(bytes, place.start, place.end);
  const { facts } = scan;
  const out = new ByteWriter(64);
  const writer = new BodyWriter(out, GLOBAL, INTERRUPT, new NanScan(signaturesOf(module)));
  const plan = new RegionPlan();
  const last = place.instructions.at(-2) as number;
  Object.assign(plan.addRegion(facts.first, 0), { last, next: place.end - 1, lastDepth: 0, charge: 0 }, region);
  const end = plan.addRegion(place.end - 1, 0);
  Object.assign(end, { isDead: true, last: place.end - 1, next: place.end });
  for (const one of [plan.regions[0], end]) if (one) one.exitsEnd = plan.exitCount;
  const role = {
    params: 1,
    isInner,
    blockType: Uint8Array.of(EMPTY_BLOCK),
    weight: 1,
    isCheckedEntry: false,
    isLong: false,
  };
  writer.begin(bytes, facts, role);
  writer.write(plan);
  writer.end(role);
  const written = out.written();
  const text: string[] = [];
  for (let at = skipLocals(written, 0, written.length, 4); at < written.length; ) {
    const opcode = written[at] as number;
    const next = skipImmediates(written, opcode, at + 1, written.length);
    const shown = opcode === Op.block || opcode === Op.if || next === at + 1 ? '' : ` ${written[at + 1]}`;
    text.push(`${NAMES.get(opcode) ?? opcode.toString(16)}${opcode === Op.i64Const ? '' : shown}`);
    at = next;
  }
  return text.join(', ');
}

const COST = 2 * FUEL_UNIT;

describe('BodyWriter', () => {
  const rows: Array<[what: string, body: string, region: Partial<Region>, written: string, isInner?: boolean]> = [
    [
      'a charge of the local',
      'nop nop',
      { charge: COST, from: BalanceAt.local },
      `localGet ${LOCAL}, i64Const, i64Sub, localSet ${LOCAL}, nop, nop, end`,
    ],
    [
      'a charge that is stored at once',
      'nop nop',
      { charge: COST, from: BalanceAt.global, isDirect: true, stores: true },
      `globalGet ${GLOBAL}, i64Const, i64Sub, globalSet ${GLOBAL}, nop, nop, end`,
    ],
    [
      'a charge and a store of it',
      'nop nop',
      { charge: COST, stores: true },
      `localGet ${LOCAL}, i64Const, i64Sub, localSet ${LOCAL}, localGet ${LOCAL}, globalSet ${GLOBAL}, nop, nop, end`,
    ],
    ['nothing in front of dead code', 'nop nop', { isDead: true, charge: COST, stores: true }, 'nop, nop, end'],
    [
      'a check in front of the last instruction',
      'nop call 0',
      { step: LastStep.checked },
      `nop, localGet ${LOCAL}, i64Const, i64LtS, if, unreachable, end, call 0, end`,
    ],
    [
      'a call with the balance as its last argument',
      'nop call 0',
      { step: LastStep.callsInner, callee: 12 },
      `nop, localGet ${LOCAL}, call 12, end`,
    ],
    [
      'a return with the balance as its last result',
      'nop return',
      { step: LastStep.returnsInner },
      `block, nop, localGet ${LOCAL}, return, end, localGet ${LOCAL}, end`,
      true,
    ],
    [
      'an arm that refunds, in front of the end of an if',
      'nop block end',
      { step: LastStep.endsIf, refund: 3 * FUEL_UNIT },
      `nop, block, else, localGet ${LOCAL}, i64Const, i64Add, localSet ${LOCAL}, end, end`,
    ],
    ['no arm where nothing is refunded', 'nop block end', { step: LastStep.endsIf }, 'nop, block, end, end'],
  ];
  for (const [what, body, region, written, isInner] of rows) {
    it(`writes ${what}`, () => assert.equal(write(body, region, isInner), written));
  }
});
