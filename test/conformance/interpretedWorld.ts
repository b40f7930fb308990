import type { ValueType } from '../../wasm/read/wasmModule.ts';
import { NotInterpretedError } from '../helpers/decodeBody.ts';
import { bits32, bits64, TrapError, type Value } from '../helpers/interpreterNumerics.ts';
import {
  type Callable,
  FuelMeter,
  type InterpretedExtern,
  type InterpretedGlobal,
  InterpreterInstance,
} from '../helpers/wasmInterpreter.ts';
import type { WastAction } from './wastScript.ts';

export interface InterpretedOutcome {
  values: Value[];
  trap: string | undefined;
  /** Instructions executed. */
  fuel: number;
}

/** The modules of a script in the reference interpreter. */
export class InterpretedWorld {
  private readonly registered: Record<string, Record<string, InterpretedExtern>> = { spectest: spectest() };
  private readonly named = new Map<string, InterpreterInstance>();
  private current: InterpreterInstance | undefined;
  private readonly fuel = new FuelMeter();

  /** Modules that cannot be interpreted are simply not there afterwards. */
  load(bytes: Uint8Array, name: string | undefined): void {
    this.current = undefined;
    if (name !== undefined) this.named.delete(name);
    this.fuel.executed = 0;
    try {
      this.current = new InterpreterInstance(bytes, this.registered, this.fuel);
    } catch (error) {
      if (!(error instanceof NotInterpretedError) && !(error instanceof TrapError)) throw error;
    }
    if (name !== undefined && this.current !== undefined) this.named.set(name, this.current);
  }

  register(as: string, name: string | undefined): void {
    const instance = name === undefined ? this.current : this.named.get(name);
    if (instance !== undefined) this.registered[as] = instance.exports;
    else delete this.registered[as];
  }

  /** Undefined when the module or the action is beyond the interpreter. */
  act(action: WastAction, args: Value[]): InterpretedOutcome | undefined {
    const instance = action.module === undefined ? this.current : this.named.get(action.module);
    const target = instance?.exports[action.field];
    if (target === undefined) return undefined;
    if (action.type === 'get') return { values: [(target as InterpretedGlobal).value], trap: undefined, fuel: 0 };
    this.fuel.executed = 0;
    try {
      const values = (target as Callable).call(...args);
      return { values, trap: undefined, fuel: this.fuel.executed };
    } catch (error) {
      if (error instanceof NotInterpretedError) return undefined;
      if (!(error instanceof TrapError)) throw error;
      return { values: [], trap: error.message, fuel: this.fuel.executed };
    }
  }
}

function spectest(): Record<string, InterpretedExtern> {
  const print = (...params: ValueType[]): Callable => ({ type: { params, results: [] }, call: () => [] });
  return {
    print: print(),
    print_i32: print('i32'),
    print_i64: print('i64'),
    print_f32: print('f32'),
    print_f64: print('f64'),
    print_i32_f32: print('i32', 'f32'),
    print_f64_f64: print('f64', 'f64'),
    global_i32: { value: 666 },
    global_i64: { value: 666n },
    global_f32: { value: bits32(666.6) },
    global_f64: { value: bits64(666.6) },
    table: { entries: Array(10).fill(null), max: 20 },
    memory: { bytes: new Uint8Array(65_536), max: 2 },
  };
}
