import type { FindingsJson } from '../../toolchain/validate/findingsJson.ts';

type JsonFinding = Pick<FindingsJson['findings'][number], 'severity' | 'code' | 'file' | 'range' | 'message'>;

/**
 * The lines of the watch task. The problem matcher `$grafos-watch` knows a check by its first and
 * last line, and reads the findings between them, so these lines are not translated.
 */
export const WATCH_LINES = {
  begin: (program: string) => `Checking ${program}`,
  finding: ({ severity, code, file, range, message }: JsonFinding) =>
    `${severity} ${code} ${file}:${range.start.line + 1}:${range.start.character + 1} ${message.split('\n')[0]}`,
  end: (findings: number) =>
    `Waiting for changes. ${findings === 0 ? 'No findings' : findings === 1 ? '1 finding' : `${findings} findings`}.`,
};
