import { printedWidth } from './printedLine.ts';

/**
 * Rows as columns, two spaces apart. The first row is the head. Columns named in `right` (from 0)
 * hold numbers, which end at one edge.
 */
export function table(rows: string[][], right: number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, printedWidth(cell));
    });
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - printedWidth(cell));
        return right.includes(column) ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}
