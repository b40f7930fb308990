import { relative } from 'node:path';
import { isOwnSource } from '../toolchain/profile/isOwnSource.ts';
import type { RunProfile } from '../toolchain/profile/profileRun.ts';
import type { Output } from './output.ts';
import type { Paint } from './printedLine.ts';
import { table } from './table.ts';
import { countText } from './text.ts';

/** Rows of a table that people read unless they ask for more; JSON has all. */
export const PROFILE_ROWS = 10;

/** Functions of libraries that are named at a line. */
const NAMES = 2;

/**
 * A profile for people, in three tables: functions, lines of the program with the libraries that
 * they called, and lines of libraries.
 *
 * @param rows of each table
 */
export function profileLines(profile: RunProfile, rows: number, cwd: string, paint: Paint): string[] {
  const { fuel_used, functions, lines, lines_left_out, flame_graph } = profile;
  const share = (fuel: number) => `${((100 * fuel) / Math.max(1, fuel_used)).toFixed(1)} %`;
  const heads = (...names: string[]) => names.map((head) => paint('dim', head));
  const sourced = lines.flatMap((one) => (one.file === null ? [] : [{ ...one, file: one.file }]));
  const own = sourced
    .filter(({ file }) => isOwnSource(file))
    .sort((one, other) => other.fuel + other.library - (one.fuel + one.library));
  const libraries = sourced.filter(({ file, fuel }) => !isOwnSource(file) && fuel > 0);
  return [
    ...table(
      [
        heads('own', 'total', '', 'calls', 'function', own.length === 0 ? '' : 'called from'),
        ...functions
          .slice(0, rows)
          .map(({ fuel, total, calls, name, for: callers, for_run }) => [
            countText(fuel),
            countText(total),
            share(total),
            countText(calls),
            name,
            callersText(callers, for_run),
          ]),
      ],
      [0, 1, 2, 3],
    ),
    ...part(
      heads('own', 'library', 'total', '', 'line', 'called most'),
      own
        .slice(0, rows)
        .map(({ fuel, library, total, file, line }) => [
          countText(fuel),
          countText(library),
          countText(total),
          share(total),
          `${file}:${line}`,
          calledNames(profile, file, line).join(', '),
        ]),
      [0, 1, 2, 3],
    ),
    ...part(
      heads('own', '', 'line of a library'),
      libraries.slice(0, rows).map(({ fuel, file, line }) => [countText(fuel), share(fuel), `${file}:${line}`]),
      [0, 1],
    ),
    ...(lines_left_out === null
      ? []
      : [
          '',
          `${paint('yellow', 'no lines')}: ${lines_left_out.message} ${paint('dim', `[${lines_left_out.code}]`)}`,
          `  next: ${lines_left_out.next}`,
        ]),
    ...(flame_graph === null
      ? []
      : ['', `flame graph  ${relative(cwd, flame_graph) || flame_graph}  (open it with speedscope)`]),
  ];
}

/** Warns of a file of the profile that could not be written. */
export function warnUnwritten(out: Pick<Output, 'warn'>, { unwritten }: RunProfile): void {
  if (unwritten !== null) out.warn(`${unwritten.message} [${unwritten.code}]`, `  next: ${unwritten.next}`);
}

/** A table below another, if it has rows. */
function part(heads: string[], rows: string[][], right: number[]): string[] {
  return rows.length === 0 ? [] : ['', ...table([heads, ...rows], right)];
}

/**
 * Names what a library's function ran for most, a line of the program or the run itself, and the
 * number of others.
 */
function callersText(lines: RunProfile['functions'][number]['for'], forRun: number): string {
  const callers = lines.map(({ file, line, fuel }) => ({ text: `${file}:${line}`, fuel }));
  if (forRun > 0) callers.push({ text: 'input and output', fuel: forRun });
  const [first, ...others] = callers.sort((one, other) => other.fuel - one.fuel);
  if (first === undefined) return '';
  return `${first.text}${others.length === 0 ? '' : ` and ${others.length} more`}`;
}

/** The functions of libraries that used most fuel for a line. */
function calledNames({ functions }: RunProfile, file: string, line: number): string[] {
  return functions
    .flatMap(({ name, for: callers }) => {
      const caller = callers.find((one) => one.file === file && one.line === line);
      return caller === undefined ? [] : [{ name, fuel: caller.fuel }];
    })
    .sort((one, other) => other.fuel - one.fuel)
    .slice(0, NAMES)
    .map(({ name }) => name);
}
