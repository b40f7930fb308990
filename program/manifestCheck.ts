/** Keys, types, values and names of a manifest: the part that `manifestKeys.ts` decides. */
import { didYouMean } from './didYouMean.ts';
import { DURATION_SYNTAX, formatDuration, parseDuration } from './duration.ts';
import {
  keysOf,
  MANIFEST_KEYS,
  type ManifestKey,
  manifestKey,
  NAME_PATTERN,
  PAGE_BYTES,
  TABLES,
  type TableName,
  VERSION_PATTERN,
} from './manifestKeys.ts';
import type { ManifestProblem, ManifestProblemKind } from './manifestProblem.ts';
import { formatSize, parseSize, SIZE_SYNTAX, sizeText } from './size.ts';
import type { Span, TextLines } from './textLines.ts';
import type { TomlEntry, TomlNode, TomlTable } from './tomlDocument.ts';

export type KeyValues = Partial<Record<string, TomlEntry>>;

export interface CheckedKeys {
  problems: ManifestProblem[];
  program: KeyValues;
  tasklets: { table: TomlTable; values: KeyValues }[];
}

type Report = (
  kind: ManifestProblemKind,
  span: Span,
  message: string,
  more?: { fix?: Fix; severity?: 'warning' },
) => void;
interface Fix {
  title: string;
  span: Span;
  newText: string;
}

const NAME = new RegExp(NAME_PATTERN);
const VERSION = new RegExp(VERSION_PATTERN);

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
    if (entry.key !== 'program' && entry.key !== 'tasklet') reportUnknownRoot(entry, report);
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
  return { problems, program: programValues, tasklets };
}

function reportUnknownRoot(entry: TomlEntry, report: Report): void {
  const table = MANIFEST_KEYS.find(({ key }) => key === entry.key)?.table;
  if (table !== undefined && entry.value.type !== 'table') {
    report(
      'unknown-key',
      entry.keySpan,
      `"${entry.key}" stands outside every table. Put it under ${TABLES[table].header}.`,
    );
    return;
  }
  const meant = entry.key === 'requires' ? null : didYouMean(entry.key, ['program', 'tasklet']);
  const hint =
    entry.key === 'requires'
      ? 'It belongs to a tasklet: write [tasklet.requires] below the [[tasklet]] it is meant for.'
      : meant === null
        ? 'A manifest has [program], [[tasklet]] and [tasklet.requires].'
        : `Did you mean "${meant}"?`;
  report(
    'unknown-key',
    entry.keySpan,
    `grafos.toml has no "${entry.key}". ${hint}`,
    meant === null ? {} : { fix: { title: `Change to "${meant}"`, span: entry.keySpan, newText: meant } },
  );
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

/** Checks the keys of one table and returns those with a value of the right type. `at` is where a missing key is reported. */
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
    if (row === undefined) reportUnknownKey(name, entry, known, report);
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

function reportUnknownKey(name: TableName, entry: TomlEntry, known: string[], report: Report): void {
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
    meant === null ? {} : { fix: { title: `Change to "${meant}"`, span: entry.keySpan, newText: meant } },
  );
}

function checkValue(row: ManifestKey, entry: TomlEntry, report: Report): boolean {
  const { value } = entry;
  const wrongType = (wanted: string, fix?: Fix) => {
    report(
      'wrong-type',
      value.span,
      `"${row.key}" is ${wanted}, this is ${describe(value)}. Write for example ${row.key} = ${row.example}.`,
      fix === undefined ? {} : { fix },
    );
    return false;
  };
  switch (row.kind) {
    case 'name':
      return value.type === 'string' ? checkName(row, value.value, value.span, report) : wrongType('text');
    case 'version':
      if (value.type === 'float' || value.type === 'integer') return wrongType('text');
      return value.type === 'string' ? checkVersion(value.value, value.span, report) : wrongType('text');
    case 'source':
    case 'path':
      return value.type === 'string' ? true : wrongType('a path');
    case 'count': {
      if (value.type === 'integer') return checkBounds(row, value.value, String(value.value), value.span, report);
      const count = value.type === 'string' && /^\d[\d_]*$/.test(value.value) ? value.value : null;
      return wrongType(
        'an integer',
        count === null ? undefined : { title: 'Remove the quotes', span: value.span, newText: count },
      );
    }
    case 'size': {
      if (value.type === 'integer') return checkBounds(row, value.value, `${value.value} bytes`, value.span, report);
      if (value.type !== 'string') return wrongType(SIZE_SYNTAX);
      const bytes = parseSize(value.value);
      if (bytes !== null) return checkBounds(row, BigInt(bytes), formatSize(bytes), value.span, report);
      reportBadSize(row, value.value, value.span, report);
      return false;
    }
    case 'duration': {
      if (value.type === 'integer') {
        report(
          'bad-duration',
          value.span,
          `"${row.key}" needs a unit: ${value.value} could mean seconds or milliseconds. Write ${DURATION_SYNTAX}.`,
          {
            fix: { title: `Change to "${value.value}s"`, span: value.span, newText: `"${value.value}s"` },
          },
        );
        return false;
      }
      if (value.type !== 'string') return wrongType(`a duration (${DURATION_SYNTAX})`);
      const milliseconds = parseDuration(value.value);
      if (milliseconds !== null)
        return checkBounds(row, BigInt(milliseconds), formatDuration(milliseconds), value.span, report);
      const bare = /^\s*(\d+)\s*$/.exec(value.value)?.[1];
      report(
        'bad-duration',
        value.span,
        `"${value.value}" is no duration${bare === undefined ? '' : ', the unit is missing'}. Write ${DURATION_SYNTAX}.`,
        bare === undefined ? {} : { fix: { title: `Change to "${bare}s"`, span: value.span, newText: `"${bare}s"` } },
      );
      return false;
    }
  }
}

function checkName(row: ManifestKey, name: string, span: Span, report: Report): boolean {
  if (NAME.test(name)) return true;
  const better = kebab(name);
  report(
    'bad-name',
    span,
    `"${name}" is no ${row.table} name: names start with a lower-case letter and hold at most 63 lower-case letters, digits and hyphens, because they become part of file names, URLs and certificates.${better === null ? '' : ` Write "${better}".`}`,
    better === null ? {} : { fix: { title: `Change to "${better}"`, span, newText: `"${better}"` } },
  );
  return false;
}

/** The nearest name that fits the pattern, or null when nothing of it is left. */
export function kebab(text: string): string | null {
  const name = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return NAME.test(name) ? name : null;
}

function checkVersion(version: string, span: Span, report: Report): boolean {
  if (VERSION.test(version)) return true;
  const parts = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?$/.exec(version.trim());
  const better = parts === null ? null : [parts[1], parts[2] ?? '0', parts[3] ?? '0'].map(Number).join('.');
  report(
    'bad-version',
    span,
    `"${version}" is no semantic version: three numbers with dots, such as "1.4.0" or "1.4.0-beta.1".`,
    better === null ? {} : { fix: { title: `Change to "${better}"`, span, newText: `"${better}"` } },
  );
  return false;
}

function reportBadSize(row: ManifestKey, text: string, span: Span, report: Report): void {
  const decimal = /^\s*(\d+)\s*([kmg])b\s*$/i.exec(text);
  const fraction = /^\s*(\d+\.\d+)\s*([kmg])(?:i?b)?\s*$/i.exec(text);
  if (decimal?.[1] !== undefined && decimal[2] !== undefined) {
    const better = `${decimal[1]}${decimal[2].toUpperCase()}iB`;
    report(
      'bad-size',
      span,
      `"${text}" could mean powers of 1000 or of 1024; grafOS counts in powers of 1024. Write "${better}" for ${row.key}.`,
      {
        fix: { title: `Change to "${better}"`, span, newText: `"${better}"` },
      },
    );
    return;
  }
  if (fraction?.[1] !== undefined && fraction[2] !== undefined) {
    const bytes = Math.round(Number(fraction[1]) * (parseSize(`1${fraction[2]}`) ?? 0));
    const better = sizeText(bytes);
    report('bad-size', span, `"${text}" is no size for ${row.key}: sizes are whole numbers. Write "${better}".`, {
      ...(Number.isSafeInteger(bytes) ? { fix: { title: `Change to "${better}"`, span, newText: `"${better}"` } } : {}),
    });
    return;
  }
  report('bad-size', span, `"${text}" is no size for ${row.key}. Write ${SIZE_SYNTAX}.`);
}

function checkBounds(row: ManifestKey, value: bigint, shown: string, span: Span, report: Report): boolean {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = row;
  if (value < BigInt(min) || value > BigInt(max)) {
    const bound = value < BigInt(min) ? min : max;
    const [boundShown, boundText] =
      row.kind === 'size'
        ? [formatSize(bound), `"${sizeText(bound)}"`]
        : row.kind === 'duration'
          ? [formatDuration(bound), `"${formatDuration(bound)}"`]
          : [String(bound), String(bound)];
    report(
      'out-of-bounds',
      span,
      `"${row.key}" must be ${bound === min ? 'at least' : 'at most'} ${boundShown}, this is ${shown}.`,
      {
        fix: { title: `Change to ${boundText}`, span, newText: boundText },
      },
    );
    return false;
  }
  if (row.key === 'linear_memory' && value % BigInt(PAGE_BYTES) !== 0n) {
    const down = Number(value - (value % BigInt(PAGE_BYTES)));
    report(
      'part-of-a-page',
      span,
      `"linear_memory" is ${shown}, which is no whole number of 64 KiB pages; wasm memory grows by pages, so the module gets ${formatSize(down)}. Write "${sizeText(down)}".`,
      { severity: 'warning', fix: { title: `Change to "${sizeText(down)}"`, span, newText: `"${sizeText(down)}"` } },
    );
  }
  return true;
}

function describe(node: TomlNode): string {
  switch (node.type) {
    case 'string':
      return 'text';
    case 'integer':
      return 'an integer';
    case 'float':
      return 'a number with a fraction';
    case 'boolean':
      return 'true or false';
    case 'date':
      return 'a date or time';
    case 'array':
      return 'a list';
    case 'table':
      return 'a table';
  }
}

/** Where a fault of the whole file is shown. */
function firstLine(root: TomlTable): Span {
  return { start: 0, end: Math.min(1, root.span.end) };
}
