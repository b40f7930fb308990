import assert from 'node:assert/strict';
import { LIMITS } from '../../../../../base/limits.ts';
import { HOST_STATUS } from '../../../../../daemons/fabricbiosd/boundary/hostStatus.ts';
import { CELL, newControlBuffer, sharedControl } from '../../../../../daemons/fabricbiosd/boundary/sharedControl.ts';
import type { RunRequest } from '../../../../../daemons/fabricbiosd/boundary/workerMessages.ts';
import { HANDLE, HostFunctions, INVALID_LABEL } from '../../../../../daemons/fabricbiosd/worker/hostFunctions.ts';
import { HostTrapError } from '../../../../../daemons/fabricbiosd/worker/hostTrap.ts';
import { RunLog } from '../../../../../daemons/fabricbiosd/worker/runLog.ts';
import { balanceOf } from '../../../../../wasm/meter/balance.ts';
import { PROFILE, type ProfileFunction } from '../../../../../wasm/profile.ts';

type HostFunction = (...values: Array<number | bigint>) => number | bigint | undefined;

const PAGE = 65_536;
const POOL = 4_096;
const REQUEST: RunRequest = {
  kind: 'run',
  moduleId: 1,
  compiled: null,
  forget: 0,
  context: Buffer.from('{"a":1}'),
  input: Buffer.from('hello'),
  fuel: 1_000,
  seed: '00'.repeat(32),
  startUnixNanos: '1700000000000000000',
  leaseOffset: 1_024,
  leaseBytes: 64,
};

/** The functions of one worker with a run that has begun, on a memory of one page. */
function begun(request: Partial<RunRequest> = {}, poolBytes = POOL) {
  const control = sharedControl(newControlBuffer());
  const pool = new SharedArrayBuffer(poolBytes);
  const log = new RunLog(control, () => {});
  const host = new HostFunctions(pool, control, log);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
  const balance = new WebAssembly.Global({ value: 'i64', mutable: true }, balanceOf(1_000));
  host.begin({ ...REQUEST, ...request });
  host.attach(memory, balance);
  const call = (name: string, ...values: Array<number | bigint>) => {
    for (const functions of Object.values(host.imports)) {
      if (name in functions) return (functions[name] as unknown as HostFunction)(...values);
    }
    return assert.fail(`no ${name}`);
  };
  const bytes = (at: number, length: number) => Buffer.from(memory.buffer, at, length).toString();
  const put = (at: number, text: string) => new Uint8Array(memory.buffer).set(Buffer.from(text), at);
  return { host, call, memory, balance, control, pool: new Uint8Array(pool), bytes, put };
}

describe('HostFunctions', () => {
  it('has a function for each import of the profile, and no other', () => {
    const { host } = begun();
    const names = (modules: Record<string, object>) =>
      Object.entries(modules).map(([module, functions]) => [module, Object.keys(functions).sort()]);
    const wanted = Object.entries(PROFILE.imports).map(([module, rows]) => [
      module,
      (rows as readonly ProfileFunction[]).map(({ name }) => name).sort(),
    ]);
    assert.deepEqual(names(host.imports as Record<string, object>), wanted);
  });

  it('gives each result in the type that the profile says', () => {
    const { call } = begun();
    for (const rows of Object.values(PROFILE.imports) as Array<readonly ProfileFunction[]>) {
      for (const { name, params, results } of rows) {
        const value = call(name, ...params.map(([, type]) => (type === 'i64' ? 0n : 0)));
        const expected = results.length === 0 ? 'undefined' : results[0] === 'i64' ? 'bigint' : 'number';
        assert.equal(typeof value, expected, name);
      }
    }
  });

  it('reads the input and the context, from any offset', () => {
    const { call, bytes } = begun();
    assert.equal(call('blob_read', HANDLE.input, 1, 10, 3), 3);
    assert.equal(bytes(10, 4), 'ell\0');
    assert.equal(call('blob_read', HANDLE.context, 0, 0, 100), 7);
    assert.equal(call('blob_read', HANDLE.input, 5, 0, 100), 0);
    assert.equal(call('blob_read', 3, 0, 0, 1), HOST_STATUS.badHandle);
  });

  it('looks at the memory as it is after it grew', () => {
    const { call, memory, put, host } = begun();
    assert.throws(() => call('output_write', PAGE, 4), HostTrapError);
    memory.grow(1);
    put(PAGE, 'more');
    assert.equal(call('output_write', PAGE, 4), 0);
    assert.equal(Buffer.from(host.takeOutput()).toString(), 'more');
  });

  it('joins the parts of an output, and refuses what goes past the bound', () => {
    const { call, put, host } = begun();
    put(0, 'abc');
    assert.equal(host.takeOutput().length, 0);
    call('output_write', 0, 2);
    call('output_write', 2, 1);
    assert.equal(Buffer.from(host.takeOutput()).toString(), 'abc');
    for (let written = 3; written + PAGE <= LIMITS.output; written += PAGE) call('output_write', 0, PAGE);
    const left = LIMITS.output - host.takeOutput().length;
    assert.equal(host.refusedAt, null);
    assert.equal(call('output_write', 0, left + 1), HOST_STATUS.capacityExceeded);
    assert.match(String((host as { refusedAt: Error | null }).refusedAt), /output refused/);
    assert.equal(call('output_write', 0, left), 0, 'what fits is still taken');
    assert.equal(host.takeOutput().length, LIMITS.output);
  });

  for (const [text, label] of [
    ['some_label', 'some_label'],
    ['a', 'a'],
    [`a${'b'.repeat(63)}`, `a${'b'.repeat(63)}`],
    [`a${'b'.repeat(64)}`, INVALID_LABEL],
    ['', INVALID_LABEL],
    ['9lives', INVALID_LABEL],
    ['Some', INVALID_LABEL],
    ['a b', INVALID_LABEL],
    ['a\n', INVALID_LABEL],
  ] as const) {
    it(`takes "${text.replace('\n', '\\n')}" for ${label}`, () => {
      const { call, put, host } = begun();
      put(0, text);
      call('fail', 0, text.length);
      assert.equal(host.label, label);
    });
  }

  it('takes the stack of the last failure, up to 64 of them', () => {
    const { call, put, host } = begun();
    put(0, 'x');
    for (let count = 1; count <= 64; count++) call('fail', 0, 1);
    assert.ok(host.failedAt instanceof Error);
    call('fail', 0, 1);
    assert.equal(host.failedAt, null);
  });

  it('tells the time by the fuel that is used', () => {
    const { call, balance } = begun();
    assert.equal(call('clock_unix_nanos'), 1_700_000_000_000_000_000n);
    balance.value = balanceOf(400);
    assert.equal(call('clock_unix_nanos'), 1_700_000_000_000_000_600n);
  });

  it('gives the same random bytes for the same seed, in whatever pieces', () => {
    const whole = begun();
    whole.call('random_fill', 0, 32);
    const pieces = begun();
    for (let at = 0; at < 32; at += 8) pieces.call('random_fill', at, 8);
    const other = begun({ seed: '01'.repeat(32) });
    other.call('random_fill', 0, 32);
    const hex = ({ memory }: ReturnType<typeof begun>) => Buffer.from(memory.buffer, 0, 32).toString('hex');
    assert.equal(hex(pieces), hex(whole));
    assert.notEqual(hex(other), hex(whole));
  });

  it('copies from and to the window of the lease alone', () => {
    const { call, put, pool, bytes } = begun();
    put(0, 'shared');
    assert.equal(call('fbmu_hello'), 64n);
    assert.equal(call('fbmu_write', 58n, 0, 6), 0);
    assert.equal(Buffer.from(pool.subarray(1_024 + 58, 1_024 + 64)).toString(), 'shared');
    assert.equal(call('fbmu_write', 59n, 0, 6), HOST_STATUS.capacityExceeded);
    assert.equal(call('fbmu_write', -1n, 0, 1), HOST_STATUS.capacityExceeded);
    assert.equal(pool[1_024 + 64], 0);
    assert.equal(call('fbmu_read', 58n, 100, 6), 0);
    assert.equal(bytes(100, 6), 'shared');
  });

  it('says why the fabric memory cannot be used', () => {
    assert.equal(begun({ leaseBytes: -1 }, 0).call('fbmu_hello'), BigInt(HOST_STATUS.unsupported));
    assert.equal(begun({ leaseBytes: -1 }).call('fbmu_read', 0n, 0, 1), HOST_STATUS.disconnected);
    const { call, control } = begun();
    Atomics.store(control.cells, CELL.leaseStatus, HOST_STATUS.revoked);
    assert.equal(call('fbmu_read', 0n, 0, 1), HOST_STATUS.revoked);
    assert.equal(call('fbmu_hello'), BigInt(HOST_STATUS.revoked));
    assert.equal(Atomics.load(control.cells, CELL.leaseBusy), 0, 'the lease is free to end');
  });

  it('is free of the lease also after a trap in the middle of a copy', () => {
    const { call, control } = begun();
    assert.throws(() => call('fbmu_read', 0n, PAGE, 1), HostTrapError);
    assert.equal(Atomics.load(control.cells, CELL.leaseBusy), 0);
  });

  it('shares the progress of the run when it is called', () => {
    const { call, control, balance, memory } = begun();
    balance.value = balanceOf(77);
    memory.grow(2);
    call('clock_unix_nanos');
    assert.equal(control.balance[0], balanceOf(77));
    assert.equal(Atomics.load(control.cells, CELL.memoryPages), 3);
  });

  it('has nothing of a run once it is released', () => {
    const { host, call, put } = begun();
    put(0, 'secret');
    call('output_write', 0, 6);
    call('fail', 0, 6);
    host.release();
    assert.deepEqual([host.label, host.failedAt, host.refusedAt, host.takeOutput().length], [null, null, null, 0]);
    assert.throws(() => call('output_write', 0, 1), HostTrapError);
    assert.equal(call('clock_unix_nanos'), 0n);
    host.begin({ ...REQUEST, leaseBytes: -1 });
    assert.equal(call('fbmu_hello'), BigInt(HOST_STATUS.disconnected));
  });
});
