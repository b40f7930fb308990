import assert from 'node:assert/strict';
import { FUEL_UNIT } from '../../../../wasm/meter/balance.ts';
import { BodyScan } from '../../../../wasm/meter/bodyScan.ts';
import { BalanceAt, LastStep, type Region, type RegionPlan } from '../../../../wasm/meter/regionPlan.ts';
import { RegionPlanner } from '../../../../wasm/meter/regionPlanner.ts';
import { BinaryReader } from '../../../../wasm/read/binaryReader.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { SECTION } from '../../../../wasm/read/section.ts';
import { signaturesOf } from '../../../../wasm/read/signatures.ts';
import { compileWat } from '../../../helpers/compileWat.ts';

/** The type of the planned function's result. */
const I32 = 0x7f;
/** Depth that a call from the planned function adds. */
const FRAME = 3;
/** Function 0 is the host's, 1 is planned, 2 has an inner function, 3 has none. */
const INNER = 9;

interface Role {
  isInner?: boolean;
  isCheckedEntry?: boolean;
  importsEscape?: boolean;
}

interface Planned {
  /** Each region in a line, with the offsets that it covers. */
  regions: Array<{ line: string; start: number; after: number }>;
  /** Offset of the first instruction, and after the body. */
  first: number;
  end: number;
}

function planOf(body: string, { isInner = false, isCheckedEntry = false, importsEscape = false }: Role): Planned {
  const bytes = compileWat(`(module (import "h" "host" (func (param i32))) (memory 1) (table 1 funcref)
    (func (param i32) (result i32) ${body}) (func (param i32) (result i32) local.get 0) (func))`);
  const module = readModule(bytes);
  const scan = new BodyScan(signaturesOf(module), module.functions.length);
  const code = module.sections.find(({ id }) => id === SECTION.code);
  assert.ok(code);
  const reader = new BinaryReader(bytes, code.offset, code.offset + code.size);
  for (let count = reader.u32(); count > 0; count--) {
    const size = reader.u32();
    scan.scan(bytes, reader.pos, reader.pos + size);
    reader.pos += size;
  }
  scan.facts.recall(0);
  const innerOf = Uint32Array.of(0, 0, INNER, 0);
  const planner = new RegionPlanner({ importedFunctions: 1, importsEscape, innerOf }, scan.facts);
  const before = bytes.slice();
  const blockType = Uint8Array.of(I32);
  planner.begin(bytes, { isInner, params: 1, blockType, weight: FRAME, isCheckedEntry, isLong: false });
  const regions = [];
  for (let plan = planner.next(); plan !== null; plan = planner.next()) {
    for (const region of plan.regions.slice(0, plan.count)) {
      regions.push({ line: lineOf(region, plan), start: region.start, after: region.loop?.after ?? region.next });
    }
  }
  assert.deepEqual(bytes, before, 'the planner changes the module');
  const { first, end } = scan.facts;
  return { regions, first, end };
}

function nameOf(names: Record<string, number>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? '?';
}

/** An amount as instructions, and the weight that is added (-) or taken off (+). */
function amount(units: number): string {
  const fuel = Math.round(units / FUEL_UNIT);
  const weight = units - fuel * FUEL_UNIT;
  return `${fuel}${weight === 0 ? '' : weight < 0 ? `-${-weight / FRAME}w` : `+${weight / FRAME}w`}`;
}

/** One region in a line: its charge, where the balance is, what is done with it, and its end. */
function lineOf(region: Region, { exits }: RegionPlan): string {
  const parts = [region.isDead ? 'dead' : `${amount(region.charge)} ${nameOf(BalanceAt, region.from)}`];
  if (region.isChecked) parts.push(`check at ${region.depth}`);
  if (region.stores && !region.isDead) parts.push(region.isDirect ? 'direct' : 'store');
  for (const exit of exits.slice(region.firstExit, region.exitsEnd)) {
    parts.push(`exit ${exit.label} +${amount(exit.refund)}${exit.stores ? ' store' : ''}`);
  }
  if (region.step !== LastStep.copied) parts.push(nameOf(LastStep, region.step));
  if (region.callee > 0) parts.push(`inner ${region.callee}`);
  if (region.refund > 0) parts.push(`refund ${amount(region.refund)}`);
  return parts.join(', ');
}

const LOOP_LARGE = 'local.get 0 drop '.repeat(12);

type Row = readonly [what: string, body: string, regions: readonly string[], role?: Role];

const TABLE: readonly Row[] = [
  ['one region', 'local.get 0 i32.const 1 i32.add', ['3 global, store']],
  ['one region after a checked entry', 'local.get 0', ['1 local, store'], { isCheckedEntry: true }],
  ['an empty arm', 'local.get 0 if end local.get 0', ['2 global', '0 local, endsIf', '1 local, direct']],
  [
    'an if that is as likely passed by',
    'local.get 0 if nop nop end local.get 0',
    ['2 global', '2 local, endsIf', '1 local, direct'],
  ],
  [
    'two arms: the first goes on, the second is charged less',
    'local.get 0 if nop nop nop else nop end local.get 0',
    ['5 global', '-2 local', '1 local, direct'],
  ],
  [
    'an arm that returns',
    'local.get 0 if local.get 0 return end i32.const 5',
    ['2 global', '2 local, direct', 'dead, endsIf', '1 local, direct'],
  ],
  ['a trap that somebody could see', 'local.get 0 i32.load', ['2 global, store']],
  ['a block that nothing names', 'block nop end local.get 0', ['2 global, store']],
  ['a block that is left', 'block local.get 0 br_if 0 nop end local.get 0', ['2 global', '1 local', '1 local, direct']],
  [
    'a loop is checked at its start',
    `loop ${LOOP_LARGE} local.get 0 br_if 0 end local.get 0`,
    ['0 global', '26 local, check at 1', '1 local, direct'],
  ],
  [
    'an exit of a loop refunds the rest',
    `block loop ${LOOP_LARGE} local.get 0 br_if 1 nop nop br 0 end end local.get 0`,
    ['0 global', '29 local, check at 2, exit 1 +3', 'dead', '1 local, direct'],
  ],
  [
    'an exit in front of a call refunds without the weight of the call',
    `block loop ${LOOP_LARGE} local.get 0 br_if 1 call 3 br 0 end end local.get 0`,
    ['0 global', '27-1w local, check at 2, store, exit 1 +1-1w', '1+1w global', 'dead', '1 local, direct'],
  ],
  ['a call of the host', 'local.get 0 call 0 local.get 0', ['2 global, store, checked', '1 global, direct']],
  [
    'a call of a function that has an inner one',
    'local.get 0 call 2',
    ['2-1w global, callsInner, inner 9', '0+1w stack, direct'],
  ],
  ['a call of another function', 'call 3 local.get 0', ['1-1w global, store', '1+1w global, direct']],
  [
    'an indirect call',
    'local.get 0 i32.const 0 call_indirect (param i32) local.get 0',
    ['3-1w global, store', '1+1w global, direct'],
  ],
  [
    'an indirect call that can reach the host',
    'local.get 0 i32.const 0 call_indirect (param i32) local.get 0',
    ['3-1w global, store, checked', '1+1w global, direct'],
    { importsEscape: true },
  ],
  ['a tail call', 'local.get 0 return_call 2', ['2 global, store', 'dead']],
  [
    'growth of memory, after which the global has the balance',
    'local.get 0 memory.grow',
    ['2 global, store, checked', '0 local'],
  ],
  [
    'a small loop',
    'loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end local.get 0',
    ['0 global, unrolled', '1 local, direct'],
  ],
  [
    'a region has 32 exits at most',
    `block loop ${'local.get 0 br_if 1 '.repeat(33)} br 0 end end local.get 0`,
    [
      '0 global',
      `66 local, check at 2, ${Array.from({ length: 32 }, (_, at) => `exit 1 +${64 - 2 * at}`).join(', ')}`,
      '1 local',
      'dead',
      '1 local, direct',
    ],
  ],
  ['a branch table', 'block local.get 0 br_table 0 0 end local.get 0', ['2 global', 'dead', '1 local, direct']],
  ['a branch table out of the function', 'local.get 0 local.get 0 br_table 0 0', ['3 global, store', 'dead']],
  ['dead code is copied', 'local.get 0 return nop call 0 memory.grow', ['2 global, store', 'dead', 'dead', 'dead']],
  [
    'more regions than one plan has',
    `${'call 3 '.repeat(150)} local.get 0`,
    ['1-1w global, store', ...new Array(149).fill('1 global, direct'), '1+1w global, direct'],
  ],
  [
    'exits in more regions than one plan has',
    `${'block loop local.get 0 br_if 1 nop call 3 br 0 end end '.repeat(70)} local.get 0`,
    [
      '0 global',
      ...new Array(70)
        .fill(['4-1w local, check at 2, store, exit 1 +2-1w', '1+1w global', 'dead', '0 local'])
        .flat()
        .with(-1, '1 local, direct'),
    ],
  ],
  ['an inner function returns its balance', 'local.get 0 return', ['2 local, returnsInner', 'dead'], { isInner: true }],
  ['an inner function stores for a trap only', 'local.get 0 i32.load', ['2 local, store'], { isInner: true }],
];

describe('region planner', () => {
  for (const [what, body, regions, role = {}] of TABLE) {
    it(what, () => {
      const { regions: planned, first, end } = planOf(body, role);
      assert.deepEqual(
        planned.map(({ line }) => line),
        regions,
      );
      // Together the regions have the whole body, once.
      let at = first;
      for (const { start, after } of planned) {
        assert.equal(start, at);
        at = after;
      }
      assert.equal(at, end);
    });
  }
});
