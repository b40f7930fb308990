import type { FuelProfile } from '../../daemons/wire/fuelProfile.ts';
import type { SourceLine } from './codePlaces.ts';

/** Boxes of a flame graph at most. */
const FRAMES_MAX = 4_000;
/** Part of the whole fuel below which a box is left out. */
const PART_MIN = 0.0005;

/** A box of the flame graph: a function, reached by one path of calls. */
export interface CallFrame {
  name: string;
  /** Place of the caller in the list, which comes before; -1 for the first. */
  parent: number;
  /** Fuel of its own instructions there. */
  self: number;
  /** The same with all that it called. */
  total: number;
}

interface CallFuel {
  /**
   * Fuel of each function and all that it called, by index. A function that calls itself counts
   * once.
   */
  ofFunctions: Map<number, number>;
  /** Fuel of all that a line called, by `file:line`. What the line used itself is not in it. */
  ofLines: Map<string, number>;
  frames: CallFrame[];
}

/**
 * Adds up the fuel of a tree of calls: for each function and line that of everything called from
 * there, and the boxes of a flame graph.
 *
 * @param lineOf the line of a call, by the caller's index and the call's offset in its body
 */
export function fuelOfCalls(
  calls: FuelProfile['calls'],
  nameOf: (index: number) => string,
  lineOf: (index: number, bodyOffset: number) => SourceLine | null,
): CallFuel {
  const totals = calls.map(([, , fuel]) => fuel);
  // Callers come first. Backwards, every total is complete before it is added to its caller's.
  for (let at = calls.length - 1; at >= 0; at--) {
    const parent = calls[at]?.[1] ?? -1;
    if (parent >= 0) totals[parent] = (totals[parent] ?? 0) + (totals[at] ?? 0);
  }
  const ofFunctions = new Map<number, number>();
  const ofLines = new Map<string, number>();
  /** The line of each call, by which the same line in a caller's chain is found. */
  const lines = calls.map(([, parent, , , site]) => {
    const caller = calls[parent]?.[0];
    const at = caller === undefined || site < 0 ? null : lineOf(caller, site);
    return at === null ? null : `${at.file}:${at.line}`;
  });
  calls.forEach(([index], at) => {
    const total = totals[at] ?? 0;
    ofFunctions.set(index, (ofFunctions.get(index) ?? 0) + total);
    const line = lines[at];
    if (line !== null && line !== undefined && !isWithin(calls, lines, at, line)) {
      ofLines.set(line, (ofLines.get(line) ?? 0) + total);
    }
  });
  return { ofFunctions, ofLines, frames: framesOf(calls, totals, nameOf) };
}

/** Says whether an outer call was made on the same line: its fuel includes the fuel of this one. */
function isWithin(calls: FuelProfile['calls'], lines: Array<string | null>, at: number, line: string): boolean {
  for (let up = calls[at]?.[1] ?? -1; up >= 0; up = calls[up]?.[1] ?? -1) if (lines[up] === line) return true;
  return false;
}

/**
 * Makes the boxes: the calls of one function from one caller become one box, and small boxes are
 * left out.
 */
function framesOf(calls: FuelProfile['calls'], totals: number[], nameOf: (index: number) => string): CallFrame[] {
  const frames: CallFrame[] = [];
  const known = new Map<string, number>();
  const places: number[] = [];
  calls.forEach(([index, parent, fuel], at) => {
    const above = parent < 0 ? -1 : (places[parent] ?? -1);
    const key = `${above} ${index}`;
    const place = known.get(key) ?? frames.push({ name: nameOf(index), parent: above, self: 0, total: 0 }) - 1;
    known.set(key, place);
    places[at] = place;
    const frame = frames[place] as CallFrame;
    frame.self += fuel;
    frame.total += totals[at] ?? 0;
  });
  return pruned(frames);
}

function pruned(frames: CallFrame[]): CallFrame[] {
  const whole = frames.reduce((sum, { parent, total }) => sum + (parent < 0 ? total : 0), 0);
  const largest = frames.map(({ total }) => total).sort((one, other) => other - one);
  const least = Math.max(whole * PART_MIN, largest[FRAMES_MAX] ?? 0, 1);
  const moved = new Map<number, number>([[-1, -1]]);
  const kept: CallFrame[] = [];
  frames.forEach((frame, at) => {
    const parent = moved.get(frame.parent);
    // A caller's box is at least as large as the boxes in it: none of them is kept without it.
    if (parent === undefined || frame.total < least || kept.length >= FRAMES_MAX) return;
    moved.set(at, kept.push({ ...frame, parent }) - 1);
  });
  return kept;
}
