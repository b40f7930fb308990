import * as vscode from 'vscode';
import { isOwnSource } from '../../toolchain/profile/isOwnSource.ts';
import type { RunProfile } from '../../toolchain/profile/profileRun.ts';
import { countText } from '../views/texts.ts';
import type { ProfileShown } from './panelMessages.ts';

/** Rows of each table; the command and its file have all. */
const ROWS = 20;

/** A profile as the panel shows it. */
export function profileShown({
  fuel_used,
  functions,
  lines,
  lines_left_out,
  calls,
  flame_graph,
  unwritten,
}: RunProfile): ProfileShown {
  const share = (fuel: number) => `${((100 * fuel) / Math.max(1, fuel_used)).toFixed(1)} %`;
  const { t } = vscode.l10n;
  const byTotal = (one: { total: number }, other: { total: number }) => other.total - one.total;
  const isOwn = ({ file }: { file: string | null }) => file !== null && isOwnSource(file);
  // Lines of the program come first: those are the lines that a person can change.
  const used = ({ fuel, library }: RunProfile['lines'][number]) => fuel + library;
  const sourced = lines
    .filter(({ file }) => file !== null)
    .sort((one, other) => Number(isOwn(other)) - Number(isOwn(one)) || used(other) - used(one));
  return {
    functions: [
      [t('Own fuel'), t('With calls'), t('Part'), t('Calls'), t('Function')],
      ...[...functions]
        .sort(byTotal)
        .slice(0, ROWS)
        .map(({ fuel, total, calls, name }) => [
          countText(fuel),
          countText(total),
          share(total),
          countText(calls),
          name,
        ]),
    ],
    lineHeads: [t('Own fuel'), t('Libraries'), t('With calls'), t('Part'), t('Line')],
    lines: sourced.slice(0, ROWS).flatMap(({ fuel, library, total, file, line }) => {
      const cells = [countText(fuel), countText(library), countText(total), share(total), `${file}:${line}`];
      return file === null ? [] : [{ cells, file, line }];
    }),
    flame: calls,
    notes: [
      ...linesNotes(lines_left_out, sourced.length > 0, sourced.some(isOwn)),
      ...(flame_graph === null ? [] : [t('The flame graph is also in {0}, for speedscope.', flame_graph)]),
      ...(unwritten === null ? [] : [`${unwritten.message} ${unwritten.next}`]),
    ],
  };
}

/** The reason why no line of the program can be shown; none where one can. */
function linesNotes(leftOut: RunProfile['lines_left_out'], hasLines: boolean, hasOwn: boolean): string[] {
  const { t } = vscode.l10n;
  if (leftOut !== null)
    return [t('No line is known: the source map of the module is too large to be read. {0}', leftOut.next)];
  if (!hasLines)
    return [
      t('No line can be shown in the source: the module has no source map that fits. Build it with debug lines.'),
    ];
  return hasOwn ? [] : [t('All lines are of libraries, so no line of the program has a colour.')];
}
