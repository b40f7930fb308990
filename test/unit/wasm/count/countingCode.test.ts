import assert from 'node:assert/strict';
import { CountingCode, HOOKS } from '../../../../wasm/count/countingCode.ts';
import { ByteWriter } from '../../../../wasm/meter/byteWriter.ts';
import { Op } from '../../../../wasm/read/opcodes.ts';

/** Far enough in the memory that its offset takes several bytes. */
const STRETCH = 5_000;

interface Counting {
  run(): void;
  left: WebAssembly.Global;
  short: WebAssembly.Global;
  count(): bigint;
  /** Calls of hooks: number of the hook and its argument. */
  hooked: Array<[number, number | undefined]>;
}

/** A module with one function of the code at hand. It has what a counting module has. */
function instantiate(write: (code: CountingCode, body: ByteWriter) => void): Counting {
  const out = new ByteWriter(512);
  out.append([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const section = (id: number, bytes: readonly number[] | ByteWriter) => {
    out.u8(id);
    const content = new ByteWriter(64);
    if (bytes instanceof ByteWriter) content.copy(bytes.bytes, 0, bytes.length);
    else content.append(bytes);
    out.sized(content);
  };
  // Types: of hooks with an argument, of those without, which the function itself has too.
  section(1, [2, 0x60, 1, 0x7f, 0, 0x60, 0, 0]);
  section(3, [1, 1]);
  section(4, [1, 0x70, 1, 4, 4]);
  section(5, [2, 0, 0, 0, 1]);
  section(6, [2, 0x7e, 1, Op.i64Const, 0, Op.end, 0x7f, 1, Op.i32Const, 0x7f, Op.end]);
  const exported = new ByteWriter(64);
  exported.u8(5);
  for (const [name, kind, index] of [
    ['f', 0, 0],
    ['hooks', 1, 0],
    ['counts', 2, 1],
    ['left', 3, 0],
    ['short', 3, 1],
  ] as const) {
    exported.name(name);
    exported.append([kind, index]);
  }
  section(7, exported);
  const body = new ByteWriter(128);
  body.u8(0);
  write(new CountingCode({ hookType: 0, hookTable: 0, counters: 1, left: 0 }), body);
  body.u8(Op.end);
  const code = new ByteWriter(256);
  code.u8(1);
  code.sized(body);
  section(10, code);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(out.written())));
  const { f, left, short, counts, hooks } = exports as unknown as {
    f: () => void;
    left: WebAssembly.Global;
    short: WebAssembly.Global;
    counts: WebAssembly.Memory;
    hooks: WebAssembly.Table;
  };
  const hooked: Counting['hooked'] = [];
  for (const [hook, takes] of [
    [HOOKS.entered, 'i32'],
    [HOOKS.calling, 'i32'],
    [HOOKS.called, ''],
    [HOOKS.leaving, ''],
  ] as const) {
    hooks.set(
      hook,
      hostFunction(takes, (argument) => hooked.push([hook, argument])),
    );
  }
  const count = () => new DataView(counts.buffer).getBigInt64(STRETCH * 8, true);
  return { run: f, left, short, count, hooked };
}

/** A function of wasm that calls one of JavaScript, because a table takes no other. */
function hostFunction(takes: 'i32' | '', call: (argument: number | undefined) => void): WebAssembly.ExportValue {
  const type = takes === '' ? [0x60, 0, 0] : [0x60, 1, 0x7f, 0];
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, type.length + 1, 1, ...type],
    ...[2, 7, 1, 1, 0x68, 1, 0x66, 0, 0],
    ...[7, 5, 1, 1, 0x66, 0, 0],
  ];
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes)), { h: { f: call } });
  return exports.f as WebAssembly.ExportValue;
}

describe('CountingCode', () => {
  const counter = (cost: number) => instantiate((code, out) => code.counter(out, STRETCH, cost));

  it('counts each time, and takes the cost off', () => {
    const { run, left, short, count } = counter(70);
    left.value = 1_000n;
    run();
    run();
    assert.deepEqual([count(), left.value, short.value], [2n, 860n, -1]);
  });

  it('is paid for by exactly its cost', () => {
    const { run, left, short } = counter(70);
    left.value = 70n;
    run();
    assert.deepEqual([left.value, short.value], [0n, -1]);
  });

  it('notes the stretch in which fuel is short, which still runs', () => {
    const { run, left, short, count } = counter(70);
    left.value = 69n;
    run();
    assert.deepEqual([left.value, short.value, count()], [-1n, STRETCH, 1n]);
  });

  it('ends the run in the next stretch, uncounted', () => {
    const { run, left, count } = counter(70);
    left.value = -1n;
    assert.throws(run, /unreachable/);
    assert.deepEqual([left.value, count()], [-1n, 0n]);
  });

  it('calls hooks with their argument, and those that have none', () => {
    const { run, hooked } = instantiate((code, out) => {
      code.hook(out, HOOKS.entered, 300);
      code.hook(out, HOOKS.calling, 0);
      code.hook(out, HOOKS.called);
      code.hook(out, HOOKS.leaving);
    });
    run();
    assert.deepEqual(hooked, [
      [HOOKS.entered, 300],
      [HOOKS.calling, 0],
      [HOOKS.called, undefined],
      [HOOKS.leaving, undefined],
    ]);
  });
});
