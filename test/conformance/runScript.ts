/**
 * Runs one conformance script three times: plain, metered, and in the reference interpreter.
 *
 * Every command is compared with its expectation, plain with metered, and the fuel of the metered
 * run with the instructions that the interpreter executed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { balanceOf, fuelLeft } from '../../wasm/meter/balance.ts';
import { meter } from '../../wasm/meter/meter.ts';
import { FUEL_EXPORT, type MeteredModule } from '../../wasm/meter/meteredModule.ts';
import { readModule } from '../../wasm/read/readModule.ts';
import { WasmInvalidError } from '../../wasm/read/wasmInvalid.ts';
import { functionType, type WasmModule } from '../../wasm/read/wasmModule.ts';
import { trapPoint } from '../../wasm/settle/trapPoint.ts';
import type { Value } from '../helpers/interpreterNumerics.ts';
import { SHALLOW, withMemory } from '../helpers/runMetered.ts';
import { bitWrapper } from './bitWrapper.ts';
import { InterpretedWorld } from './interpretedWorld.ts';
import type { Skipped, WastAction, WastCommand, WastScript, WastValue } from './wastScript.ts';

export interface ScriptResult {
  name: string;
  /** Assertions held against their expectation, plain and metered. */
  assertions: number;
  skipped: Skipped[];
  /** Assertions about the text format, which is not ours. */
  aboutText: number;
  disagreements: string[];
  /** Calls whose fuel was compared. */
  fuelCompared: number;
  fuelMismatches: string[];
}

interface Loaded {
  module: WasmModule;
  instance: WebAssembly.Instance;
}

/** A command that cannot be run here, and why. */
class UnsupportedError extends Error {}

type Outcome = { values: unknown[] } | { trap: string; stack: string };

interface Metered {
  metered: MeteredModule;
  fuel: WebAssembly.Global;
}

const FUEL = 2 ** 46;
const BUDGET = balanceOf(FUEL, SHALLOW);

/** One of the two worlds: modules of one only see modules of the same. */
class World {
  readonly metered: boolean;
  private readonly registered: Record<string, Record<string, WebAssembly.ImportValue>>;
  private readonly named = new Map<string, Loaded>();
  private current: Loaded | undefined;
  private readonly instances: Metered[] = [];

  constructor(metered: boolean) {
    this.metered = metered;
    this.registered = { spectest: spectest() };
  }

  load(bytes: Uint8Array, name: string | undefined): void {
    this.current = undefined;
    const loaded = this.instantiate(bytes);
    this.current = loaded;
    if (name !== undefined) this.named.set(name, loaded);
  }

  instantiate(bytes: Uint8Array): Loaded {
    const module = readModule(bytes);
    if (!WebAssembly.validate(bytes)) throw new WasmInvalidError('malformed', 0, 'V8 refuses it');
    if (!this.metered) {
      return { module, instance: new WebAssembly.Instance(new WebAssembly.Module(bytes), this.registered) };
    }
    const metered = meter(bytes, { memoryMaxPages: 65_536 });
    const instance = new WebAssembly.Instance(
      new WebAssembly.Module(metered.bytes),
      withMemory(metered, this.registered),
    );
    const fuel = instance.exports[FUEL_EXPORT] as WebAssembly.Global;
    fuel.value = BUDGET;
    this.instances.push({ metered, fuel });
    if (metered.startExport !== null) (instance.exports[metered.startExport] as WebAssembly.ExportFunction)();
    return { module, instance };
  }

  register(as: string, name: string | undefined): void {
    const loaded = this.find(name);
    if (loaded !== undefined) this.registered[as] = loaded.instance.exports;
  }

  find(name: string | undefined): Loaded | undefined {
    return name === undefined ? this.current : this.named.get(name);
  }

  refuel(): void {
    for (const { fuel } of this.instances) fuel.value = BUDGET;
  }

  /** Fuel used since the last {@link refuel}, by all instances together. */
  fuelUsed(outcome: Outcome): number {
    const users = this.users();
    const charged = users.reduce((sum, { fuel }) => sum + FUEL - fuelLeft(fuel.value), 0);
    if (!('trap' in outcome)) return charged;
    const [only] = users;
    if (users.length > 1 || only === undefined) throw new UnsupportedError('a trap among several instances');
    return charged - (trapPoint(only.metered, outcome.stack)?.refund ?? 0);
  }

  private users(): Metered[] {
    return this.instances.filter(({ fuel }) => fuel.value !== BUDGET);
  }

  act(action: WastAction): Outcome {
    const loaded = this.find(action.module);
    const entry = loaded?.module.exports.find((one) => one.name === action.field);
    if (loaded === undefined || entry === undefined)
      throw new UnsupportedError('its function is one that wabt cannot parse');
    const value = loaded.instance.exports[action.field];
    if (action.type === 'get') {
      const global = loaded.module.globals[entry.index];
      if (global === undefined) throw new Error(`${action.field} is no global`);
      const held: unknown = (value as WebAssembly.Global).value;
      // The global's value as a function's result, so that its bits are seen.
      const type = { params: [], results: [global.type] };
      return { values: [bitWrapper(() => held, type)()] };
    }
    const type = functionType(loaded.module, entry.index);
    if (type === undefined) throw new Error(`${action.field} has no type`);
    const call = bitWrapper(value as WebAssembly.ExportFunction, type);
    try {
      const result: unknown = call(...(action.args ?? []).map(argument));
      return {
        values: type.results.length === 1 ? [result] : type.results.length === 0 ? [] : [...(result as unknown[])],
      };
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) throw error;
      const stack = error.stack ?? '';
      const [only] = this.users();
      const tooDeep = only !== undefined && trapPoint(only.metered, stack)?.own;
      return { trap: tooDeep ? 'Maximum call stack size exceeded' : error.message, stack };
    }
  }
}

function spectest(): Record<string, WebAssembly.ImportValue> {
  const print = () => {};
  return {
    print,
    print_i32: print,
    print_i64: print,
    print_f32: print,
    print_f64: print,
    print_i32_f32: print,
    print_f64_f64: print,
    global_i32: 666,
    global_i64: 666n,
    global_f32: new WebAssembly.Global({ value: 'f32' }, 666.6),
    global_f64: 666.6,
    table: new WebAssembly.Table({ initial: 10, maximum: 20, element: 'anyfunc' }),
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
  };
}

/** Host references of the scripts: the same object for the same number. */
const externs = new Map<string, object>();
function extern(number: string): object {
  const known = externs.get(number) ?? { extern: number };
  externs.set(number, known);
  return known;
}

function argument({ type, value }: WastValue): unknown {
  switch (type) {
    case 'i32':
    case 'f32':
      return Number(value) | 0;
    case 'i64':
    case 'f64':
      return BigInt.asIntN(64, BigInt(value));
    default:
      return value === 'null' ? null : extern(value);
  }
}

function matches(expected: WastValue, actual: unknown): boolean {
  const { type, value } = expected;
  if (type === 'externref') return actual === argument(expected);
  if (type === 'funcref') return (value === 'null') === (actual === null);
  const wide = type === 'i64' || type === 'f64';
  const bits = wide ? BigInt.asUintN(64, actual as bigint) : BigInt(Number(actual) >>> 0);
  if (!value.startsWith('nan:')) return bits === BigInt.asUintN(wide ? 64 : 32, BigInt(value));
  const quiet = wide ? 0x7ff8_0000_0000_0000n : 0x7fc0_0000n;
  const sign = wide ? 1n << 63n : 1n << 31n;
  return value === 'nan:canonical' ? (bits & ~sign) === quiet : (bits & quiet) === quiet;
}

export function runScript(script: WastScript, folder: string): ScriptResult {
  const result: ScriptResult = {
    name: script.name,
    assertions: 0,
    skipped: [...script.skipped],
    aboutText: 0,
    disagreements: [],
    fuelCompared: 0,
    fuelMismatches: [],
  };
  const worlds = [new World(false), new World(true)] as const;
  const interpreted = new InterpretedWorld();
  for (const command of script.commands) {
    const disagree = (what: string) => result.disagreements.push(`${script.name}.wast:${command.line}: ${what}`);
    try {
      runCommand(command, folder, worlds, interpreted, result, disagree);
    } catch (error) {
      if (error instanceof UnsupportedError)
        result.skipped.push({ line: command.line, count: 1, reason: error.message });
      else disagree(`${command.type}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return result;
}

function runCommand(
  command: WastCommand,
  folder: string,
  worlds: readonly [World, World],
  interpreted: InterpretedWorld,
  result: ScriptResult,
  disagree: (what: string) => void,
): void {
  const { type, action, module_type: moduleType } = command;
  if (moduleType === 'text') {
    result.aboutText++;
    return;
  }
  const bytes =
    command.filename === undefined ? undefined : new Uint8Array(readFileSync(join(folder, command.filename)));
  switch (type) {
    case 'module':
      for (const world of worlds) load(world, bytes as Uint8Array, command.name);
      interpreted.load(bytes as Uint8Array, command.name);
      return;
    case 'register':
      for (const world of worlds) world.register(command.as ?? '', command.name);
      interpreted.register(command.as ?? '', command.name);
      return;
    case 'assert_malformed':
      result.assertions++;
      if (!refusedBy(() => readModule(bytes as Uint8Array)))
        disagree(`the reader takes a malformed module (${command.text})`);
      return;
    case 'assert_invalid':
      result.assertions++;
      if (!refusedBy(() => worlds[1].instantiate(bytes as Uint8Array)))
        disagree(`an invalid module is taken (${command.text})`);
      return;
    case 'assert_unlinkable':
    case 'assert_uninstantiable':
      result.assertions++;
      for (const world of worlds) {
        if (!fails(() => world.instantiate(bytes as Uint8Array))) disagree(`instantiated, but: ${command.text}`);
      }
      return;
  }
  if (action === undefined) throw new Error('a command nobody knows');
  if (worlds[0].find(action.module) === undefined) throw new UnsupportedError('its module was not loaded');
  worlds[1].refuel();
  const [plain, metered] = worlds.map((world) => world.act(action)) as [Outcome, Outcome];
  result.assertions++;
  const words = (outcome: Outcome) =>
    'trap' in outcome ? `trap: ${outcome.trap}` : outcome.values.map(wordsOf).join(', ');
  // In a plain run the engine chooses the NaN. The meter makes it the canonical one. Both are
  // compared with the expectation below.
  const anyNan = command.expected?.some(({ value }) => String(value).includes('nan:')) ?? false;
  if (!anyNan && words(plain) !== words(metered))
    disagree(`${action.field}: plain ${words(plain)}, metered ${words(metered)}`);
  const reference = interpreted.act(action, (action.args ?? []).map(argument) as Value[]);
  const outcomes: Outcome[] = [plain, metered];
  if (reference !== undefined) {
    outcomes.push(reference.trap === undefined ? { values: reference.values } : { trap: reference.trap, stack: '' });
    compareFuel(command, worlds[1], metered, reference.fuel, result);
  }
  for (const outcome of outcomes) {
    const wrong = `${action.field}: ${words(outcome)}, expected ${command.text ?? JSON.stringify(command.expected)}`;
    if (type === 'assert_trap' || type === 'assert_exhaustion') {
      if (!('trap' in outcome)) disagree(wrong);
    } else if ('trap' in outcome) {
      disagree(wrong);
    } else if (type === 'assert_return') {
      const expected = command.expected ?? [];
      const right =
        expected.length === outcome.values.length && expected.every((one, at) => matches(one, outcome.values[at]));
      if (!right) disagree(wrong);
    }
  }
}

function compareFuel(
  command: WastCommand,
  world: World,
  outcome: Outcome,
  executed: number,
  result: ScriptResult,
): void {
  let used: number;
  try {
    used = world.fuelUsed(outcome);
  } catch (error) {
    if (error instanceof UnsupportedError) return;
    throw error;
  }
  result.fuelCompared++;
  if (used !== executed) {
    const field = command.action?.field;
    result.fuelMismatches.push(`${result.name}.wast:${command.line}: ${field} used ${used}, executed ${executed}`);
  }
}

/** Functions differ between the two worlds by identity alone. */
function wordsOf(value: unknown): string {
  return typeof value === 'function' ? 'function' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function load(world: World, bytes: Uint8Array, name: string | undefined): void {
  try {
    world.load(bytes, name);
  } catch (error) {
    if (error instanceof WasmInvalidError && error.reason !== 'malformed') throw new UnsupportedError(error.message);
    throw error;
  }
}

function refusedBy(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if (error instanceof WasmInvalidError) return true;
    throw error;
  }
}

function fails(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}
