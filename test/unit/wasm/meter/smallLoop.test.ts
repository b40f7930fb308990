import assert from 'node:assert/strict';
import { meter } from '../../../../wasm/meter/meter.ts';
import { SMALL_LOOPS_MAX } from '../../../../wasm/meter/smallLoop.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { SECTION } from '../../../../wasm/read/section.ts';
import { trapPoint } from '../../../../wasm/settle/trapPoint.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { TrapError } from '../../../helpers/interpreterNumerics.ts';
import { instantiateMetered } from '../../../helpers/runMetered.ts';
import { type Callable, type InterpretedMemory, InterpreterInstance } from '../../../helpers/wasmInterpreter.ts';

/** Parameter 0 says how many rounds, 1 an address; local 2 is the result. */
const LOOPS: Record<string, string> = {
  'with the test behind': `loop local.get 1 i32.load local.get 2 i32.add local.set 2
    local.get 1 i32.const 4 i32.add local.set 1 local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end`,
  'with the test in front': `block loop local.get 0 i32.eqz br_if 1 local.get 1 local.get 2 i32.store
    local.get 1 i32.const 8 i32.add local.set 1 local.get 0 i32.const 1 i32.sub local.set 0 br 0 end end`,
  'with an if around': `loop local.get 0 if local.get 1 i32.load16_u local.set 2
    local.get 1 i32.const 2 i32.add local.set 1 local.get 0 i32.const 1 i32.sub local.set 0 br 1 end end nop`,
  'with several exits': `block block loop local.get 1 i32.load8_u br_if 1 local.get 1 i32.const 65535 i32.eq br_if 2
    local.get 1 i32.const 1 i32.add local.set 1 local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end end
    local.get 1 local.set 2 end`,
  'with exits in front of an if': `block block loop local.get 1 i32.const 65534 i32.eq br_if 1 local.get 2 br_if 2 local.get 0 if
    local.get 1 i32.const 1 i32.add local.tee 1 i32.load8_u local.set 2 local.get 0 i32.const 1 i32.sub local.set 0 br 1 end end
    end nop nop end`,
  'with exits in an if': `block block loop local.get 0 if local.get 1 i32.const 65534 i32.eq br_if 2 local.get 2 br_if 3
    local.get 1 i32.const 1 i32.add local.tee 1 i32.load8_u local.set 2 local.get 0 i32.const 1 i32.sub local.set 0 br 1 end end
    end nop nop end`,
  'after which nothing is reached':
    'loop local.get 0 i32.const 1 i32.sub local.tee 0 local.get 0 i32.rem_u local.set 2 br 0 end',
  'that make NaNs': `loop local.get 1 local.get 0 f32.convert_i32_s f32.const 0 f32.mul f32.const 0 f32.div f32.store
    local.get 1 i32.const 4 i32.add local.set 1 local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end`,
  'in loops and after them': `loop i32.const 65516 local.set 1 loop local.get 1 i32.load local.set 2
    local.get 1 i32.const 4 i32.add local.tee 1 i32.const 65536 i32.lt_u br_if 0 end
    loop local.get 1 i32.const 5 i32.sub local.tee 1 i32.const 65500 i32.gt_u br_if 0 end
    local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end`,
};

const BUDGET = 2_000;

const compile = (loop: string, rest = '') =>
  compileWat(`(module (memory (export "memory") 1) (data (i32.const 65523) "\\01")
    (func (export "f") (param i32 i32) (result i32) (local i32) ${loop} local.get 2) ${rest})`);

function interpreted(bytes: Uint8Array, args: number[]) {
  const instance = new InterpreterInstance(bytes, {});
  let end: unknown;
  try {
    end = (instance.exports.f as Callable).call(...args)[0];
  } catch (error) {
    if (!(error instanceof TrapError)) throw error;
    end = 'trap';
  }
  const { bytes: memory } = instance.exports.memory as InterpretedMemory;
  return { end, memory: Buffer.from(memory), executed: instance.fuel.executed };
}

/** Offset in its function's body where a plain module traps. */
function plainTrap(bytes: Uint8Array, args: number[]): number {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  try {
    (instance.exports.f as WebAssembly.ExportFunction)(...args);
  } catch (error) {
    const offset = Number.parseInt(/:0x([0-9a-f]+)/.exec((error as Error).stack ?? '')?.[1] ?? '', 16);
    const code = readModule(bytes).sections.find(({ id }) => id === SECTION.code)?.offset ?? 0;
    // After the count of bodies and the size of the first, which take one byte, or the size two.
    const size = (bytes[code + 1] as number) < 0x80 ? 1 : 2;
    return offset - code - 1 - size;
  }
  return assert.fail('no trap');
}

describe('small loops', () => {
  // Called, a function takes its balance as a parameter, and its locals are others.
  for (const [how, rest] of Object.entries({
    '': '',
    ' in a called function': '(func (drop (call 0 (i32.const 0) (i32.const 0))))',
  })) {
    for (const [what, loop] of Object.entries(LOOPS)) {
      it(`cost what they execute, whichever round ends them: ${what}${how}`, () => {
        const bytes = compile(loop, rest);
        const { bytes: metered } = meter(bytes, { memoryMaxPages: 1 });
        assert.ok(metered.length > 2.5 * bytes.length, 'the loop is not there several times');
        let trapped = 0;
        for (const rounds of [1, 2, 4, 5, 9]) {
          // From some of them the loop goes on past the end of memory.
          for (const address of [0, 65_516, 65_520, 65_530, 65_536]) {
            const args = [rounds, address];
            const reference = interpreted(bytes, args);
            const instance = instantiateMetered(bytes);
            const outcome = instance.call('f', args, BUDGET);
            const title = `${rounds} rounds from ${address}`;
            assert.deepEqual([outcome.fuelUsed, outcome.exhausted], [reference.executed, false], title);
            assert.equal(outcome.trap === undefined ? outcome.result : 'trap', reference.end, title);
            const memory = Buffer.from((instance.exports.memory as WebAssembly.Memory).buffer);
            assert.equal(memory.compare(reference.memory), 0, title);
            if (reference.end === 'trap') {
              trapped++;
              assert.equal(placeOfTrap(bytes, args), plainTrap(bytes, args), title);
            }
            for (let budget = 0; budget < reference.executed; budget++) {
              const short = instantiateMetered(bytes).call('f', args, budget);
              assert.deepEqual([short.fuelUsed, short.exhausted], [budget, true], title);
            }
          }
        }
        assert.equal(trapped > 0, what !== 'in loops and after them');
      });
    }
  }

  it('are unrolled up to a bound, and cost the same past it', () => {
    const loop = 'loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end';
    const functions = SMALL_LOOPS_MAX / 1_000;
    const body = `(param i32) ${`${loop} `.repeat(1_000)}`;
    const bytes = compileWat(
      `(module ${`(func ${body})`.repeat(functions)} (func (export "last") (param i32) ${loop}))`,
    );
    const { bytes: metered } = meter(bytes, { memoryMaxPages: 1 });
    const decrements = Buffer.from(metered).toString('latin1').split('\x41\x01\x6b\x22\x00').length - 1;
    assert.equal(decrements, 4 * SMALL_LOOPS_MAX + 1);
    assert.equal(instantiateMetered(bytes).call('last', [9]).fuelUsed, 9 * 5);
  });

  it('stay as they are when they are large, call, grow memory, fill it, or hold another way of control', () => {
    const count = 'local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0';
    for (const body of [
      'nop '.repeat(30),
      'call 0',
      'i32.const 0 memory.grow drop',
      'i32.const 0 i32.const 0 i32.const 0 memory.fill',
      'block end',
      'local.get 0 if nop else nop end',
      'local.get 0 br_if 0',
      'local.get 0 br_table 1 1',
    ]) {
      const bytes = compileWat(
        `(module (memory 1) (func) (func (export "f") (param i32) block loop ${body} ${count} end end))`,
      );
      const { bytes: metered } = meter(bytes, { memoryMaxPages: 1 });
      const decrements = Buffer.from(metered).toString('latin1').split('\x41\x01\x6b\x22\x00').length - 1;
      assert.equal(decrements, 1, body);
    }
  });
});

function placeOfTrap(bytes: Uint8Array, args: number[]): number | undefined {
  const { metered, exports } = instantiateMetered(bytes);
  (exports[metered.fuelExport] as WebAssembly.Global).value = 2n ** 40n;
  try {
    (exports.f as WebAssembly.ExportFunction)(...args);
  } catch (error) {
    return trapPoint(metered, (error as Error).stack ?? '')?.bodyOffset;
  }
  return assert.fail('no trap');
}
