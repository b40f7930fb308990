import { type Compared, compareRuns } from './compareRuns.ts';
import { compileWat } from './compileWat.ts';
import { generateProgram } from './generateProgram.ts';

export interface FuzzOptions {
  seed: number;
  /** By `performance.now()`. */
  until: number;
  /** Modules to try at most. */
  most?: number;
  /** Real modules to alter, and the export to call. */
  modules: ReadonlyArray<{ bytes: Uint8Array; name: string }>;
  /** Before each module is tried. */
  onAttempt?(bytes: Uint8Array): void;
  onDisagreement(what: string, bytes: Uint8Array): void;
}

export type FuzzResult = Record<Compared, number> & { tried: number; disagreements: number };

/** Instructions a run may execute. The interpreter does some millions a second. */
const LIMIT = 20_000;
/** Altered copies of each module, generated or real. */
const COPIES = 8;
const CHANGES_MAX = 2;

/** Tries modules until the time is over. The same seed tries the same ones, in the same order. */
export function fuzz(options: FuzzOptions): FuzzResult {
  const { seed, until, modules, most = Number.POSITIVE_INFINITY, onAttempt = () => {}, onDisagreement } = options;
  const result: FuzzResult = { tried: 0, disagreements: 0, refused: 0, metered: 0, plain: 0, interpreted: 0 };
  const random = generator(seed);
  const attempt = (bytes: Uint8Array, name: string) => {
    result.tried++;
    onAttempt(bytes);
    try {
      result[compareRuns(bytes, name, LIMIT)]++;
    } catch (error) {
      result.disagreements++;
      onDisagreement(error instanceof Error ? error.message : String(error), bytes);
    }
  };
  const goesOn = () => performance.now() < until && result.tried < most;
  for (let round = 0; goesOn(); round++) {
    const tape = Array.from({ length: 20 + random(400) }, () => random(10_000));
    const generated = { bytes: compileWat(generateProgram(tape)), name: 'f0' };
    const real = modules[round % Math.max(1, modules.length)];
    attempt(generated.bytes, generated.name);
    for (const { bytes, name } of real === undefined ? [generated] : [generated, real]) {
      for (let copy = 0; copy < COPIES && goesOn(); copy++)
        attempt(random(4) === 0 ? rearranged(bytes, random) : altered(bytes, random), name);
    }
  }
  return result;
}

/**
 * Changes a few bytes to others, or to bytes from elsewhere in the module, which are more often
 * code.
 */
function altered(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const copy = bytes.slice();
  for (let changes = 1 + random(CHANGES_MAX); changes > 0; changes--) {
    copy[8 + random(copy.length - 8)] = random(2) === 0 ? random(256) : (bytes[random(bytes.length)] as number);
  }
  return copy;
}

/**
 * Takes out a stretch of the module, repeats it, or puts it in the place of another. Lengths go
 * wrong, or code comes where other code was.
 */
function rearranged(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const from = 8 + random(bytes.length - 8);
  const stretch = bytes.subarray(from, from + 1 + random(24));
  const at = 8 + random(bytes.length - 8);
  switch (random(3)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + stretch.length)]);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), stretch, bytes.subarray(at)]);
    default: {
      const copy = bytes.slice();
      copy.set(stretch.subarray(0, bytes.length - at), at);
      return copy;
    }
  }
}

/** xorshift32: numbers below `below`. */
export function generator(seed: number): (below: number) => number {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
