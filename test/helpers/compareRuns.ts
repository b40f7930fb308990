import { createHash } from 'node:crypto';
import { readModule } from '../../wasm/read/readModule.ts';
import { WasmInvalidError } from '../../wasm/read/wasmInvalid.ts';
import { type FunctionType, functionType, type ValueType, type WasmModule } from '../../wasm/read/wasmModule.ts';
import { NotInterpretedError } from './decodeBody.ts';
import { TrapError, type Value } from './interpreterNumerics.ts';
import { instantiateMetered, TOO_DEEP } from './runMetered.ts';
import {
  type Callable,
  FuelMeter,
  type InterpretedExtern,
  type InterpretedMemory,
  InterpreterInstance,
} from './wasmInterpreter.ts';

/** The step that a module reached in {@link compareRuns}; `interpreted` is the last. */
export type Compared = 'refused' | 'metered' | 'plain' | 'interpreted';

/** The engine's own bound. */
const STACK = /call stack/i;
/**
 * First bytes of the numbers after 0xFD of instructions that compute with float lanes: conversions,
 * rounding, arithmetic. Some begin others, too.
 */
const FLOAT_LANES = [
  94,
  95,
  103,
  104,
  105,
  106,
  116,
  117,
  122,
  0x94,
  ...Array.from({ length: 32 }, (_, at) => 0xe0 + at),
];
const PAGES_MAX = 64;

interface End {
  end: string;
  memory: Buffer;
  /** [argument, fuel used so far] of each call of the host. */
  hostCalls: Array<[number, number]>;
}

const host = (x: number) => (x * 31 + 1) | 0;
const HOST_TYPE: FunctionType = { params: ['i32'], results: ['i32'] };

/**
 * Runs the export `name` of any module metered, plain and interpreted, with small arguments. The
 * module may import `h.host` (i32) -> i32.
 *
 * @param limit fuel. A run that is not done by then must be exhausted, and is not run plain, since
 *   it may never end.
 * @throws {Error} the difference
 */
export function compareRuns(bytes: Uint8Array, name: string, limit: number): Compared {
  let module: WasmModule;
  try {
    module = readModule(bytes);
  } catch (error) {
    if (error instanceof WasmInvalidError) return 'refused';
    throw error;
  }
  if (!WebAssembly.validate(bytes)) return 'refused';
  const entry = module.exports.find((one) => one.name === name && one.kind === 'func');
  const type = entry && functionType(module, entry.index);
  const foreign = module.imports.some(
    (one) =>
      one.type.kind !== 'func' ||
      one.module !== 'h' ||
      one.name !== 'host' ||
      // An altered module may name another type, which our host is not of.
      JSON.stringify(module.types[one.type.type]) !== JSON.stringify(HOST_TYPE),
  );
  const large = (module.memories[0]?.min ?? 0) > PAGES_MAX || module.tables.some(({ limits }) => limits.min > 10_000);
  if (type === undefined || foreign || large || type.params.some((one) => argument(one, 0) === undefined))
    return 'refused';
  if (module.start !== null) return 'refused';
  const args = type.params.map((one, at) => argument(one, at) as number | bigint);

  const metered = runMetered(bytes, name, args, limit);
  if (metered === undefined) return 'refused';
  const again = runMetered(bytes, name, args, limit) as MeteredEnd;
  same('metered twice', summary(again), summary(metered));
  const tooDeep = metered.end === TOO_DEEP;
  if (!metered.exhausted) {
    const exact = runMetered(bytes, name, args, metered.fuelUsed) as MeteredEnd;
    same('with the fuel it needs', summary(exact), summary(metered));
    for (const less of new Set([metered.fuelUsed - 1, metered.fuelUsed >> 1])) {
      if (less < 0 || less >= metered.fuelUsed) continue;
      const short = runMetered(bytes, name, args, less) as MeteredEnd;
      same(`with ${less} of ${metered.fuelUsed}`, [short.exhausted, short.fuelUsed], [true, less]);
      const seen = metered.hostCalls.filter(([, used]) => used <= less);
      same(`host calls with ${less} of ${metered.fuelUsed}`, short.hostCalls, seen);
    }
    // Without our bound, a run that is too deep would go on up to the engine's bound. The NaN of a
    // plain run is the engine's choice.
    if (!tooDeep && !seesNans(module, bytes)) {
      const plain = runPlain(bytes, name, args);
      if (STACK.test(plain.end) || plain.memory.length > PAGES_MAX * 65_536) return 'metered';
      same('plain and metered', [metered.end, checksum(metered.memory)], [plain.end, checksum(plain.memory)]);
    }
  }
  const reference = interpret(bytes, name, args, limit);
  if (reference === undefined) return metered.exhausted ? 'metered' : 'plain';
  same('exhausted', metered.exhausted, reference.executed > limit);
  if (!metered.exhausted) {
    same('fuel, metered and interpreted', metered.fuelUsed, reference.executed);
    same('host calls, metered and interpreted', metered.hostCalls, reference.hostCalls);
    same('trapped', metered.trapped, reference.trapped);
    same('too deep', tooDeep, reference.tooDeep);
    same('memory, metered and interpreted', checksum(metered.memory), checksum(reference.memory));
  }
  return 'interpreted';
}

interface MeteredEnd extends End {
  exhausted: boolean;
  fuelUsed: number;
  trapped: boolean;
}

const summary = (run: MeteredEnd) => [
  run.end,
  run.exhausted,
  run.fuelUsed,
  run.hostCalls,
  run.exhausted ? 0 : checksum(run.memory),
];

function runMetered(bytes: Uint8Array, name: string, args: unknown[], budget: number): MeteredEnd | undefined {
  const hostCalls: Array<[number, number]> = [];
  let instance: ReturnType<typeof instantiateMetered>;
  try {
    instance = instantiateMetered(
      bytes,
      {
        h: {
          host: (x: number) => {
            hostCalls.push([x, instance.used()]);
            return host(x);
          },
        },
      },
      PAGES_MAX,
    );
  } catch (error) {
    // The cause is a segment that does not fit, or one of our limits.
    if (
      error instanceof WasmInvalidError ||
      error instanceof WebAssembly.RuntimeError ||
      error instanceof WebAssembly.LinkError
    )
      return undefined;
    throw error;
  }
  const { trap, result, exhausted, fuelUsed } = instance.call(name, args, budget);
  const memory = memoryOf(instance.exports);
  return {
    end: exhausted ? 'exhausted' : (trap ?? `returned ${result}`),
    trapped: trap !== undefined,
    memory,
    hostCalls,
    exhausted,
    fuelUsed,
  };
}

function runPlain(bytes: Uint8Array, name: string, args: unknown[]): End {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { h: { host } });
  let end: string;
  try {
    end = `returned ${(instance.exports[name] as WebAssembly.ExportFunction)(...args)}`;
  } catch (error) {
    end = (error as Error).message;
  }
  return { end, memory: memoryOf(instance.exports), hostCalls: [] };
}

function interpret(bytes: Uint8Array, name: string, args: Value[], limit: number) {
  const hostCalls: Array<[number, number]> = [];
  const fuel = new FuelMeter();
  fuel.limit = limit;
  const callable: Callable = {
    type: HOST_TYPE,
    call: (x) => {
      hostCalls.push([x as number, fuel.executed]);
      return [host(x as number)];
    },
  };
  let instance: InterpreterInstance | undefined;
  let trapped = false;
  let tooDeep = false;
  try {
    instance = new InterpreterInstance(bytes, { h: { host: callable } }, fuel);
    for (const one of Object.values(instance.exports)) if ('bytes' in one) one.max = Math.min(one.max, PAGES_MAX);
    (instance.exports[name] as Callable).call(...args);
  } catch (error) {
    if (error instanceof NotInterpretedError) {
      if (fuel.executed <= limit) return undefined;
    } else if (error instanceof TrapError) {
      trapped = true;
      tooDeep = error.message === 'call stack exhausted';
    } else throw error;
  }
  const exported = Object.values(instance?.exports ?? {}).find((one: InterpretedExtern) => 'bytes' in one);
  const memory = Buffer.from((exported as InterpretedMemory | undefined)?.bytes ?? []);
  return { hostCalls, trapped, tooDeep, executed: fuel.executed, memory };
}

/** The exported memory; empty when there is none. */
function memoryOf(exports: Record<string, WebAssembly.ExportValue>): Buffer {
  const memory = Object.values(exports).find((one) => one instanceof WebAssembly.Memory);
  return memory === undefined ? Buffer.alloc(0) : Buffer.from(memory.buffer);
}

function argument(type: ValueType, at: number): number | bigint | undefined {
  return type === 'i32' ? 3 + at : type === 'i64' ? BigInt(11 + at) : undefined;
}

function seesNans(module: WasmModule, bytes: Uint8Array): boolean {
  const code = module.sections.find(({ id }) => id === 10);
  // f32.store, f64.store, reinterpretation, copysign, float lanes. A byte that only looks like one
  // costs nothing but a comparison.
  return (
    code !== undefined &&
    bytes
      .subarray(code.offset, code.offset + code.size)
      .some(
        (byte, at, all) =>
          [0x38, 0x39, 0x98, 0xa6, 0xbc, 0xbd].includes(byte) ||
          (byte === 0xfd && FLOAT_LANES.includes(all[at + 1] as number)),
      )
  );
}

function checksum(memory: Buffer): string {
  return `${memory.length} bytes ${createHash('sha1').update(memory).digest('hex')}`;
}

function same(what: string, actual: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what}: ${one}, not ${other}`);
}
