import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { compileWat } from '../../helpers/compileWat.ts';
import { generateProgram } from '../../helpers/generateProgram.ts';
import { TrapError } from '../../helpers/interpreterNumerics.ts';
import { instantiateMetered, TOO_DEEP } from '../../helpers/runMetered.ts';
import { type Callable, type InterpretedMemory, InterpreterInstance } from '../../helpers/wasmInterpreter.ts';

const OPTIMISED = 'GRAFOS_TEST_OPTIMISED';
const optimised = process.env[OPTIMISED] !== undefined;
const host = (x: number) => (x * 31 + 1) | 0;
const ARGS: [number, bigint] = [3, 11n];

/** Instructions that can show the bits of a computed NaN. */
const SEES_NANS = /f64\.store|reinterpret|copysign|f64x2|f32x4/;

/** [argument, fuel used so far] of each call of the host. */
type HostCalls = Array<[number, number]>;

function runPlain(bytes: Uint8Array) {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { h: { host } });
  let end: string;
  try {
    end = `returned ${(instance.exports.f0 as WebAssembly.ExportFunction)(...ARGS)}`;
  } catch (error) {
    end = (error as Error).message;
  }
  return { end, memory: Buffer.from((instance.exports.memory as WebAssembly.Memory).buffer) };
}

function runMetered(bytes: Uint8Array, budget: number) {
  const calls: HostCalls = [];
  const instance = instantiateMetered(bytes, {
    h: {
      host: (x: number) => {
        calls.push([x, instance.used()]);
        return host(x);
      },
    },
  });
  const outcome = instance.call('f0', ARGS, budget);
  const end = outcome.trap ?? `returned ${outcome.result}`;
  return { outcome, end, calls, memory: Buffer.from((instance.exports.memory as WebAssembly.Memory).buffer) };
}

function runReference(bytes: Uint8Array) {
  const calls: HostCalls = [];
  const callable: Callable = {
    type: { params: ['i32'], results: ['i32'] },
    call: (x) => {
      calls.push([x as number, instance.fuel.executed]);
      return [host(x as number)];
    },
  };
  const instance = new InterpreterInstance(bytes, { h: { host: callable } });
  let end: string;
  try {
    end = `returned ${(instance.exports.f0 as Callable).call(...ARGS)[0]}`;
  } catch (error) {
    if (!(error instanceof TrapError)) throw error;
    end = error.message === 'call stack exhausted' ? TOO_DEEP : 'trap';
  }
  const memory = Buffer.from((instance.exports.memory as InterpretedMemory).bytes);
  return { end, calls, memory, executed: instance.fuel.executed };
}

describe('generated programs', () => {
  it(`give the same plain and metered, and use the fuel a reference interpreter counts${optimised ? ', optimised' : ''}`, () => {
    let trapped = 0;
    let called = 0;
    let tooDeep = 0;
    let compared = 0;
    const runs = 600;
    const tape = fc.array(fc.nat(10_000), { minLength: 20, maxLength: 250 });
    fc.assert(
      fc.property(tape, fc.nat(100), (numbers, percent) => {
        const program = generateProgram(numbers);
        const bytes = compileWat(program);
        const reference = runReference(bytes);
        const { outcome, ...metered } = runMetered(bytes, 1e9);
        assert.equal(metered.end === TOO_DEEP, reference.end === TOO_DEEP);
        if (metered.end === TOO_DEEP) tooDeep++;
        else if (!SEES_NANS.test(program)) {
          // Without our bound a run that is too deep would go on, to the engine's; and plain, it
          // would be the engine's NaNs that are seen.
          compared++;
          const plain = runPlain(bytes);
          assert.equal(metered.end, plain.end);
          assert.equal(metered.memory.compare(plain.memory), 0, 'memory, plain and metered');
        }
        assert.equal(outcome.exhausted, false);
        assert.equal(outcome.fuelUsed, reference.executed);
        assert.deepEqual(metered.calls, reference.calls);
        if (reference.end === 'trap' || reference.end === TOO_DEEP) assert.ok(outcome.trap !== undefined);
        else assert.equal(metered.end, reference.end);
        assert.equal(metered.memory.compare(reference.memory), 0, 'memory, metered and interpreted');
        if (outcome.trap !== undefined) trapped++;
        if (reference.calls.length > 0) called++;

        const needed = outcome.fuelUsed;
        for (const budget of new Set([Math.floor((needed * percent) / 100), Math.max(0, needed - 1), needed])) {
          const short = runMetered(bytes, budget);
          assert.deepEqual(
            [short.outcome.exhausted, short.outcome.fuelUsed],
            budget < needed ? [true, budget] : [false, needed],
            `budget ${budget} of ${needed}`,
          );
          // The host sees what was paid for, all of it and no more.
          assert.deepEqual(
            short.calls,
            reference.calls.filter(([, used]) => used <= budget),
          );
        }
      }),
      { numRuns: runs },
    );
    // A generator that only made trivial programs would prove nothing.
    assert.ok(trapped > runs / 20, `only ${trapped} of ${runs} programs trapped`);
    assert.ok(trapped < runs * 0.9, `${trapped} of ${runs} programs trapped`);
    assert.ok(compared > runs / 4, `only ${compared} of ${runs} programs were run plain too`);
    assert.ok(tooDeep > 5, `only ${tooDeep} of ${runs} programs called too deep`);
    assert.ok(called > runs / 60, `only ${called} of ${runs} programs called the host`);
  });

  if (optimised) return;
  it('do so too when V8 optimises everything', () => {
    const mocha = join(import.meta.dirname, '../../../node_modules/mocha/bin/mocha.js');
    const file = fileURLToPath(import.meta.url);
    const flags = ['--no-liftoff', '--no-wasm-tier-up', '--disable-warning=ExperimentalWarning'];
    const ran = spawnSync(process.execPath, [...flags, mocha, '--no-config', '--timeout', '60000', file], {
      encoding: 'utf8',
      env: { ...process.env, [OPTIMISED]: '1' },
      timeout: 60_000,
    });
    assert.equal(ran.status, 0, ran.stdout + ran.stderr);
    assert.match(ran.stdout, /1 passing/);
  });

  it('keep exact fuel when V8 has optimised and inlined a hot function that then traps', () => {
    const bytes = compileWat(`(module
      (func $divide (param i32 i32) (result i32) nop local.get 0 local.get 1 i32.div_s)
      (func (export "f") (param i32 i32) (result i32) (local i32)
        (loop (local.set 2 (i32.add (local.get 2) (call $divide (i32.const 100) (i32.sub (local.get 0) (local.get 1)))))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        local.get 2))`);
    const instance = instantiateMetered(bytes);
    // A round: get, const, get, get, sub, call, [nop, get, get, div], add, set, get, const, sub,
    // tee, br_if.
    for (let warm = 0; warm < 30; warm++) {
      assert.equal(instance.call('f', [20_000, -1], 1e9).fuelUsed, 20_000 * 17 + 1);
    }
    const outcome = instance.call('f', [20_000, 5], 1e9);
    assert.equal(outcome.trap, 'divide by zero');
    assert.equal(outcome.fuelUsed, 19_995 * 17 + 10);
  });
});
