import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import { LIMITS } from '../../base/limits.ts';
import type { RunJob } from '../../daemons/fabricbiosd/pool/runJob.ts';
import { type Cell, startRuntime, type TaskletParts, tasklet } from './runtimeHarness.ts';

const OOB = 'trap_memory_out_of_bounds';

/**
 * Host function calls at the edges of one page of memory. `value` is the result of the call; `OOB`
 * means that the run trapped.
 */
const EDGES: Array<[call: string, value: number | bigint | typeof OOB, why: string]> = [
  // blob_read(handle, offset, dst, len); the input is "input", five bytes, the context 15.
  ['(call $blob_read (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 5))', 5, 'the whole input'],
  ['(call $blob_read (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 100))', 5, 'more than there is'],
  ['(call $blob_read (i32.const 2) (i32.const 3) (i32.const 0) (i32.const 100))', 2, 'from the middle'],
  ['(call $blob_read (i32.const 2) (i32.const 5) (i32.const 0) (i32.const 1))', 0, 'at the end'],
  ['(call $blob_read (i32.const 2) (i32.const -1) (i32.const 0) (i32.const 1))', 0, 'an offset of 4 GiB - 1'],
  ['(call $blob_read (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 100))', 15, 'the context'],
  ['(call $blob_read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1))', -9, 'no such handle'],
  ['(call $blob_read (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0))', -9, 'no such handle, nothing asked'],
  ['(call $blob_read (i32.const -1) (i32.const 0) (i32.const 0) (i32.const 1))', -9, 'a negative handle'],
  ['(call $blob_read (i32.const 2) (i32.const 0) (i32.const 65531) (i32.const 5))', 5, 'the last bytes of memory'],
  ['(call $blob_read (i32.const 2) (i32.const 0) (i32.const 65532) (i32.const 5))', OOB, 'one byte too far'],
  ['(call $blob_read (i32.const 2) (i32.const 0) (i32.const 65531) (i32.const 6))', OOB, 'room counts, not bytes'],
  ['(call $blob_read (i32.const 2) (i32.const 0) (i32.const 65536) (i32.const 0))', 0, 'nothing at the end'],
  ['(call $blob_read (i32.const 2) (i32.const 0) (i32.const 65537) (i32.const 0))', OOB, 'nothing past the end'],
  ['(call $blob_read (i32.const 2) (i32.const 0) (i32.const -1) (i32.const 2))', OOB, 'a pointer that wraps'],
  ['(call $blob_read (i32.const 2) (i32.const 0) (i32.const 1) (i32.const -1))', OOB, 'a length that wraps'],
  ['(call $blob_read (i32.const 9) (i32.const 0) (i32.const 65536) (i32.const 1))', OOB, 'pointers before handles'],
  ['(call $output_write (i32.const 65535) (i32.const 1))', 0, 'the last byte'],
  ['(call $output_write (i32.const 65536) (i32.const 0))', 0, 'nothing at the end'],
  ['(call $output_write (i32.const 65535) (i32.const 2))', OOB, 'one byte too far'],
  ['(call $output_write (i32.const -4) (i32.const 4))', OOB, 'the end of 4 GiB'],
  ['(call $fail (i32.const 65536) (i32.const 1)) (i32.const 0)', OOB, 'a label past the end'],
  ['(call $fail (i32.const 65536) (i32.const 0)) (i32.const 0)', 0, 'an empty label at the end'],
  ['(call $random_fill (i32.const 65535) (i32.const 2)) (i32.const 0)', OOB, 'one byte too far'],
  ['(call $random_fill (i32.const 65536) (i32.const 0)) (i32.const 0)', 0, 'nothing at the end'],
  ['(call $log (i32.const 2) (i32.const 65535) (i32.const 2)) (i32.const 0)', OOB, 'one byte too far'],
  ['(call $log (i32.const 2) (i32.const 65536) (i32.const 0)) (i32.const 0)', 0, 'nothing at the end'],
  // The lease below has 64 bytes.
  ['(call $fbmu_read (i64.const 0) (i32.const 0) (i32.const 64))', 0, 'the whole lease'],
  ['(call $fbmu_read (i64.const 64) (i32.const 0) (i32.const 0))', 0, 'nothing at the end of the lease'],
  ['(call $fbmu_read (i64.const 1) (i32.const 0) (i32.const 64))', -4, 'past the lease'],
  ['(call $fbmu_read (i64.const 65) (i32.const 0) (i32.const 0))', -4, 'nothing past the lease'],
  ['(call $fbmu_read (i64.const -1) (i32.const 0) (i32.const 1))', -4, 'before the lease'],
  ['(call $fbmu_read (i64.const 0x7fffffffffffffff) (i32.const 0) (i32.const 1))', -4, 'far past the lease'],
  ['(call $fbmu_read (i64.const 0) (i32.const 65535) (i32.const 2))', OOB, 'into memory that is not there'],
  ['(call $fbmu_read (i64.const 99) (i32.const 65535) (i32.const 2))', OOB, 'pointers before the lease'],
  ['(call $fbmu_write (i64.const 63) (i32.const 0) (i32.const 1))', 0, 'the last byte of the lease'],
  ['(call $fbmu_write (i64.const 63) (i32.const 0) (i32.const 2))', -4, 'past the lease'],
  ['(call $fbmu_write (i64.const -8) (i32.const 0) (i32.const 16))', -4, 'an offset that wraps'],
  ['(call $fbmu_write (i64.const 0) (i32.const 65536) (i32.const 1))', OOB, 'from memory that is not there'],
  ['(call $fbbu_read (i64.const 0) (i32.const -1) (i32.const -1))', -5, 'no block unit'],
  ['(call $fbbu_write (i64.const 0) (i32.const 0) (i32.const 1))', -5, 'no block unit'],
  ['(i32.wrap_i64 (call $fbbu_hello))', -5, 'no block unit'],
  ['(call $fbbu_read_block (i64.const 512) (i32.const -1))', -5, 'no block unit'],
  ['(call $fbbu_write_block (i64.const 512) (i32.const -1))', -5, 'no block unit'],
  ['(call $fbbu_read_block_lease (i32.const -1) (i64.const 512) (i32.const -1))', -5, 'no block unit'],
  ['(call $fbbu_alloc (i64.const 512) (i64.const 512) (i32.const -1))', -5, 'no block unit'],
  ['(call $fbbu_free (i32.const -1))', -5, 'no block unit'],
  ['(call $fbbu_query (i32.const -1) (i32.const -1) (i32.const -1))', -5, 'no block unit'],
  ['(i32.wrap_i64 (call $fbbu_renew (i32.const -1) (i64.const 512)))', -5, 'no block unit'],
  ['(i32.wrap_i64 (call $fbbu_get_num_blocks))', -5, 'no block unit'],
  ['(i32.wrap_i64 (call $fbmu_hello))', 64, 'the size of the lease'],
];

const OTHERS = 0xaa;

describe('host functions', () => {
  let cell: Cell;
  before(() => {
    cell = startRuntime();
  });
  after(() => cell.runtime.stop());

  const output = async (parts: TaskletParts, job?: Partial<RunJob>) => {
    const outcome = await cell.run(tasklet(parts), job);
    assert.equal(outcome.error, null);
    return Buffer.from(outcome.output);
  };

  for (const [call, value, why] of EDGES) {
    it(`${call.replace(/\(i(32|64)\.const (\S+?)\)/g, '$2')}: ${why}`, async () => {
      const pool = new Uint8Array(cell.pool).fill(OTHERS);
      const lease = { offset: 128, bytes: 64 };
      const outcome = await cell.run(tasklet({ run: `(call $answer32 ${call}) (i32.const 0)` }), { lease });
      if (value === OOB) {
        assert.equal(outcome.error?.code, OOB);
        assert.equal(outcome.output.length, 0);
        assert.ok(pool.every((byte) => byte === OTHERS));
      } else {
        assert.equal(outcome.error, null);
        assert.equal(Buffer.from(outcome.output.slice(-4)).readInt32LE(), value);
        const outside = [...pool.subarray(0, 128), ...pool.subarray(192)];
        assert.ok(outside.every((byte) => byte === OTHERS));
      }
    });
  }

  it('a trap in a host function counts its call and nothing after it', async () => {
    const { fuel_used } = await cell.run(
      tasklet({ run: '(drop (call $output_write (i32.const -1) (i32.const 2))) (drop (i32.const 1)) (i32.const 0)' }),
    );
    assert.equal(fuel_used, 3);
  });

  it('blob_read gives the context and the input', async () => {
    const bytes = await output(
      {
        init: `(drop (call $blob_read (local.get $ctx) (i32.const 0) (i32.const 0) (local.get $ctx_len)))
               (drop (call $output_write (i32.const 0) (local.get $ctx_len)))`,
        run: `(drop (call $blob_read (local.get $input) (i32.const 1) (i32.const 0) (local.get $input_len)))
              (call $output_write (i32.const 0) (i32.const 3))`,
      },
      { context: Buffer.from('{"a":1}'), input: Buffer.from('xyz!') },
    );
    assert.equal(bytes.toString(), '{"a":1}yz!');
  });

  it('reads into memory that has grown since', async () => {
    const bytes = await output({
      run: `(drop (call $blob_read (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 5)))
            (drop (memory.grow (i32.const 2)))
            (drop (call $blob_read (i32.const 2) (i32.const 0) (i32.const 131072) (i32.const 5)))
            (call $output_write (i32.const 131072) (i32.const 5))`,
    });
    assert.equal(bytes.toString(), 'input');
  });

  it('memory grows to linear_memory and no further', async () => {
    const outcome = await cell.run(
      tasklet({
        run: `(call $answer32 (memory.grow (i32.const 3))) (call $answer32 (memory.grow (i32.const 1))) (i32.const 0)`,
      }),
      { linear_memory_bytes: 4 * 65_536 + 65_535 },
    );
    assert.deepEqual([...new Int32Array(outcome.output.slice().buffer)], [1, -1]);
    assert.equal(outcome.linear_memory_peak, 4 * 65_536);
  });

  it('output_write takes exactly 16 MiB; what does not fit is left out whole', async () => {
    const outcome = await cell.run(
      tasklet({
        memory: '257',
        run: `(if (call $output_write (i32.const 0) (i32.const 16777215)) (then (return (i32.const 1))))
              (if (i32.ne (call $output_write (i32.const 0) (i32.const 2)) (i32.const -4)) (then (return (i32.const 2))))
              (if (call $output_write (i32.const 0) (i32.const 1)) (then (return (i32.const 3))))
              (if (i32.ne (call $output_write (i32.const 0) (i32.const 1)) (i32.const -4)) (then (return (i32.const 4))))
              (i32.const 99)`,
      }),
      { linear_memory_bytes: 257 * 65_536 },
    );
    assert.equal(outcome.error?.exit_code, 99, 'its own error stands, though a write was refused');
    assert.equal(outcome.output.length, 16 * 1024 * 1024);
  });

  it('many small writes are joined in order', async () => {
    const bytes = await output({
      run: `(loop $l
              (i32.store8 (i32.const 0) (local.get $i))
              (drop (call $output_write (i32.const 0) (i32.const 1)))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if $l (i32.lt_u (local.get $i) (i32.const 1000))))
            (i32.const 0)`,
    });
    assert.deepEqual(bytes, Buffer.from(Array.from({ length: 1000 }, (_, i) => i)));
  });

  it('the clock is the recorded start plus one nanosecond for each unit of fuel', async () => {
    const start = 1_234_567_890_123_456_789n;
    const bytes = await output(
      {
        run: `(call $answer64 (call $clock)) (drop (i32.const 1)) (drop (i32.const 1)) (call $answer64 (call $clock))
              (i32.const 0)`,
      },
      { start_unix_nanos: String(start) },
    );
    assert.equal(bytes.readBigInt64LE(0), start + 1n, 'the call itself is paid for');
    // call $answer64, its seven instructions, two constants and their drops, call $clock
    assert.equal(bytes.readBigInt64LE(8), start + 1n + 1n + 7n + 4n + 1n);
  });

  it('the clock also moves in init and finalize', async () => {
    const ask = '(call $answer64 (call $clock))';
    const bytes = await output({ init: ask, run: '(i32.const 0)', finalize: ask }, { start_unix_nanos: '0' });
    assert.equal(bytes.readBigInt64LE(0), 1n);
    // call $answer64, its seven instructions, the constant, call $clock
    assert.equal(bytes.readBigInt64LE(8), 1n + 1n + 7n + 1n + 1n);
  });

  it('random_fill is the AES-256-CTR key stream of the seed', async () => {
    const seed = createHash('sha256').update('seed').digest('hex');
    const bytes = await output(
      {
        memory: '3',
        run: `(call $random_fill (i32.const 0) (i32.const 5)) (call $random_fill (i32.const 5) (i32.const 99995))
              (call $output_write (i32.const 0) (i32.const 100000))`,
      },
      { seed },
    );
    // The definition, block by block: the cipher of the counter.
    const counters = Buffer.alloc(100_000);
    for (let at = 0; at < counters.length; at += 16) counters.writeUInt32BE(at / 16, at + 12);
    const cipher = createCipheriv('aes-256-ecb', Buffer.from(seed, 'hex'), null).setAutoPadding(false);
    assert.ok(bytes.equals(cipher.update(counters)));
  });

  it('another seed gives other bytes, the same seed the same', async () => {
    const parts = {
      run: '(call $random_fill (i32.const 0) (i32.const 32)) (call $output_write (i32.const 0) (i32.const 32))',
    };
    const [a, again, other] = [
      await output(parts, { seed: 'aa'.repeat(32) }),
      await output(parts, { seed: 'aa'.repeat(32) }),
      await output(parts, { seed: 'ab'.repeat(32) }),
    ];
    assert.deepEqual(a, again);
    assert.notDeepEqual(a, other);
  });

  const LABELS: Array<[label: string, reported: string]> = [
    ['invalid_input', 'invalid_input'],
    ['a', 'a'],
    ['a'.repeat(64), 'a'.repeat(64)],
    ['a'.repeat(65), 'invalid_label'],
    ['', 'invalid_label'],
    ['Not_snake', 'invalid_label'],
    ['with space', 'invalid_label'],
    ['1st', 'invalid_label'],
    ['line\\n', 'invalid_label'],
    ['\\ff\\fe', 'invalid_label'],
    ['schl\\c3\\bcssel', 'invalid_label'],
  ];
  const REFUSED: Record<string, string> = {
    ['a'.repeat(65)]: `${'a'.repeat(64)}…`,
    '': '',
    Not_snake: 'Not_snake',
    'with space': 'with space',
    '1st': '1st',
    'line\\n': 'line\\n',
    '\\ff\\fe': '\ufffd\ufffd',
    'schl\\c3\\bcssel': 'schlüssel',
  };
  for (const [label, reported] of LABELS) {
    it(`fail("${label}") is told as ${reported}`, async () => {
      const length = label.replace(/\\(n|[0-9a-f]{2})/g, '.').length;
      const { error } = await cell.run(
        tasklet({
          more: `(data (i32.const 0) "${label}")`,
          run: `(call $fail (i32.const 0) (i32.const ${length})) (i32.const 5)`,
        }),
      );
      assert.equal(error?.code, 'tasklet_failed');
      assert.equal(error?.label, reported);
      assert.equal(error?.exit_code, 5);
      // The message says what was given, and the rule.
      const words = /: it gave "(.*)", and a label is .* at most 64 bytes\.$/.exec(error?.message ?? '')?.[1];
      assert.equal(words, REFUSED[label]);
    });
  }

  it('the last label before run returns counts; without a code nothing failed', async () => {
    const more = '(data (i32.const 0) "onetwo")';
    const twice = '(call $fail (i32.const 0) (i32.const 3)) (call $fail (i32.const 3) (i32.const 3))';
    const finalize = '(call $fail (i32.const 0) (i32.const 3))';
    const failed = await cell.run(tasklet({ more, run: `${twice} (i32.const -1)`, finalize }));
    assert.equal(failed.error?.label, 'two');
    assert.equal(failed.error?.exit_code, -1);
    const succeeded = await cell.run(tasklet({ more, run: `${twice} (i32.const 0)` }));
    assert.equal(succeeded.state, 'succeeded');
    const unlabelled = await cell.run(tasklet({ run: '(i32.const 1)' }));
    assert.equal(unlabelled.error?.label, null, 'no label is left over from another run');
  });

  it('finalize runs after a non-zero run, and its output counts', async () => {
    const outcome = await cell.run(tasklet({ run: '(i32.const 1)', finalize: '(call $answer32 (i32.const 42))' }));
    assert.equal(outcome.error?.code, 'tasklet_failed');
    assert.equal(Buffer.from(outcome.output).readInt32LE(), 42);
  });

  it('what was written before a trap is told', async () => {
    const outcome = await cell.run(tasklet({ run: '(call $answer32 (i32.const 42)) unreachable' }));
    assert.equal(outcome.error?.code, 'trap_unreachable');
    assert.equal(Buffer.from(outcome.output).readInt32LE(), 42);
  });

  it('the log is told in batches whose join is how the log begins', async () => {
    const reported: string[] = [];
    const outcome = await cell.run(
      tasklet({
        more: '(data (i32.const 0) "hello")',
        run: `(loop $l
                (call $log (local.get $i) (i32.const 0) (i32.const 5))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $l (i32.lt_u (local.get $i) (i32.const 6))))
              (i32.const 0)`,
      }),
      {},
      { log: (text) => reported.push(text) },
    );
    assert.equal(outcome.error, null);
    assert.equal(outcome.log, 'error hello\nwarn  hello\ninfo  hello\ndebug hello\ntrace hello\ntrace hello\n');
    assert.ok(outcome.log.startsWith(reported.join('')));
  });

  it('a line is told while the run goes on', async () => {
    const module = tasklet({
      more: '(data (i32.const 0) "here")',
      run: '(call $log (i32.const 2) (i32.const 0) (i32.const 4)) (loop $l (br $l)) (i32.const 0)',
    });
    const job = cell.job(await cell.put(module), { fuel: LIMITS.fuelMax });
    const outcome = await cell.runtime.submit(job, {
      running() {},
      log(text) {
        assert.equal(text, 'info  here\n');
        cell.runtime.cancel(job.run_id);
      },
    });
    assert.equal(outcome.state, 'cancelled');
    assert.equal(outcome.log, 'info  here\n', 'and is kept when the worker is ended');
  });

  it('without a lease the memory unit is disconnected, without a pool unsupported', async () => {
    const parts = {
      run: `(call $answer64 (call $fbmu_hello)) (call $answer32 (call $fbmu_read (i64.const 0) (i32.const 0) (i32.const 0)))
            (i32.const 0)`,
    };
    const bytes = await output(parts);
    assert.deepEqual([bytes.readBigInt64LE(0), bytes.readInt32LE(8)], [-1n, -1]);
    const poolless = startRuntime({ poolBytes: 0 });
    try {
      const { output: without } = await poolless.run(tasklet(parts));
      assert.equal(Buffer.from(without).readBigInt64LE(0), -5n);
      assert.equal(Buffer.from(without).readInt32LE(8), -5);
    } finally {
      await poolless.runtime.stop();
    }
  });

  it('runs at one time keep to their own windows', async () => {
    // Each fills its window with the first byte of its input, then reads it back and answers its
    // sum.
    const module = tasklet({
      run: `(drop (call $blob_read (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 1)))
            (memory.fill (i32.const 0) (i32.load8_u (i32.const 0)) (i32.const 64))
            (loop $l
              (drop (call $fbmu_write (i64.const 0) (i32.const 0) (i32.const 64)))
              (drop (call $fbmu_read (i64.const 0) (i32.const 64) (i32.const 64)))
              (local.set $n (i32.or (local.get $n) (i32.xor (i32.load8_u (i32.const 127)) (i32.load8_u (i32.const 0)))))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if $l (i32.lt_u (local.get $i) (i32.const 2000))))
            (local.get $n)`,
    });
    const windows = Array.from({ length: 8 }, (_, i) => ({ offset: 1024 + i * 64, bytes: 64 }));
    const outcomes = await Promise.all(
      windows.map((lease, i) => cell.run(module, { lease, input: Uint8Array.of(i + 1) })),
    );
    for (const { error } of outcomes) assert.equal(error, null);
    windows.forEach(({ offset, bytes }, i) => {
      assert.ok(new Uint8Array(cell.pool, offset, bytes).every((byte) => byte === i + 1));
    });
  });

  for (const [why, status] of [
    ['expired', -2],
    ['fenced', -3],
    ['revoked', -6],
  ] as const) {
    it(`a lease that is ${why} under a run is out of its reach at once`, async () => {
      const module = tasklet({
        more: '(data (i32.const 0) "go")',
        run: `(call $log (i32.const 2) (i32.const 0) (i32.const 2))
              (loop $l
                (local.set $i (call $fbmu_write (i64.const 0) (i32.const 0) (i32.const 512)))
                (br_if $l (i32.eqz (local.get $i))))
              (call $answer32 (local.get $i)) (call $answer32 (i32.wrap_i64 (call $fbmu_hello))) (i32.const 0)`,
      });
      const lease = { offset: 2048, bytes: 512 };
      const window = new Uint8Array(cell.pool, lease.offset, lease.bytes);
      const job = cell.job(await cell.put(module), { lease, fuel: LIMITS.fuelMax });
      const outcome = await cell.runtime.submit(job, {
        running() {},
        log() {
          assert.equal(cell.runtime.endLease(job.run_id, why), true);
          window.fill(0);
        },
      });
      assert.equal(outcome.error, null);
      assert.deepEqual([...new Int32Array(outcome.output.slice().buffer)], [status, status]);
      assert.ok(
        window.every((byte) => byte === 0),
        'nothing was written after the end of the lease',
      );
      assert.equal(cell.runtime.endLease(job.run_id, why), false);
    });
  }
});
