/**
 * `grafos.toml` as a value: what it says once its keys, types, sizes, paths and names are checked
 * (docs/guide/manifest.md).
 */
import { parseDuration } from './duration.ts';
import { checkKeys, type KeyValues } from './manifestCheck.ts';
import { MANIFEST_KEYS, MODULE_FEATURES, type ModuleFeature, type TableName, TRANSPORTS } from './manifestKeys.ts';
import { checkPaths } from './manifestPaths.ts';
import type { ManifestProblem } from './manifestProblem.ts';
import { parseSize } from './size.ts';
import { type SourceKind, sourceKind, tidyPath } from './sourceKind.ts';
import { type TextLines, textLines } from './textLines.ts';
import { readToml, type TomlDocument, type TomlNode, type TomlTable } from './tomlDocument.ts';

/** Paths are relative to the program's folder, with `/`, and never leave it. */
export interface Tasklet {
  name: string;
  source: string;
  kind: SourceKind;
  output: string;
  fuel: number;
  linear_memory_bytes: number;
  mem_bytes: number;
  timeout_ms: number;
  fixtures: string;
  /** Features that the build may use, in the order of {@link MODULE_FEATURES}. */
  features: ModuleFeature[];
  requires: { gpu: number };
}

/** Settings of the program's local stack; options of `grafos dev up` come before them. */
interface StackSettings {
  memory_bytes?: number;
  transport?: (typeof TRANSPORTS)[number];
  /** Fixed ports by name; 0 is none. */
  ports: Partial<Record<'fabric' | 'mem' | 'scheduler' | 'helper', number>>;
}

export interface Manifest {
  name: string;
  version: string;
  /** Missing where the manifest has no [stack]. */
  stack?: StackSettings;
  tasklets: Tasklet[];
}

/** A tasklet as the text has it: its table, and where each of its keys was given. */
export interface TaskletText {
  /** Null when the tasklet has faults of severity error. */
  tasklet: Tasklet | null;
  name: string | null;
  table: TomlTable;
  values: KeyValues;
}

export interface ParsedManifest {
  /** Null when the text has a problem of severity error. */
  manifest: Manifest | null;
  problems: ManifestProblem[];
  /** Every tasklet in the order of the text, the faulty ones too. */
  tasklets: TaskletText[];
  /** The text without a byte order mark: all positions and spans are in this text. */
  document: TomlDocument;
  lines: TextLines;
}

/** Never throws. */
export function parseManifest(source: string): ParsedManifest {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source;
  const document = readToml(text);
  const lines = textLines(text);
  const problems: ManifestProblem[] = [];
  const { fault, root } = document;
  const whole = checkKeys(root, lines);
  const tasklets = whole.tasklets.map(
    (one): TaskletText => ({ ...one, tasklet: null, name: textOf(one.values.name?.value) }),
  );
  if (fault !== null) {
    // What follows from a line nobody can read would only hide the one fault there is.
    problems.push({
      kind: fault.kind === 'duplicate-key' ? 'duplicate-key' : 'toml-syntax',
      severity: 'error',
      message:
        fault.kind === 'duplicate-key'
          ? `"${text.slice(fault.span.start, fault.span.end)}" is defined twice. TOML allows each key and table once: remove one of the two.`
          : `This is not valid TOML: ${fault.what}. Nothing of the manifest can be used until it is.`,
      range: lines.rangeOf(fault.span),
    });
    return { manifest: null, problems, tasklets, document, lines };
  }
  problems.push(...whole.problems, ...checkPaths(tasklets, lines));
  const broken = new Set(problems.flatMap(({ severity, tasklet }) => (severity === 'error' ? (tasklet ?? []) : [])));
  for (const one of tasklets) if (!broken.has(one.table)) one.tasklet = taskletOf(one.values);
  const usable = tasklets.flatMap(({ tasklet }) => tasklet ?? []);
  const manifest = problems.some(({ severity }) => severity === 'error')
    ? null
    : {
        name: textOf(whole.program.name?.value) ?? '',
        version: textOf(whole.program.version?.value) ?? '',
        tasklets: usable,
        ...(whole.stack === null ? {} : { stack: stackOf(whole.stack) }),
      };
  return { manifest, problems: problems.sort(byPosition), tasklets, document, lines };
}

/** The value of a key, or its default, in its own unit: bytes, milliseconds, a count. */
function amount(values: KeyValues, table: TableName, key: string): number {
  const row = MANIFEST_KEYS.find((one) => one.table === table && one.key === key);
  const given = values[key]?.value;
  const text =
    given === undefined ? (row?.default ?? '0') : given.type === 'integer' ? String(given.value) : textOf(given);
  return (row?.kind === 'duration' ? parseDuration(text ?? '') : parseSize(text ?? '')) ?? 0;
}

function stackOf(values: KeyValues): StackSettings {
  const transport = TRANSPORTS.find((one) => one === textOf(values.transport?.value));
  const ports = (['fabric', 'mem', 'scheduler', 'helper'] as const).filter((name) => values[`${name}_port`]);
  return {
    ...(values.memory === undefined ? {} : { memory_bytes: amount(values, 'stack', 'memory') }),
    ...(transport === undefined ? {} : { transport }),
    ports: Object.fromEntries(ports.map((name) => [name, amount(values, 'stack', `${name}_port`)])),
  };
}

function taskletOf(values: KeyValues): Tasklet {
  const name = textOf(values.name?.value) ?? '';
  const source = textOf(values.source?.value) ?? '';
  const requires = values.requires?.value.type === 'table' ? values.requires.value : null;
  const requiresValues: KeyValues = Object.fromEntries((requires?.entries ?? []).map((entry) => [entry.key, entry]));
  const path = (key: 'output' | 'fixtures') => {
    const row = MANIFEST_KEYS.find((one) => one.table === 'tasklet' && one.key === key);
    return tidyPath(textOf(values[key]?.value) ?? (row?.default ?? '').replace('<name>', name));
  };
  return {
    name,
    source: tidyPath(source),
    kind: sourceKind(source) ?? 'wasm',
    output: path('output'),
    fuel: amount(values, 'tasklet', 'fuel'),
    linear_memory_bytes: amount(values, 'tasklet', 'linear_memory'),
    mem_bytes: amount(values, 'tasklet', 'mem'),
    timeout_ms: amount(values, 'tasklet', 'timeout'),
    fixtures: path('fixtures'),
    features: featuresOf(values.features?.value),
    requires: { gpu: amount(requiresValues, 'requires', 'gpu') },
  };
}

function featuresOf(list: TomlNode | undefined): ModuleFeature[] {
  if (list?.type !== 'array') return [...MODULE_FEATURES];
  const named = list.items.map(textOf);
  return MODULE_FEATURES.filter((feature) => named.includes(feature));
}

function textOf(node: TomlNode | undefined): string | null {
  return node?.type === 'string' ? node.value : null;
}

function byPosition(left: ManifestProblem, right: ManifestProblem): number {
  const a = left.range.start;
  const b = right.range.start;
  return a.line - b.line || a.character - b.character;
}
