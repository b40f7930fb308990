/** Prints the figures of a section, and keeps the lines for docs/internals/performance.md. */
export class Report {
  readonly lines: string[] = [];

  print(...lines: string[]): void {
    for (const line of lines.flatMap((one) => one.split('\n'))) {
      this.lines.push(line);
      console.log(line);
    }
  }

  /** Rows as columns: the first to the left, the others to the right. */
  table(rows: string[][]): void {
    const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
    for (const row of rows)
      this.print(
        row
          .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
          .join('  ')
          .trimEnd(),
      );
  }
}
