/** Keys, types, values and names of a manifest: the part that `manifestKeys.ts` decides. */
import { didYouMean } from './didYouMean.ts';
import { keysOf, MANIFEST_KEYS, type ManifestKey, manifestKey, TABLES, type TableName } from './manifestKeys.ts';
import type { Fix, ManifestProblem, Report } from './manifestProblem.ts';
import { checkValue, describe, NAME } from './manifestValue.ts';
import type { Span, TextLines } from './textLines.ts';
import type { TomlEntry, TomlTable } from './tomlDocument.ts';

export type KeyValues = Partial<Record<string, TomlEntry>>;

export interface CheckedKeys {
  problems: ManifestProblem[];
  program: KeyValues;
  /** Null when there is no [stack]. */
  stack: KeyValues | null;
  tasklets: { table: TomlTable; values: KeyValues }[];
}

export function checkKeys(root: TomlTable, lines: TextLines): CheckedKeys {
  const problems: ManifestProblem[] = [];
  const reporter =
    (tasklet?: TomlTable): Report =>
    (kind, span, message, more = {}) => {
      problems.push({
        kind,
        severity: more.severity ?? 'error',
        message,
        range: lines.rangeOf(span),
        ...(more.fix === undefined
          ? {}
          : {
              fix: {
                title: more.fix.title,
                edits: [{ range: lines.rangeOf(more.fix.span), newText: more.fix.newText }],
              },
            }),
        ...(tasklet === undefined ? {} : { tasklet }),
      });
    };
  const report = reporter();

  for (const entry of root.entries) {
    if (entry.key !== 'program' && entry.key !== 'tasklet' && entry.key !== 'stack')
      reportUnknownRoot(root, entry, report);
  }

  const programEntry = root.entries.find(({ key }) => key === 'program');
  const program = programTable(programEntry, report);
  let programValues: KeyValues = {};
  if (program !== null)
    programValues = checkTable('program', program, program.header ?? programEntry?.keySpan ?? firstLine(root), report);
  else if (programEntry === undefined) {
    const start = { start: 0, end: 0 };
    const lines = keysOf('program').map((row) => `${row.key} = ${row.example}\n`);
    report(
      'missing-key',
      firstLine(root),
      'The manifest has no [program]. Write the header with a name and a version below it.',
      {
        fix: { title: 'Add [program]', span: start, newText: `${TABLES.program.header}\n${lines.join('')}\n` },
      },
    );
  }

  const tasklets: CheckedKeys['tasklets'] = [];
  const names = new Map<string, Span>();
  for (const { table, span } of taskletTables(root, report)) {
    const reportHere = reporter(table);
    const values = checkTable('tasklet', table, span, reportHere);
    const requires = values.requires;
    if (requires?.value.type === 'table') checkTable('requires', requires.value, requires.keySpan, reportHere);
    const name = values.name?.value;
    if (name?.type === 'string') {
      if (names.has(name.value)) {
        reportHere(
          'duplicate-name',
          name.span,
          `Another tasklet is called "${name.value}" already. Commands pick a tasklet by its name: give this one a name of its own.`,
        );
      } else names.set(name.value, name.span);
    }
    tasklets.push({ table, values });
  }
  if (tasklets.length === 0 && !root.entries.some(({ key }) => key === 'tasklet')) {
    report(
      'no-tasklets',
      program?.header ?? firstLine(root),
      'The program has no tasklet, so there is nothing to build or run. Add a [[tasklet]] with a name and a source.',
      {
        severity: 'warning',
      },
    );
  }
  return { problems, program: programValues, stack: stackValues(root, lines, report), tasklets };
}

function reportUnknownRoot(root: TomlTable, entry: TomlEntry, report: Report): void {
  const table = MANIFEST_KEYS.find(({ key }) => key === entry.key)?.table;
  if (table !== undefined && entry.value.type !== 'table') {
    report(
      'unknown-key',
      entry.keySpan,
      `"${entry.key}" stands outside every table. Put it under ${TABLES[table].header}.`,
    );
    return;
  }
  const meant = entry.key === 'requires' ? null : didYouMean(entry.key, ['program', 'tasklet', 'stack']);
  const hint =
    entry.key === 'requires'
      ? 'It belongs to a tasklet: write [tasklet.requires] below the [[tasklet]] it is meant for.'
      : meant === null
        ? 'A manifest has [program], [[tasklet]], [tasklet.requires] and [stack].'
        : `Did you mean "${meant}"?`;
  report('unknown-key', entry.keySpan, `grafos.toml has no "${entry.key}". ${hint}`, renaming(root, entry, meant));
}

function stackValues(root: TomlTable, lines: TextLines, report: Report): KeyValues | null {
  const entry = root.entries.find(({ key }) => key === 'stack');
  if (entry === undefined) return null;
  const { value } = entry;
  if (value.type === 'table') {
    const values = checkTable('stack', value, value.header ?? entry.keySpan, report);
    checkPorts(values, lines, report);
    return values;
  }
  const what = '"stack" is a table: write a [stack] header, once, with its keys below it.';
  report('wrong-type', value.type === 'array' ? entry.keySpan : value.span, what);
  return null;
}

/** Reports a port that an earlier key of the text has. 0 is any free port, and never the same. */
function checkPorts(values: KeyValues, lines: TextLines, report: Report): void {
  const taken = new Map<bigint, TomlEntry>();
  for (const entry of Object.values(values)) {
    if (!entry?.key.endsWith('_port') || entry.value.type !== 'integer' || entry.value.value === 0n) continue;
    const port = entry.value.value;
    const first = taken.get(port);
    if (first === undefined) {
      taken.set(port, entry);
      continue;
    }
    const line = lines.rangeOf(first.value.span).start.line + 1;
    report(
      'duplicate-port',
      entry.value.span,
      `${entry.key} is ${port}, and so is ${first.key} in line ${line}. Two parts of the stack cannot listen on one port: give this one another, or 0 for a free one.`,
    );
  }
}

function programTable(entry: TomlEntry | undefined, report: Report): TomlTable | null {
  if (entry === undefined) return null;
  if (entry.value.type === 'table') return entry.value;
  const first = entry.value.type === 'array' ? entry.value.items[0] : undefined;
  if (first?.type === 'table' && first.header !== null) {
    report('wrong-table-form', first.header, 'A manifest has one program: write [program] with single brackets.', {
      fix: { title: 'Change to [program]', span: first.header, newText: '[program]' },
    });
    return first;
  }
  report(
    'wrong-type',
    entry.value.span,
    '"program" is a table: write a [program] header with name and version below it.',
  );
  return null;
}

function taskletTables(root: TomlTable, report: Report): { table: TomlTable; span: Span }[] {
  const entry = root.entries.find(({ key }) => key === 'tasklet');
  if (entry === undefined) return [];
  const { value } = entry;
  if (value.type === 'table') {
    const span = value.header ?? entry.keySpan;
    report('wrong-table-form', span, 'A program may have several tasklets: write [[tasklet]] with double brackets.', {
      ...(value.header === null
        ? {}
        : { fix: { title: 'Change to [[tasklet]]', span: value.header, newText: '[[tasklet]]' } }),
    });
    return value.header === null ? [] : [{ table: value, span }];
  }
  if (value.type !== 'array') {
    report('wrong-type', value.span, '"tasklet" is a list of tables: write a [[tasklet]] header for each tasklet.');
    return [];
  }
  return value.items.flatMap((item) => {
    if (item.type === 'table') return [{ table: item, span: item.header ?? item.span }];
    report(
      'wrong-type',
      item.span,
      `A tasklet is a table, this is ${describe(item)}. Write a [[tasklet]] header for each tasklet.`,
    );
    return [];
  });
}

/**
 * Checks the keys of one table and returns those with a value of the right type. A missing key is
 * reported at `at`.
 */
function checkTable(name: TableName, table: TomlTable | null, at: Span, report: Report): KeyValues {
  const values: KeyValues = {};
  const known = keysOf(name).map(({ key }) => key);
  for (const entry of table?.entries ?? []) {
    if (name === 'tasklet' && entry.key === 'requires') {
      if (entry.value.type === 'table') values.requires = entry;
      else
        report(
          'wrong-type',
          entry.value.span,
          `"requires" is a table, this is ${describe(entry.value)}. Write a ${TABLES.requires.header} header.`,
        );
      continue;
    }
    const row = manifestKey(name, entry.key);
    if (row === undefined) reportUnknownKey(name, table, entry, known, report);
    else if (checkValue(row, entry, report)) values[entry.key] = entry;
  }
  for (const row of keysOf(name)) {
    if (row.default === null && !table?.entries.some(({ key }) => key === row.key)) {
      const line = table?.header?.end;
      report(
        'missing-key',
        at,
        `${TABLES[name].header} has no "${row.key}". ${row.doc}`,
        line === undefined
          ? {}
          : {
              fix: {
                title: `Add ${row.key}`,
                span: { start: line, end: line },
                newText: `\n${row.key} = ${exampleFor(row, table)}`,
              },
            },
      );
    }
  }
  return values;
}

/** The example of a key with the tasklet's own name in it, where that is known. */
function exampleFor(row: ManifestKey, table: TomlTable | null): string {
  const name = table?.entries.find(({ key }) => key === 'name')?.value;
  return name?.type === 'string' && NAME.test(name.value) ? row.example.replace('local-dev', name.value) : row.example;
}

function reportUnknownKey(
  name: TableName,
  table: TomlTable | null,
  entry: TomlEntry,
  known: string[],
  report: Report,
): void {
  const elsewhere = MANIFEST_KEYS.find((row) => row.key === entry.key);
  const header = TABLES[name].header;
  if (elsewhere !== undefined) {
    report(
      'unknown-key',
      entry.keySpan,
      `${header} has no "${entry.key}": it is a key of ${TABLES[elsewhere.table].header}. Move it there.`,
    );
    return;
  }
  const meant = didYouMean(entry.key, known);
  report(
    'unknown-key',
    entry.keySpan,
    `${header} has no "${entry.key}". ${meant === null ? `Its keys are ${known.join(', ')}.` : `Did you mean "${meant}"?`}`,
    renaming(table, entry, meant),
  );
}

/** The fix that renames an entry to what was meant; none where the table has that name already. */
function renaming(table: TomlTable | null, entry: TomlEntry, meant: string | null): { fix?: Fix } {
  if (meant === null || table?.entries.some(({ key }) => key === meant)) return {};
  return { fix: { title: `Change to "${meant}"`, span: entry.keySpan, newText: meant } };
}

/** Where a fault of the whole file is shown. */
function firstLine(root: TomlTable): Span {
  // A file that begins with a header has nothing of its own before it.
  return { start: 0, end: Math.min(1, root.span.end + root.entries.length) };
}
