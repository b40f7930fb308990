import type { CoveredFile } from './lineCoverage.ts';

/** Writes coverage as an lcov tracefile, which most tools read. Paths are those of the program. */
export function lcovText(files: readonly CoveredFile[]): string {
  return files
    .map(({ file, lines }) =>
      [
        'TN:',
        // A newline in a name would begin another record.
        `SF:${file.replaceAll(/[\r\n]/g, ' ')}`,
        ...lines.map(({ line, count }) => `DA:${line},${count}`),
        `LF:${lines.length}`,
        `LH:${lines.filter(({ count }) => count > 0).length}`,
        'end_of_record\n',
      ].join('\n'),
    )
    .join('');
}
