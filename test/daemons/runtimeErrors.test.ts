import assert from 'node:assert/strict';
import { LIMITS } from '../../base/limits.ts';
import type { RunJob } from '../../daemons/fabricbiosd/pool/runJob.ts';
import { RUN_ERROR_CODES, type RunErrorCode } from '../../daemons/wire/runError.ts';
import { type Cell, startRuntime, type TaskletParts, tasklet } from './runtimeHarness.ts';

interface Row {
  name: string;
  parts: TaskletParts;
  job?: Partial<RunJob>;
  code: RunErrorCode;
  /** Left out where it is not a plain number. */
  fuel?: number;
}

const TABLE = '(table $t 1 4 funcref) (type $void (func))';
/** Every failing instruction comes after one of fuel 1 and before some that must not count. */
const then = (instruction: string) => `${instruction} (drop (i32.const 1)) (drop (i32.const 2)) (i32.const 0)`;

const ROWS: Row[] = [
  { name: 'unreachable', parts: { run: 'unreachable' }, code: 'trap_unreachable', fuel: 1 },
  {
    name: 'load past the end',
    parts: { run: then('(drop (i32.load (i32.const 65533)))') },
    code: 'trap_memory_out_of_bounds',
    fuel: 2,
  },
  {
    name: 'load at the last address of 4 GiB',
    parts: { run: then('(drop (i32.load8_u (i32.const -1)))') },
    code: 'trap_memory_out_of_bounds',
    fuel: 2,
  },
  {
    name: 'memory.fill past the end',
    parts: { run: then('(memory.fill (i32.const 65535) (i32.const 1) (i32.const 2))') },
    code: 'trap_memory_out_of_bounds',
    fuel: 4,
  },
  {
    name: 'memory.copy past the end',
    parts: { run: then('(memory.copy (i32.const 0) (i32.const 65535) (i32.const 2))') },
    code: 'trap_memory_out_of_bounds',
    fuel: 4,
  },
  {
    name: 'memory.init past its segment',
    parts: { more: '(data $d "abc")', run: then('(memory.init $d (i32.const 0) (i32.const 2) (i32.const 2))') },
    code: 'trap_memory_out_of_bounds',
    fuel: 4,
  },
  {
    name: 'memory.init past the memory',
    parts: { more: '(data $d "abc")', run: then('(memory.init $d (i32.const 65534) (i32.const 0) (i32.const 3))') },
    code: 'trap_memory_out_of_bounds',
    fuel: 4,
  },
  {
    name: 'a data segment that does not fit',
    parts: { more: '(data (i32.const 65535) "ab")' },
    code: 'trap_memory_out_of_bounds',
    fuel: 0,
  },
  {
    name: 'SIMD load past the end',
    parts: { run: then('(drop (v128.load (i32.const 65528)))') },
    code: 'trap_memory_out_of_bounds',
    fuel: 2,
  },
  {
    name: 'i32.div_s by zero',
    parts: { run: then('(drop (i32.div_s (i32.const 1) (local.get $i)))') },
    code: 'trap_integer_divide_by_zero',
    fuel: 3,
  },
  {
    name: 'i64.rem_u by zero',
    parts: { run: then('(drop (i64.rem_u (i64.const 1) (i64.const 0)))') },
    code: 'trap_integer_divide_by_zero',
    fuel: 3,
  },
  {
    name: 'smallest i32 by -1',
    parts: { run: then('(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))') },
    code: 'trap_integer_overflow',
    fuel: 3,
  },
  {
    name: 'smallest i64 by -1',
    parts: { run: then('(drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))') },
    code: 'trap_integer_overflow',
    fuel: 3,
  },
  {
    name: 'NaN to integer',
    parts: { run: then('(drop (i32.trunc_f32_s (f32.const nan)))') },
    code: 'trap_invalid_conversion',
    fuel: 2,
  },
  {
    name: 'float out of range',
    parts: { run: then('(drop (i64.trunc_f64_u (f64.const -1)))') },
    code: 'trap_invalid_conversion',
    fuel: 2,
  },
  {
    name: 'call_indirect past the table',
    parts: { more: TABLE, run: then('(call_indirect (type $void) (i32.const 1))') },
    code: 'trap_indirect_call',
    fuel: 2,
  },
  {
    name: 'call_indirect of null',
    parts: { more: TABLE, run: then('(call_indirect (type $void) (i32.const 0))') },
    code: 'trap_indirect_call',
    fuel: 2,
  },
  {
    name: 'call_indirect of another signature',
    parts: {
      more: `${TABLE} (func $other (result i32) (i32.const 1)) (elem (i32.const 0) $other)`,
      run: then('(call_indirect (type $void) (i32.const 0))'),
    },
    code: 'trap_indirect_call',
    fuel: 2,
  },
  {
    name: 'return_call_indirect of null',
    parts: {
      more: `${TABLE} (func $tail (return_call_indirect (type $void) (i32.const 0)))`,
      run: then('(call $tail)'),
    },
    code: 'trap_indirect_call',
    fuel: 3,
  },
  {
    name: 'table.get past the table',
    parts: { more: TABLE, run: then('(drop (table.get $t (i32.const 1)))') },
    code: 'trap_indirect_call',
    fuel: 2,
  },
  {
    name: 'table.set past the table',
    parts: { more: TABLE, run: then('(table.set $t (i32.const 1) (ref.null func))') },
    code: 'trap_indirect_call',
    fuel: 3,
  },
  {
    name: 'table.fill past the table',
    parts: { more: TABLE, run: then('(table.fill $t (i32.const 1) (ref.null func) (i32.const 1))') },
    code: 'trap_indirect_call',
    fuel: 4,
  },
  {
    name: 'table.copy past the table',
    parts: { more: TABLE, run: then('(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1))') },
    code: 'trap_indirect_call',
    fuel: 4,
  },
  {
    name: 'table.init past its segment',
    parts: {
      more: `${TABLE} (elem $e func $answer32)`,
      run: then('(table.init $t $e (i32.const 0) (i32.const 1) (i32.const 1))'),
    },
    code: 'trap_indirect_call',
    fuel: 4,
  },
  {
    name: 'an element segment that does not fit',
    parts: { more: `${TABLE} (elem (i32.const 1) $answer32)` },
    code: 'trap_indirect_call',
    fuel: 0,
  },
  {
    name: 'endless recursion',
    parts: { more: '(func $deep (result i32) (i32.add (call $deep) (i32.const 1)))', run: '(call $deep)' },
    job: { fuel: 100_000_000 },
    code: 'trap_call_stack_exhausted',
    // Each level, the first and those below it, weighs one of 32 768 units.
    fuel: 32_768,
  },
  { name: 'an endless loop', parts: { run: '(loop $l (br $l)) (i32.const 0)' }, code: 'fuel_exhausted', fuel: 500_000 },
  {
    name: 'an endless tail call',
    parts: { more: '(func $f (return_call $f))', run: '(call $f) (i32.const 0)' },
    code: 'fuel_exhausted',
    fuel: 500_000,
  },
  {
    name: 'unreachable after a memory.grow that failed and the label for it',
    parts: {
      more: '(data (i32.const 0) "out_of_memory_1114112")',
      run: `(if (i32.eq (memory.grow (i32.const 17)) (i32.const -1))
              (then (call $fail (i32.const 0) (i32.const 21)) unreachable)) (i32.const 0)`,
    },
    code: 'out_of_memory',
    fuel: 9,
  },
  {
    name: 'unreachable after the label without bytes',
    parts: {
      more: '(data (i32.const 0) "out_of_memory")',
      run: '(call $fail (i32.const 0) (i32.const 13)) unreachable',
    },
    code: 'out_of_memory',
    fuel: 4,
  },
  {
    name: 'another trap after the label',
    parts: {
      more: '(data (i32.const 0) "out_of_memory")',
      run: '(call $fail (i32.const 0) (i32.const 13)) (i32.div_s (i32.const 1) (i32.const 0))',
    },
    code: 'trap_integer_divide_by_zero',
    fuel: 6,
  },
  {
    name: 'unreachable after a later label',
    parts: {
      more: '(data (i32.const 0) "out_of_memory")',
      run: '(call $fail (i32.const 0) (i32.const 13)) (call $fail (i32.const 0) (i32.const 3)) unreachable',
    },
    code: 'trap_unreachable',
    fuel: 7,
  },
  {
    name: 'a non-zero result after the label',
    parts: {
      more: '(data (i32.const 0) "out_of_memory")',
      run: '(call $fail (i32.const 0) (i32.const 13)) (i32.const 1)',
    },
    code: 'tasklet_failed',
    fuel: 4,
  },
  { name: 'no fuel at all', parts: {}, job: { fuel: 0 }, code: 'fuel_exhausted', fuel: 0 },
  {
    name: 'an endless loop with fuel enough',
    parts: { run: '(loop $l (br $l)) (i32.const 0)' },
    job: { fuel: LIMITS.fuelMax, timeout_ms: 40 },
    code: 'deadline_exceeded',
    fuel: 0,
  },
  {
    name: 'memory above linear_memory',
    parts: { memory: '17' },
    job: { linear_memory_bytes: 16 * 65_536 },
    code: 'module_invalid',
    fuel: 0,
  },
  {
    name: 'an output past its bound, taken for a success',
    parts: {
      memory: '160',
      run: `(drop (call $output_write (i32.const 0) (i32.const 10000000)))
            (drop (call $output_write (i32.const 0) (i32.const 10000000))) (i32.const 0)`,
    },
    job: { linear_memory_bytes: 160 * 65_536 },
    code: 'output_too_large',
    fuel: 9,
  },
  { name: 'a non-zero result', parts: { run: '(i32.const 7)' }, code: 'tasklet_failed', fuel: 1 },
  {
    name: 'a trap in init',
    parts: { init: 'unreachable', run: '(call $answer32 (i32.const 1)) (i32.const 0)' },
    code: 'trap_unreachable',
    fuel: 1,
  },
  { name: 'a trap in finalize', parts: { finalize: 'unreachable' }, code: 'trap_unreachable', fuel: 2 },
  {
    name: 'a trap in finalize after a non-zero result',
    parts: { run: '(i32.const 7)', finalize: 'unreachable' },
    code: 'tasklet_failed',
    fuel: 2,
  },
  {
    name: 'fuel that ends in finalize, after a non-zero result',
    parts: { run: '(i32.const 7)', finalize: '(loop $l (br $l))' },
    code: 'tasklet_failed',
    fuel: 500_000,
  },
  {
    name: 'a trap in the start function',
    parts: { more: '(func $begin unreachable) (start $begin)' },
    code: 'trap_unreachable',
    fuel: 1,
  },
];

describe('typed run errors', () => {
  let cell: Cell;
  before(() => {
    cell = startRuntime();
  });
  after(() => cell.runtime.stop());

  for (const { name, parts, job, code, fuel } of ROWS) {
    it(`${name}: ${code}`, async () => {
      const outcome = await cell.run(tasklet(parts), job);
      assert.equal(outcome.error?.code, code, outcome.error?.message);
      assert.equal(outcome.state, 'failed');
      if (fuel !== undefined) assert.equal(outcome.fuel_used, fuel);
      assert.equal(cell.runtime.stats().workers_lost, 0);
    });
  }

  it('a module with a wrong export: profile_violation', async () => {
    const { error, state } = await cell.run(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    assert.equal(error?.code, 'profile_violation');
    assert.equal(state, 'failed');
  });

  it('memory above the bound is told as linear_memory', async () => {
    const { error } = await cell.run(tasklet({ memory: '17' }));
    assert.match(error?.message ?? '', /linear_memory/);
  });

  it('a trap says which calls were under way, by function and byte of the original', async () => {
    const more = '(func $leaf (drop (i32.const 1)) unreachable) (func $middle (call $leaf))';
    const { error } = await cell.run(tasklet({ more, run: '(drop (i32.const 1)) (call $middle) (i32.const 0)' }));
    const [leaf, middle, run, ...none] = error?.frames ?? [];
    assert.deepEqual(none, []);
    assert.ok(leaf && middle && run);
    assert.deepEqual([middle.function - leaf.function, leaf.offset, middle.offset], [1, 4, 1]);
    // Two locals, i32.const, drop, then the call.
    assert.equal(run.offset, 6);
    assert.doesNotMatch(error?.message ?? '', /function \d|byte \d/);
  });

  const count = '(i32.sub (local.get $n) (i32.const 1))';
  const counting = (arm: string, more = '') =>
    `(func $large (param $n i32) (result i32) ${more} (if (result i32) (local.get $n)
       (then (i32.add (i32.const 1) (call $large ${count}))) (else ${arm} (i32.const 0))))`;
  /** One arm of an interpreter: each ends in a call of the whole interpreter. */
  const interpreter = (arms: number, computing: number) => {
    const work = `(local.set $x (i32.mul (local.get $x) (i32.const 31)))`.repeat(computing);
    const labels = Array.from({ length: arms }, (_, at) => `$a${at}`);
    const arm = `end ${work} (return (i32.add (i32.const 1) (call $large ${count})))`;
    return `(func $large (param $n i32) (result i32) (local $x i32)
      (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
      ${[...labels]
        .reverse()
        .map((name) => `block ${name}`)
        .join(' ')}
      (br_table ${labels.join(' ')} (i32.rem_u (local.get $n) (i32.const ${arms})))
      ${arm.repeat(arms)} unreachable)`;
  };
  const product = (index: number) =>
    `(i32.store (i32.const ${index * 4}) (i32.mul (local.get $n) (i32.const ${index + 3})))`;
  for (const [name, more, levels] of [
    ['12 000 instructions that are not executed', counting('nop '.repeat(12_000)), 600],
    ['as much, and fifteen times as deep', counting('nop '.repeat(12_000)), 4_500],
    [
      '12 000 instructions that compute, twice as deep as V8 goes on its main thread once it optimised them',
      counting(Array.from({ length: 2_400 }, (_, at) => product(at % 1_000)).join(' ')),
      500,
    ],
    ['an interpreter of 100 arms', interpreter(100, 30), 600],
    ['a hundred locals', counting('nop '.repeat(12_000), '(local '.concat('i64 '.repeat(100), ')')), 600],
  ] as const) {
    it(`lets a large function call itself, as the engine does: ${name}, ${levels} levels`, async () => {
      const run = `(call $answer32 (call $large (i32.const ${levels}))) (i32.const 0)`;
      const { error, output } = await cell.run(tasklet({ more, run }), { fuel: LIMITS.fuelMax });
      assert.equal(error, null);
      assert.deepEqual(new Int32Array(output.slice().buffer), Int32Array.of(levels));
    });
  }

  it('a deep recursion gives its innermost calls alone, the same ones each time', async () => {
    const more =
      '(func $deep (param i32) (if (i32.eqz (local.get 0)) (then unreachable)) (call $deep (i32.sub (local.get 0) (i32.const 1))))';
    const module = tasklet({ more, run: '(call $deep (i32.const 1000)) (i32.const 0)' });
    const first = await cell.run(module);
    const again = await cell.run(module);
    assert.equal(first.error?.frames?.length, 32);
    assert.equal(new Set(first.error?.frames?.map((one) => one.function)).size, 1);
    assert.deepEqual(again.error, first.error);
  });

  it('`fail`, a refused output, a bad pointer and short fuel have their calls too', async () => {
    const failing = await cell.run(tasklet({ run: '(call $fail (i32.const 0) (i32.const 1)) (i32.const 1)' }));
    assert.equal(failing.error?.code, 'tasklet_failed');
    assert.equal(failing.error?.frames?.length, 1);
    const pointer = await cell.run(
      tasklet({ run: '(drop (call $output_write (i32.const -1) (i32.const 9))) (i32.const 0)' }),
    );
    assert.equal(pointer.error?.frames?.length, 1);
    const endless = await cell.run(tasklet({ run: '(loop $again (br $again)) (i32.const 0)' }));
    assert.equal(endless.error?.code, 'fuel_exhausted');
    assert.equal(endless.error?.frames?.length, 1);
    const silent = await cell.run(tasklet({ run: '(i32.const 7)' }));
    assert.equal(silent.error?.exit_code, 7);
    assert.equal(silent.error?.frames?.[0]?.offset, 0);
    const short = await cell.run(tasklet({ run: '(drop (i32.const 1)) (i32.const 0)' }), { fuel: 1 });
    assert.equal(short.error?.code, 'fuel_exhausted');
    assert.equal(short.error?.frames?.length, 1);
  });

  it('out_of_memory says what was asked for and what the bound is', async () => {
    const parts = {
      more: '(data (i32.const 0) "out_of_memory_70000")',
      run: '(call $fail (i32.const 0) (i32.const 19)) unreachable',
    };
    const { error } = await cell.run(tasklet(parts), { linear_memory_bytes: 3 * 65_536 });
    assert.match(
      error?.message ?? '',
      /asked for 70000 bytes more.* has 65536 bytes and may have 196608\..*linear_memory/,
    );
  });

  it('the rows, and the tests of cancelling and losing workers, cover every code', () => {
    const covered = new Set<string>([...ROWS.map(({ code }) => code), 'profile_violation', 'cancelled', 'worker_lost']);
    assert.deepEqual(
      RUN_ERROR_CODES.filter((code) => !covered.has(code)),
      [],
    );
  });
});
