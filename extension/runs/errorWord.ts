import type { RunError } from '../../daemons/wire/runError.ts';

/** The error of a run, in a word: the tasklet's own label where it gave one, else the code. */
export function errorWord({ code, label, exit_code }: RunError): string {
  if (code !== 'tasklet_failed') return code;
  return label ? label : `tasklet_failed (${exit_code ?? '?'})`;
}
