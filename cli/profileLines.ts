import { relative } from 'node:path';
import type { RunProfile } from '../toolchain/profile/profileRun.ts';
import { countText } from './countText.ts';
import type { Paint } from './printedLine.ts';
import { table } from './table.ts';

/** Rows of a table that people read unless they ask for more; JSON has all. */
export const PROFILE_ROWS = 10;

/**
 * A profile for people: the functions and lines that used most fuel.
 *
 * @param rows of each table
 */
export function profileLines(profile: RunProfile, rows: number, cwd: string, paint: Paint): string[] {
  const { fuel_used, functions, lines, flame_graph } = profile;
  const share = (fuel: number) => `${((100 * fuel) / Math.max(1, fuel_used)).toFixed(1)} %`;
  const sourced = lines.filter(({ file }) => file !== null);
  return [
    ...table(
      [
        ['own', 'total', '', 'calls', 'function'].map((head) => paint('dim', head)),
        ...functions
          .slice(0, rows)
          .map(({ fuel, total, calls, name }) => [
            countText(fuel),
            countText(total),
            share(total),
            countText(calls),
            name,
          ]),
      ],
      [0, 1, 2, 3],
    ),
    ...(sourced.length === 0
      ? []
      : [
          '',
          ...table(
            [
              ['own', 'total', '', 'line'].map((head) => paint('dim', head)),
              ...sourced
                .slice(0, rows)
                .map(({ fuel, total, file, line }) => [
                  countText(fuel),
                  countText(total),
                  share(total),
                  `${file}:${line}`,
                ]),
            ],
            [0, 1, 2],
          ),
        ]),
    '',
    `flame graph  ${relative(cwd, flame_graph) || flame_graph}  (open it with speedscope)`,
  ];
}
