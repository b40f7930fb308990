import type { CodeLens } from 'vscode-languageserver/node';
import type { Tasklet } from '../program/manifest.ts';
import { computePlace } from '../toolchain/language/computePlace.ts';
import { LENS_COMMANDS, type LensArgument } from './customMessages.ts';

/** Build, Run and Deploy above `compute`, once for each tasklet that is made from the file. */
export function codeLenses(root: string, tasklets: readonly Tasklet[], text: string): CodeLens[] {
  return tasklets.flatMap(({ name, kind }) => {
    const range = computePlace(kind, text);
    if (range === null) return [];
    return Object.values(LENS_COMMANDS).map(({ command, title }) => {
      const argument: LensArgument = { program: root, tasklet: name };
      // Two tasklets of one source need telling apart.
      const label =
        tasklets.length === 1 ? title : `${title.replace(/…$/, '')} ${name}${title.endsWith('…') ? '…' : ''}`;
      return { range, command: { title: label, command, arguments: [argument] } };
    });
  });
}
