import type { FuelProfile } from '../../daemons/wire/fuelProfile.ts';

/**
 * A profile as https://www.speedscope.app and viewers of its format open it
 * (https://www.speedscope.app/file-format-schema.json).
 */
export interface SpeedscopeFile {
  $schema: 'https://www.speedscope.app/file-format-schema.json';
  name: string;
  exporter: string;
  activeProfileIndex: 0;
  shared: { frames: Array<{ name: string }> };
  profiles: [
    {
      type: 'sampled';
      name: string;
      unit: 'none';
      startValue: 0;
      endValue: number;
      /** Frames of each, from the root. */
      samples: number[][];
      /** Fuel of each. */
      weights: number[];
    },
  ];
}

/** Each place of the tree of calls as one sample that weighs its own fuel. */
export function speedscope(
  name: string,
  calls: FuelProfile['calls'],
  nameOf: (index: number) => string,
): SpeedscopeFile {
  const frames = new Map<number, number>();
  const frameOf = (index: number) => {
    const known = frames.get(index) ?? frames.size;
    frames.set(index, known);
    return known;
  };
  const samples: number[][] = [];
  const weights: number[] = [];
  for (const [index, parent, fuel] of calls) {
    const stack = [frameOf(index)];
    for (let at = calls[parent]; at !== undefined; at = calls[at[1]]) stack.push(frameOf(at[0]));
    if (fuel === 0) continue;
    samples.push(stack.reverse());
    weights.push(fuel);
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name,
    exporter: 'grafos',
    activeProfileIndex: 0,
    shared: { frames: [...frames.keys()].map((index) => ({ name: nameOf(index) })) },
    profiles: [{ type: 'sampled', name: 'fuel', unit: 'none', startValue: 0, endValue: total, samples, weights }],
  };
}
