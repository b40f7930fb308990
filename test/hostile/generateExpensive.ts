import { readModule } from '../../wasm/read/readModule.ts';
import { text, u32 } from '../helpers/wasmBytes.ts';
import { EXPENSIVE_CODE, expensiveModule } from './expensiveCode.ts';
import { joined, ModuleBuilder, repeated } from './moduleBuilder.ts';

export interface GeneratedModule {
  what: string;
  bytes: Uint8Array;
}

type Random = (below: number) => number;

const END = 0x0b;

/** Parts of a module that are many; each takes how many. */
const MANY: Readonly<Record<string, { most: number; add(module: ModuleBuilder, count: number): void }>> = {
  types: { most: 200_000, add: (module, count) => module.add(1, count, [0x60, 3, 0x7f, 0x7e, 0x7d, 1, 0x7c]) },
  'types of 1 000 parameters': {
    most: 2_000,
    add: (module, count) => module.add(1, count, joined([[0x60, ...u32(1_000)], repeated([0x7e], 1_000), [0]])),
  },
  functions: {
    most: 1_000_000,
    add: (module, count) => module.add(3, count, [2]).add(10, count, [2, 0, END]),
  },
  'functions with locals': {
    most: 100_000,
    add: (module, count) => module.add(3, count, [2]).add(10, count, [6, 1, ...u32(2_000), 0x7f, 0x01, END]),
  },
  globals: { most: 200_000, add: (module, count) => module.add(6, count, [0x7f, 1, 0x41, 0, END]) },
  exports: {
    most: 120_000,
    add: (module, count) =>
      module.add(7, count, []).add(7, 0, joined(Array.from({ length: count }, (_, at) => [...text(`n${at}`), 0, 0]))),
  },
  'tables at their most': { most: 100, add: (module, count) => module.add(4, count, [0x70, 0, ...u32(10_000)]) },
  'entries of one table': { most: 2_000_000, add: (module, count) => module.add(4, 1, [0x70, 0, ...u32(count)]) },
  'element segments': {
    most: 200_000,
    add: (module, count) => module.add(4, 1, [0x70, 0, 1]).add(9, count, [0, 0x41, 0, END, 1, 2]),
  },
  elements: {
    most: 2_000_000,
    add: (module, count) => {
      module.add(4, 1, [0x70, 0, ...u32(Math.min(count, 1_000_000))]);
      module.add(9, 1, joined([[0, 0x41, 0, END, ...u32(count)], repeated([2], count)]));
    },
  },
  'data segments': { most: 200_000, add: (module, count) => module.add(11, count, [0, 0x41, 0, END, 1, 7]) },
  'bytes of data': {
    most: 30_000_000,
    add: (module, count) => module.add(11, 1, joined([[1, ...u32(count)], new Uint8Array(count)])),
  },
  'bytes of an export name': { most: 200_000, add: (module, count) => module.export('n'.repeat(count), 0, 0) },
};

/**
 * Generates a module that is small for its possible cost.
 *
 * Its size is chosen at random. A module that the reader refuses is often halved until it is
 * accepted, so that many are close below a bound.
 */
export function generateExpensive(random: Random): GeneratedModule {
  const upTo = (most: number) => Math.max(1, Math.floor(most ** (random(1_000) / 999)));
  const parts = Object.keys(MANY);
  const codes = Object.keys(EXPENSIVE_CODE);
  if (random(4) === 0) {
    const chosen = Array.from({ length: 1 + random(3) }, () => parts[random(parts.length)] as string);
    const counts = chosen.map((name) => upTo(MANY[name]?.most ?? 1));
    return shrunk(random, counts, (now) => ({
      what: chosen.map((name, at) => `${now[at]} ${name}`).join(', '),
      bytes: manyOf(chosen, now),
    }));
  }
  const name = codes[random(codes.length)] as string;
  const locals = upTo(48_000);
  const again = random(2) === 0;
  return shrunk(random, [upTo(600_000)], ([count = 1]) => ({
    what: `${count} ${name} with ${locals} locals${again ? ', again and again' : ''}`,
    bytes: expensiveModule(name, count, locals, again),
  }));
}

function manyOf(names: readonly string[], counts: readonly number[]): Uint8Array {
  const module = new ModuleBuilder();
  for (const [at, name] of [...new Set(names)].entries()) MANY[name]?.add(module, counts[at] ?? 1);
  return module.bytes();
}

function shrunk(
  random: Random,
  counts: readonly number[],
  make: (counts: readonly number[]) => GeneratedModule,
): GeneratedModule {
  let now = counts;
  let made = make(now);
  const keepsOn = random(5) > 0;
  while (keepsOn && !isRead(made.bytes) && now.some((count) => count > 1)) {
    now = now.map((count) => Math.max(1, Math.floor(count * 0.7)));
    made = make(now);
  }
  return made;
}

function isRead(bytes: Uint8Array): boolean {
  try {
    readModule(bytes);
    return true;
  } catch {
    return false;
  }
}
