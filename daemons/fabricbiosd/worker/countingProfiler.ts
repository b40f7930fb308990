import { COUNTING, type CountingModule } from '../../../wasm/count/countInstructions.ts';
import { HOOKS } from '../../../wasm/count/countingCode.ts';
import { outerOf } from '../../../wasm/meter/innerFunctions.ts';
import type { Settlement } from '../../../wasm/settle/settleFuel.ts';
import { stackFrame } from '../../../wasm/settle/stackFrame.ts';
import type { FuelProfile } from '../../wire/fuelProfile.ts';
import { RUN_FRAMES_MAX, type RunFrame } from '../../wire/runError.ts';
import type { Profiler } from './runTasklet.ts';

/** Places in the tree of calls; what would be one more is added to its caller. */
const CALLS_MAX = 100_000;

/** More than any offset in a function's body (wasm/read/moduleLimits.ts). */
const SITES = 2 ** 24;

interface Call {
  index: number;
  parent: number;
  fuel: number;
  entered: number;
  /** Offset of the call in the caller's body; -1 where the cell called the export. */
  site: number;
  callees: Map<number, number>;
}

/** Calls that had not returned, from the export down. */
interface UnderWay {
  /** Function indices. */
  functions: number[];
  /** Offset of each call in the body of its caller; one less than there are functions. */
  sites: number[];
}

/** Follows a run of a counting module, and says afterwards where its fuel went. */
export class CountingProfiler implements Profiler {
  readonly #module: CountingModule;
  #counts = new BigInt64Array(0);
  #left: WebAssembly.Global | null = null;
  #short: WebAssembly.Global | null = null;
  #fuel = 0;
  /** Fuel left when it was last given to a call. */
  #seen = 0;
  readonly #calls: Call[] = [];
  /** From the export down: places in {@link calls}. */
  readonly #path: number[] = [];
  readonly #returns: number[] = [];
  /**
   * Offsets of the calls under way, each in the body of its caller.
   *
   * A tail call keeps the offset of the call that it replaces.
   */
  readonly #sites: number[] = [];
  /** Stretch that was not executed to its end, and how many of its instructions were. */
  #cut: { stretch: number; executed: number } | null = null;
  /**
   * The calls under way when a call returned and the fuel was short already: those of the stretch
   * in which it became short. Null before.
   */
  #shortIn: UnderWay | null = null;
  #exhausted: RunFrame[] | null = null;

  constructor(module: CountingModule) {
    this.#module = module;
  }

  begin({ exports }: WebAssembly.Instance, fuel: number): void {
    this.#counts = new BigInt64Array((exports[COUNTING.counts] as WebAssembly.Memory).buffer);
    this.#left = exports[COUNTING.left] as WebAssembly.Global;
    this.#short = exports[COUNTING.short] as WebAssembly.Global;
    this.#left.value = BigInt(fuel);
    this.#fuel = fuel;
    this.#seen = fuel;
    const hooks = hookFunctions({
      entered: (index) => this.#enter(index),
      calling: (site) => {
        this.#give();
        this.#sites.push(site);
        this.#returns.push(this.#path.length);
      },
      called: () => {
        this.#give();
        if (this.#shortIn === null && Number(this.#left?.value ?? 0) < 0) this.#shortIn = this.#underWay();
        this.#sites.pop();
        this.#path.length = this.#returns.pop() ?? 0;
      },
      leaving: () => {
        this.#give();
        this.#path.pop();
      },
    });
    const table = exports[COUNTING.hooks] as WebAssembly.Table;
    for (const [name, place] of Object.entries(HOOKS)) table.set(place, hooks[name]);
  }

  settle(stack: string | null): Settlement {
    const left = Number(this.#left?.value ?? 0);
    const frame = stack === null ? undefined : stack.split('\n').find((line) => /^\s*at /.test(line));
    const trap = frame === undefined ? null : this.#trapAt(frame);
    const refund = trap === null ? 0 : this.#costOf(trap.stretch) - trap.executed;
    const exhausted = left + refund < 0;
    if (exhausted) {
      const stretch = Number(this.#short?.value);
      this.#cut = { stretch, executed: this.#costOf(stretch) + left };
      this.#exhausted ??= this.#framesTo(this.#cut, this.#shortIn ?? this.#underWay());
    } else {
      this.#cut = trap;
      if (this.#left !== null) this.#left.value = BigInt(left + refund);
    }
    this.#give();
    this.#path.length = 0;
    this.#returns.length = 0;
    this.#sites.length = 0;
    const own = frame !== undefined && trap === null && stackFrame(frame) !== null;
    return { fuelUsed: this.#fuel - this.#seen, exhausted, tooDeep: !exhausted && own };
  }

  profile(): Pick<FuelProfile, 'places' | 'calls'> {
    const counts = this.#counts;
    const cut = this.#cut;
    const module = this.#module;
    const places: FuelProfile['places'] = [];
    for (const [own, { bodyOffset, stretch }] of module.functions.entries()) {
      /** By offset: an unrolled loop has an instruction several times. */
      const fuelAt = new Map<number, number>();
      let inStretch = 0;
      for (let i = 0; i < stretch.length; i++) {
        inStretch = i > 0 && stretch[i] === stretch[i - 1] ? inStretch + 1 : 0;
        const begun = Number(counts[stretch[i] as number]);
        const isCut = cut !== null && cut.stretch === stretch[i] && inStretch >= cut.executed;
        const fuel = isCut ? begun - 1 : begun;
        const at = bodyOffset[i] as number;
        if (fuel > 0) fuelAt.set(at, (fuelAt.get(at) ?? 0) + fuel);
      }
      for (const [at, fuel] of fuelAt) places.push([module.importedFunctions + own, at, fuel]);
    }
    const calls = this.#calls.map(({ index, parent, fuel, entered, site }): FuelProfile['calls'][number] => {
      return [index, parent, fuel, entered, site];
    });
    return { places, calls };
  }

  /**
   * The calls under way where the fuel ended, as in a run's error; null for a run that had enough.
   *
   * The first frame is the instruction that could not be paid for. The run itself ends later, at
   * the next check of the meter, which does not say where it was.
   */
  exhaustedFrames(): RunFrame[] | null {
    return this.#exhausted;
  }

  #underWay(): UnderWay {
    return { functions: this.#path.map((place) => this.#calls[place]?.index ?? -1), sites: [...this.#sites] };
  }

  #framesTo({ stretch, executed }: { stretch: number; executed: number }, { functions, sites }: UnderWay): RunFrame[] {
    const { functions: counted, importedFunctions } = this.#module;
    const own = counted.findIndex((one) => one.stretch.includes(stretch));
    const { stretch: all = new Uint32Array(), bodyOffset = all } = counted[own] ?? {};
    const unpaid = Math.min(all.indexOf(stretch) + Math.max(0, executed), all.lastIndexOf(stretch));
    const frames: RunFrame[] = [{ function: importedFunctions + own, offset: bodyOffset[unpaid] ?? 0 }];
    // A function that was entered with no fuel left has executed nothing.
    for (let depth = functions.lastIndexOf(importedFunctions + own); depth > 0; depth--)
      frames.push({ function: functions[depth - 1] as number, offset: sites[depth - 1] ?? 0 });
    return frames.slice(0, RUN_FRAMES_MAX);
  }

  #enter(index: number): void {
    const path = this.#path;
    const calls = this.#calls;
    // A function that is on the way already goes on there.
    let place = path.find((one) => calls[one]?.index === index);
    const parent = path.at(-1) ?? -1;
    const site = parent === -1 ? -1 : (this.#sites.at(-1) ?? -1);
    const key = index * SITES + site;
    place ??= parent === -1 ? this.#roots.get(index) : calls[parent]?.callees.get(key);
    if (place === undefined && calls.length >= CALLS_MAX && parent !== -1) place = parent;
    if (place === undefined) {
      place = calls.length;
      calls.push({ index, parent, fuel: 0, entered: 0, site, callees: new Map() });
      if (parent === -1) this.#roots.set(index, place);
      else calls[parent]?.callees.set(key, place);
    }
    const call = calls[place];
    if (call !== undefined && Number(this.#left?.value ?? 0) >= 0) call.entered++;
    path.push(place);
  }

  readonly #roots = new Map<number, number>();

  /** To the call at hand, what was used since the last time. */
  #give(): void {
    const left = Math.max(0, Number(this.#left?.value ?? 0));
    const call = this.#calls[this.#path.at(-1) ?? -1];
    if (call !== undefined) call.fuel += this.#seen - left;
    this.#seen = left;
  }

  #costOf(stretch: number): number {
    for (const { stretch: all } of this.#module.functions) {
      const first = all.indexOf(stretch);
      if (first !== -1) return all.lastIndexOf(stretch) - first + 1;
    }
    return 0;
  }

  /**
   * Finds the stretch that trapped, and the number of its instructions that were executed; null
   * when no instruction of the module's own was.
   */
  #trapAt(frame: string): { stretch: number; executed: number } | null {
    const at = stackFrame(frame);
    if (at === null) return null;
    const { functionIndex, offset } = at;
    const original = outerOf(this.#module, functionIndex) ?? functionIndex;
    const counted = this.#module.functions[original - this.#module.importedFunctions];
    if (counted === undefined) return null;
    const trapped = counted.at.findIndex((at, i) => offset >= at && offset < at + (counted.length[i] as number));
    if (trapped === -1) return null;
    const stretch = counted.stretch[trapped] as number;
    return { stretch, executed: trapped - counted.stretch.indexOf(stretch) + 1 };
  }
}

interface Hooks {
  entered(index: number): void;
  calling(site: number): void;
  called(): void;
  leaving(): void;
}

/**
 * Makes functions of WebAssembly from our hooks, because a table takes no others. A module that
 * only exports its imports does it.
 */
function hookFunctions(hooks: Hooks): Record<string, unknown> {
  const text = (word: string) => [word.length, ...[...word].map((letter) => letter.charCodeAt(0))];
  const names = Object.keys(HOOKS);
  const section = (id: number, bytes: number[]) => [id, bytes.length, ...bytes];
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [2, 0x60, 1, 0x7f, 0, 0x60, 0, 0]),
    ...section(2, [
      names.length,
      ...names.flatMap((name) => [...text('h'), ...text(name), 0, name === 'entered' || name === 'calling' ? 0 : 1]),
    ]),
    ...section(7, [names.length, ...names.flatMap((name, index) => [...text(name), 0, index])]),
  ];
  const module = new WebAssembly.Module(Uint8Array.from(bytes));
  return new WebAssembly.Instance(module, { h: { ...hooks } }).exports;
}
