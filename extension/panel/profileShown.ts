import * as vscode from 'vscode';
import type { RunProfile } from '../../toolchain/profile/profileRun.ts';
import { countText } from '../views/texts.ts';
import type { ProfileShown } from './panelMessages.ts';

/** Rows of each table; the command and its file have all. */
const ROWS = 20;

/** A profile as the panel shows it. */
export function profileShown({ fuel_used, functions, lines, flame_graph }: RunProfile): ProfileShown {
  const share = (fuel: number) => `${((100 * fuel) / Math.max(1, fuel_used)).toFixed(1)} %`;
  const { t } = vscode.l10n;
  return {
    functions: [
      [t('Fuel'), t('Part'), t('Calls'), t('Function')],
      ...functions
        .slice(0, ROWS)
        .map(({ fuel, calls, name }) => [countText(fuel), share(fuel), countText(calls), name]),
    ],
    lineHeads: [t('Fuel'), t('Part'), t('Line')],
    lines: lines
      .slice(0, ROWS)
      .flatMap(({ fuel, file, line }) =>
        file === null ? [] : [{ cells: [countText(fuel), share(fuel), `${file}:${line}`], file, line }],
      ),
    flame: [],
    notes: [t('The flame graph is also in {0}, for speedscope.', flame_graph)],
  };
}
