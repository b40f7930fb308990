import { LIMITS } from '../../base/limits.ts';
import type { RunErrorCode } from '../../daemons/wire/runError.ts';
import type { RunSubmit } from '../../daemons/wire/tenantApi.ts';
import { MODULE_LIMITS } from '../../wasm/read/moduleLimits.ts';
import { compileWat } from '../helpers/compileWat.ts';
import { text, u32 } from '../helpers/wasmBytes.ts';
import { expensiveModule } from './expensiveCode.ts';
import { joined, ModuleBuilder, repeated } from './moduleBuilder.ts';

export interface HostileCase {
  name: string;
  /** The row of docs/reference/limits.md that it is about. */
  limit: string;
  module(): Uint8Array;
  job?: Partial<RunSubmit>;
  /**
   * The end of its run. `null`: a success, because the tasklet sees the bound. `body_too_large` is
   * refused before there is a run.
   */
  error: RunErrorCode | 'body_too_large' | null;
  /** Words that the message must have besides. */
  says?: RegExp;
}

const PAGE = 65_536;

/** As large as an input may be, and of what takes most to be read. */
const LARGE_JSON = Buffer.from(`[${'{},'.repeat(Math.floor(LIMITS.input / 3) - 1)}0]`);

/** For what only the wall clock ends. */
const SHORT: Partial<RunSubmit> = { fuel: LIMITS.fuelMax, timeout_ms: 400 };

const END = 0x0b;

const tasklet = (run: string, more = '', imports = '') =>
  compileWat(`(module ${imports}
    (import "grafos_tasklet_v0" "blob_read" (func $blob (param i32 i32 i32 i32) (result i32)))
    (import "grafos_tasklet_v0" "output_write" (func $output (param i32 i32) (result i32)))
    (import "grafos_tasklet_v0" "fail" (func $fail (param i32 i32)))
    (import "grafos_tasklet_v0" "random_fill" (func $random (param i32 i32)))
    (import "grafos_tasklet_v0" "log" (func $log (param i32 i32 i32)))
    (import "fabricbios_fbmu_v0" "fbmu_read" (func $read (param i64 i32 i32) (result i32)))
    (import "fabricbios_fbmu_v0" "fbmu_write" (func $write (param i64 i32 i32) (result i32)))
    (memory (export "memory") 1) ${more}
    (func (export "_grafos_tasklet_init") (param i32 i32))
    (func (export "_grafos_tasklet_run") (param $in i32) (param $len i32) (result i32) ${run})
    (func (export "_grafos_tasklet_finalize")))`);

const forever = (body: string) => `(loop $on ${body} (br $on)) (i32.const 0)`;
const manyTimes = (times: number, body: string) =>
  `(local $n i32) (loop $on ${body} (br_if $on (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const ${times}))))`;
const names = (count: number, kind: number, index: number) =>
  joined(Array.from({ length: count }, (_, at) => [...text(`n${at}`), kind, index]));

/** A case for each bound of a module: one more than allowed. */
const MODULES: HostileCase[] = [
  {
    name: 'a module of 32 MiB and a byte',
    limit: 'module',
    module: () => {
      const size = MODULE_LIMITS.module - 61;
      return joined([new ModuleBuilder().bytes(), [0], u32(size), text('pad'), new Uint8Array(size - 4)]);
    },
    error: 'body_too_large',
  },
  over('types', /types/, () => new ModuleBuilder().add(1, MODULE_LIMITS.types, [0x60, 0, 0])),
  over('arity', /parameters|results/, () =>
    new ModuleBuilder().add(1, 1, [
      0x60,
      ...u32(MODULE_LIMITS.arity + 1),
      ...repeated([0x7f], MODULE_LIMITS.arity + 1),
      0,
    ]),
  ),
  over('typeValues', /parameters and results/, () =>
    new ModuleBuilder().add(1, MODULE_LIMITS.typeValues / MODULE_LIMITS.arity + 1, [
      ...[0x60, ...u32(MODULE_LIMITS.arity)],
      ...repeated([0x7f], MODULE_LIMITS.arity),
      0,
    ]),
  ),
  over('imports', /imports/, () =>
    new ModuleBuilder().add(2, MODULE_LIMITS.imports + 1, [...text('grafos_tasklet_v0'), ...text('fail'), 0, 0]),
  ),
  over('exports', /exports/, () => new ModuleBuilder().add(7, MODULE_LIMITS.exports, names(1, 0, 0)).bytes()),
  over('functions', /functions/, () =>
    new ModuleBuilder().add(3, MODULE_LIMITS.functions, [2]).add(10, MODULE_LIMITS.functions, [2, 0, END]),
  ),
  over('globals', /globals/, () => new ModuleBuilder().add(6, MODULE_LIMITS.globals + 1, [0x7f, 0, 0x41, 0, END])),
  over('tables', /tables/, () => new ModuleBuilder().add(4, MODULE_LIMITS.tables + 1, [0x70, 0, 0])),
  over('tableEntries', /entries|table/, () =>
    new ModuleBuilder().add(4, 1, [0x70, 0, ...u32(MODULE_LIMITS.tableEntries + 1)]),
  ),
  over('elementSegments', /element segments/, () =>
    new ModuleBuilder().add(4, 1, [0x70, 0, 1]).add(9, MODULE_LIMITS.elementSegments + 1, [1, 0, 0]),
  ),
  over('dataSegments', /data segments/, () => new ModuleBuilder().add(11, MODULE_LIMITS.dataSegments + 1, [1, 0])),
  over('functionBody', /function body/, () =>
    new ModuleBuilder().add(3, 1, [2]).body([0], repeated([0x01], MODULE_LIMITS.functionBody)),
  ),
  over('locals', /locals/, () =>
    new ModuleBuilder().add(3, 1, [2]).body([1, ...u32(MODULE_LIMITS.locals + 1), 0x7f], []),
  ),
  {
    ...over('locals', /locals/, () =>
      new ModuleBuilder().add(3, 1, [2]).body([2, ...u32(2 ** 31), 0x7f, ...u32(2 ** 31), 0x7f], []),
    ),
    name: 'locals whose number overflows',
  },
  over('nesting', /nested/, () =>
    new ModuleBuilder()
      .add(3, 1, [2])
      .body(
        [0],
        joined([repeated([0x02, 0x40], MODULE_LIMITS.nesting + 1), repeated([END], MODULE_LIMITS.nesting + 1)]),
      ),
  ),
  over('brTable', /br_table/, () =>
    new ModuleBuilder()
      .add(3, 1, [2])
      .body(
        [0],
        joined([[0x41, 0, 0x0e, ...u32(MODULE_LIMITS.brTable + 1)], new Uint8Array(MODULE_LIMITS.brTable + 2)]),
      ),
  ),
  ...compilerBounds(),
  over('name', /name/, () => new ModuleBuilder().export('n'.repeat(MODULE_LIMITS.name + 1), 0, 0)),
  {
    name: 'a vector of four thousand million types',
    limit: 'malformed',
    module: () => joined([[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5], u32(2 ** 32 - 1)]),
    error: 'module_invalid',
  },
  {
    name: 'a section longer than the file',
    limit: 'malformed',
    module: () => joined([[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1], u32(2 ** 31)]),
    error: 'module_invalid',
  },
  ...refusedFeatures(),
];

/** A case for each bound of a run. */
const RUNS: HostileCase[] = [
  {
    name: 'a memory minimum above linear_memory',
    limit: 'linear memory',
    module: () => new ModuleBuilder().memory([0, 17]).bytes(),
    job: { linear_memory_bytes: 16 * PAGE },
    error: 'module_invalid',
    says: /17 pages.*16/,
  },
  {
    name: 'memory.grow until it fails',
    limit: 'linear memory',
    module: () =>
      tasklet(
        `(loop $on (br_if $on (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (i32.ne (memory.size) (i32.const 512))`,
      ),
    error: null,
  },
  {
    name: 'table.grow until it fails',
    limit: 'tableEntries',
    module: () =>
      tasklet(
        `(loop $on (br_if $on (i32.ne (table.grow (ref.null func) (i32.const 99999)) (i32.const -1)))) (i32.ne (table.size) (i32.const 999991))`,
        '(table 1 funcref)',
      ),
    error: null,
  },
  {
    name: 'a loop without end',
    limit: 'fuel',
    module: () => tasklet(forever('')),
    job: { fuel: 5_000_000 },
    error: 'fuel_exhausted',
  },
  {
    name: 'a loop without end and all the fuel there is',
    limit: 'deadline',
    module: () => tasklet(forever('')),
    job: SHORT,
    error: 'deadline_exceeded',
  },
  {
    name: 'a start function without end',
    limit: 'fuel',
    module: () => tasklet('(i32.const 0)', `(func $start (loop $on (br $on))) (start $start)`),
    job: { fuel: 1_000_000 },
    error: 'fuel_exhausted',
  },
  {
    name: 'a start function that traps',
    limit: 'fuel',
    module: () => tasklet('(i32.const 0)', '(func $start unreachable) (start $start)'),
    error: 'trap_unreachable',
  },
  {
    name: 'recursion without end',
    limit: 'call depth',
    module: () => tasklet('(call $deeper) (i32.const 0)', '(func $deeper (call $deeper))'),
    error: 'trap_call_stack_exhausted',
  },
  {
    name: 'recursion with as many locals as there may be',
    limit: 'call depth',
    module: () =>
      new ModuleBuilder([0x10, 3, 0x41, 0])
        .add(3, 1, [2])
        .body([1, ...u32(MODULE_LIMITS.locals), 0x7e], [0x10, 3])
        .bytes(),
    error: 'trap_call_stack_exhausted',
  },
  {
    name: 'recursion through a table',
    limit: 'call depth',
    module: () =>
      tasklet(
        '(call $deeper) (i32.const 0)',
        '(table 1 funcref) (elem (i32.const 0) $deeper) (type $v (func)) (func $deeper (call_indirect (type $v) (i32.const 0)))',
      ),
    error: 'trap_call_stack_exhausted',
  },
  {
    name: 'tail calls without end, which need no stack',
    limit: 'fuel',
    // return_call 3
    module: () => new ModuleBuilder([0x10, 3, 0x41, 0]).add(3, 1, [2]).body([0], [0x12, 3]).bytes(),
    job: { fuel: 5_000_000 },
    error: 'fuel_exhausted',
  },
  {
    name: 'an input of 16 MiB and a byte',
    limit: 'input',
    module: () => tasklet('(i32.const 0)'),
    job: { input_b64: Buffer.alloc(LIMITS.input + 1).toString('base64') },
    error: 'body_too_large',
  },
  {
    name: 'sixteen MiB of JSON, in and out',
    limit: 'output',
    module: () =>
      tasklet(`(drop (memory.grow (i32.const 256)))
        (drop (call $blob (local.get $in) (i32.const 0) (i32.const ${PAGE}) (local.get $len)))
        (drop (call $output (i32.const ${PAGE}) (local.get $len))) (i32.const 0)`),
    job: { input_b64: LARGE_JSON.toString('base64') },
    error: null,
  },
  {
    name: 'an output of 17 MiB, as if it had been taken',
    limit: 'output',
    module: () => tasklet(`${manyTimes(272, `(drop (call $output (i32.const 0) (i32.const ${PAGE})))`)} (i32.const 0)`),
    error: 'output_too_large',
  },
  {
    name: 'a log without end',
    limit: 'log',
    module: () =>
      tasklet(`${manyTimes(20_000, '(call $log (i32.const 0) (i32.const 0) (i32.const 1000))')} (i32.const 0)`),
    error: null,
  },
  {
    name: 'a log record of a whole memory',
    limit: 'log',
    module: () =>
      tasklet(`${manyTimes(2_000, `(call $log (i32.const 0) (i32.const 0) (i32.const ${PAGE}))`)} (i32.const 0)`),
    error: null,
  },
  {
    name: 'random_fill of a whole memory, again and again',
    limit: 'host calls',
    module: () => tasklet(forever(`(call $random (i32.const 0) (i32.const ${PAGE}))`)),
    job: SHORT,
    error: 'deadline_exceeded',
  },
  {
    name: 'the cheapest host call, again and again',
    limit: 'host calls',
    module: () => tasklet(forever('(drop (call $blob (local.get $in) (i32.const 0) (i32.const 0) (i32.const 0)))')),
    job: { fuel: 10_000_000 },
    error: 'fuel_exhausted',
  },
  {
    name: 'memory.fill of 32 MiB, again and again',
    limit: 'deadline',
    module: () =>
      tasklet(
        `(drop (memory.grow (i32.const 511))) ${forever(`(memory.fill (i32.const 0) (i32.const 1) (i32.const ${512 * PAGE}))`)}`,
      ),
    job: SHORT,
    error: 'deadline_exceeded',
  },
  ...[
    '$blob (local.get $in) (i32.const 0) (i32.const 65000) (i32.const 600)',
    '$output (i32.const 65535) (i32.const 2)',
    '$read (i64.const 0) (i32.const -1) (i32.const 1)',
    '$write (i64.const 0) (i32.const 65536) (i32.const 1)',
  ].map(
    (call): HostileCase => ({
      name: `a pointer past the memory, given to ${call.split(' ')[0]?.slice(1)}`,
      limit: 'host pointers',
      module: () => tasklet(`(drop (call ${call})) (i32.const 0)`),
      job: { mem_bytes: 4096 },
      error: 'trap_memory_out_of_bounds',
    }),
  ),
  ...[
    '$fail (i32.const -1) (i32.const 2)',
    '$random (i32.const 0) (i32.const -1)',
    '$log (i32.const 0) (i32.const -8) (i32.const 16)',
  ].map(
    (call): HostileCase => ({
      name: `a pointer past the memory, given to ${call.split(' ')[0]?.slice(1)}`,
      limit: 'host pointers',
      module: () => tasklet(`(call ${call}) (i32.const 0)`),
      error: 'trap_memory_out_of_bounds',
    }),
  ),
  {
    name: 'fabric memory behind the lease',
    limit: 'fabric memory',
    module: () => tasklet('(call $read (i64.const 4090) (i32.const 0) (i32.const 7))'),
    job: { mem_bytes: 4096 },
    error: 'tasklet_failed',
    says: /code -4/,
  },
  {
    name: 'fabric memory at the last offset of 64 bits',
    limit: 'fabric memory',
    module: () => tasklet('(call $write (i64.const -1) (i32.const 0) (i32.const 2))'),
    job: { mem_bytes: 4096 },
    error: 'tasklet_failed',
    says: /code -4/,
  },
  {
    name: 'a label that would drive a terminal',
    limit: 'error label',
    module: () => tasklet('(call $fail (i32.const 0) (i32.const 5)) (i32.const 1)', '(data (i32.const 0) "\\1b[2Jx")'),
    error: 'tasklet_failed',
    says: /invalid_label/,
  },
  {
    name: 'a data segment past the memory',
    limit: 'linear memory',
    module: () => tasklet('(i32.const 0)', '(data (i32.const 65530) "past the end")'),
    error: 'trap_memory_out_of_bounds',
  },
  {
    name: 'an element segment past its table',
    limit: 'tableEntries',
    module: () => tasklet('(i32.const 0)', '(table 1 funcref) (func $f) (elem (i32.const 1) $f)'),
    error: 'trap_indirect_call',
  },
  {
    name: 'a function close below what a compiler may take, which a trial compiles first',
    limit: 'trial',
    module: () => expensiveModule('ifs one after another', 58_000, 100),
    error: null,
  },
  {
    name: 'a function that takes the optimizing compiler minutes, over and over',
    limit: 'optimization',
    module: () => expensiveModule('loops that go round', 3_900, 1, true),
    job: { fuel: 500_000_000 },
    error: 'fuel_exhausted',
  },
  vectorCode(2_000, 'two thousand'),
  vectorCode(20_000, 'twenty thousand'),
  {
    name: 'as much of everything as a module may have',
    limit: 'worker heap',
    module: () =>
      new ModuleBuilder()
        .add(1, MODULE_LIMITS.types - 3, [0x60, 4, 0x7f, 0x7e, 0x7d, 0x7c, 1, 0x7f])
        .add(3, MODULE_LIMITS.functions - 3, [2])
        .add(10, MODULE_LIMITS.functions - 3, [5, 1, 1, 0x7f, 0x01, END])
        .add(6, MODULE_LIMITS.globals, [0x7f, 1, 0x41, 0, END])
        .add(7, 1, names(1, 0, 0))
        .add(11, MODULE_LIMITS.dataSegments, [1, 0])
        .bytes(),
    error: null,
  },
];

export const CORPUS: readonly HostileCase[] = [...MODULES, ...RUNS];

function over(limit: keyof typeof MODULE_LIMITS, says: RegExp, module: () => ModuleBuilder | Uint8Array): HostileCase {
  return {
    name: `one more than ${MODULE_LIMITS[limit]}: ${limit}`,
    limit,
    module: () => {
      const made = module();
      return made instanceof ModuleBuilder ? made.bytes() : made;
    },
    error: 'module_invalid',
    says,
  };
}

/**
 * A case for each bound on the work of V8's validator and compilers, and the cases that once ended
 * a cell.
 */
function compilerBounds(): HostileCase[] {
  const perBody = (name: string, count: number, locals: number): HostileCase => ({
    name: `${count} ${name} with ${locals} locals`,
    limit: 'mergeValuesPerByte',
    module: () => expensiveModule(name, count, locals),
    error: 'module_invalid',
    says: /mergeValues/,
  });
  // Each function has as many as its bytes allow, so that only their sum is too much.
  const many = (limit: keyof typeof MODULE_LIMITS, functions: number, locals: readonly number[], code: Uint8Array) =>
    over(limit, /the module has/, () => {
      const body = joined([locals, code, [END]]);
      return new ModuleBuilder().add(3, functions, [2]).add(10, functions, joined([u32(body.length), body]));
    });
  const split = (count: number) => repeated([0x41, 0, 0x04, 0x40, END], count);
  return [
    over('instructions', /instructions/, () => expensiveModule('additions', MODULE_LIMITS.instructions / 4)),
    over('operands', /operands/, () => expensiveModule('operands on the stack', MODULE_LIMITS.operands + 1)),
    over('mergeValues', /mergeValues/, () => expensiveModule('ifs one after another', 100_000, 80)),
    over('mergeValuesBase', /mergeValues/, () => expensiveModule('ifs one after another', 20, 48_000)),
    over('passedValues', /passedValues/, () => expensiveModule('many values out of a call and into another', 51)),
    over('localWork', /localWork/, () => expensiveModule('divisions', 6_000, 48_000)),
    over('loops', /loops/, () => expensiveModule('loops one after another', MODULE_LIMITS.loops + 1)),
    over('loopBytes', /loopBytes/, () =>
      expensiveModule('loops inside each other that set a local', MODULE_LIMITS.loops),
    ),
    many('costlyFunctions', MODULE_LIMITS.costlyFunctions + 1, [0], repeated([0x03, 0x40, END], 201)),
    many(
      'denseFunctions',
      MODULE_LIMITS.denseFunctions + 1,
      [0],
      joined([repeated([0x02, 0x40], 126), repeated([END], 126)]),
    ),
    over('elements', /elements/, () =>
      new ModuleBuilder()
        .add(4, 1, [0x70, 0, 1])
        .add(9, 1, joined([[1, 0, ...u32(MODULE_LIMITS.elements + 1)], new Uint8Array(MODULE_LIMITS.elements + 1)])),
    ),
    many('moduleLocals', 209, [1, ...u32(48_000), 0x7f], new Uint8Array()),
    many('moduleMergeValues', 140, [1, ...u32(4_000), 0x7f], split(120)),
    many('modulePassedValues', 180, [0], repeated([0x10, 2], 45_000)),
    {
      ...over('passedValues', /passedValues|operands/, () => expensiveModule('many values that calls leave', 70_000)),
      name: '70 000 calls that leave 1 000 values each',
    },
    perBody('ifs inside each other', 9_900, 47_990),
    perBody('ifs one after another', 20_000, 40_000),
    perBody('a table of labels', 60_000, 40_000),
    perBody('branches to one end', 20_000, 40_000),
  ];
}

/** Functions that the meter follows value by value, because each makes NaNs. */
function vectorCode(functions: number, words: string): HostileCase {
  return {
    name: `${words} functions of vector code`,
    limit: 'compile time',
    module: () => {
      // v128.const, f64x2.sqrt over and over, drop
      const code = joined([[0xfd, 12], new Uint8Array(16), repeated([0xfd, 0xef, 0x01], 400), [0x1a]]);
      const body = joined([[0], code, [END]]);
      return new ModuleBuilder()
        .add(3, functions, [2])
        .add(10, functions, joined([u32(body.length), body]))
        .bytes();
    },
    error: null,
  };
}

/** Features of newer WebAssembly that a cell does not run. */
function refusedFeatures(): HostileCase[] {
  const feature = (name: string, says: RegExp, builder: ModuleBuilder): HostileCase => ({
    name,
    limit: 'features',
    module: () => builder.bytes(),
    error: 'module_invalid',
    says,
  });
  const refused = (name: string, more: string, says: RegExp): HostileCase => ({
    name,
    limit: 'profile',
    module: () => tasklet('(i32.const 0)', more),
    error: name.startsWith('an export') ? 'module_invalid' : 'profile_violation',
    says,
  });
  return [
    feature('a shared memory', /threads/, new ModuleBuilder().memory([3, 1, 1])),
    feature('a 64-bit memory', /memory64/, new ModuleBuilder().memory([4, 1])),
    feature('a second memory', /memory/, new ModuleBuilder().memory().memory()),
    feature('an atomic load', /threads/, new ModuleBuilder([0x41, 0, 0xfe, 0x10, 2, 0])),
    feature(
      'a constant of an own global',
      /own globals belongs to "gc"/,
      new ModuleBuilder().add(6, 2, repeated([0x7f, 0, 0x23, 0, END], 2)),
    ),
    feature('an exception tag', /exception/, new ModuleBuilder().add(13, 1, [0, 2])),
    feature('a structure type', /gc/, new ModuleBuilder().add(1, 1, [0x5f, 0])),
    feature(
      'relaxed SIMD',
      /relaxed/,
      new ModuleBuilder([
        0xfd,
        12,
        ...new Array(16).fill(0),
        0xfd,
        12,
        ...new Array(16).fill(0),
        0xfd,
        0x80,
        0x02,
        0x1a,
        0x41,
        0,
      ]),
    ),
    refused('an export named like the meter’s', '(func (export "grafos:fuel"))', /grafos:fuel/),
    {
      name: 'names of a hundred thousand bytes in a refusal',
      limit: 'profile',
      module: () =>
        new ModuleBuilder()
          .add(2, 1, [...text('n'.repeat(100_000)), ...text('\u0001'.repeat(99_000)), 3, 0x7f, 0])
          .bytes(),
      error: 'profile_violation',
      says: /^.{500,1001}$/s,
    },
    {
      name: 'an import of WASI',
      limit: 'profile',
      module: () => tasklet('(i32.const 0)', '', '(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))'),
      error: 'profile_violation',
      says: /wasi_snapshot_preview1/,
    },
    {
      name: 'an import of the memory that the meter imports',
      limit: 'profile',
      module: () =>
        new ModuleBuilder()
          .memory()
          .add(2, 1, [...text('grafos'), ...text('memory'), 2, 0, 1])
          .bytes(),
      error: 'module_invalid',
      says: /memory/,
    },
    {
      name: 'an import of a name of the meter',
      limit: 'profile',
      module: () => tasklet('(i32.const 0)', '', '(import "grafos" "fuel" (global (mut i64)))'),
      error: 'profile_violation',
      says: /grafos\.fuel/,
    },
  ];
}
