/**
 * Makes docs/guide/manifest.md and media/grafos.schema.json from the one table of keys. `--check`
 * only compares.
 */
import { DURATION_SYNTAX, formatDuration } from '../program/duration.ts';
import {
  keysOf,
  type ManifestKey,
  MODULE_FEATURES,
  NAME_PATTERN,
  TABLES,
  type TableName,
  TRANSPORTS,
  VERSION_PATTERN,
} from '../program/manifestKeys.ts';
import { formatSize, SIZE_SYNTAX } from '../program/size.ts';
import { writeGenerated } from './generated.ts';

const TABLE_NAMES: TableName[] = ['program', 'tasklet', 'requires', 'stack'];
/** The texts `parseSize` and `parseDuration` read, up to their largest value. */
export const SIZE_PATTERN = '^\\s*\\d(_?\\d)*\\s*([kKmMgG]([iI][bB])?)?\\s*$';
export const DURATION_PATTERN = '^\\s*\\d(_?\\d)*\\s*([mM][sS]|[sSmMhH])\\s*$';

export function manifestPage(): string {
  const example = TABLE_NAMES.map((name) => {
    const lines = keysOf(name).map((row) => `${row.key} = ${row.example}`);
    return `${TABLES[name].header}\n${lines.join('\n')}\n`;
  }).join('\n');
  const tables = TABLE_NAMES.map((name) => {
    const rows = keysOf(name).map(
      (row) => `| \`${row.key}\` | ${kindWords(row)} | ${defaultWords(row)} | ${row.doc} |`,
    );
    return `## \`${TABLES[name].header}\`\n\n${TABLES[name].doc}\n\n| key | value | default | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `<!-- Made by scripts/manifestPage.ts from program/manifestKeys.ts. Change those. -->
# grafos.toml

The manifest of a program. It lies in the program's folder; every command finds it there or in a folder above the one it is started in.
It is TOML 1.0, in UTF-8 or in UTF-16 with a byte order mark. A key the manifest does not know is an error, so that a typing mistake cannot pass for a setting.

\`\`\`toml
${example}\`\`\`

${tables.join('\n')}
## Sizes

${SIZE_SYNTAX.charAt(0).toUpperCase()}${SIZE_SYNTAX.slice(1)}. The units are \`k\`, \`m\`, \`g\` and \`KiB\`, \`MiB\`, \`GiB\`, in any case; all are powers of 1024. \`KB\`, \`MB\` and \`GB\` are refused,
because they could mean powers of 1000.

\`linear_memory\` and \`mem\` are two different things. \`linear_memory\` bounds the memory the module has of its own, which is gone when the run ends.
\`mem\` is fabric memory: a lease on the cell's pool that the tasklet reads and writes through calls, and that others can look at while the lease lives.

## Durations

${DURATION_SYNTAX.charAt(0).toUpperCase()}${DURATION_SYNTAX.slice(1)}. The units are \`ms\`, \`s\`, \`m\` and \`h\`.

## Paths

Paths are relative to the program's folder, separated by \`/\` on every system, and never leave it: no absolute path, no \`..\`.
The name of a source says its kind: \`.ts\` is AssemblyScript, \`.wat\` and \`.wasm\` are themselves, a path without an extension is the folder of a Rust crate.
No two tasklets may be written to one output, and no output may lie on a source; a prebuilt \`.wasm\` may be its own output.

## What is found wrong

\`grafos validate\` tells each fault with its place and, where there is an obvious one, its fix: [findings](../reference/findings/README.md), GRF1001 and following.
Editors that read JSON Schema for TOML can use \`media/grafos.schema.json\`, which is made from the same table.
`;
}

function kindWords(row: ManifestKey): string {
  const bounds = (format: (value: number) => string) =>
    row.min === undefined || row.max === undefined ? '' : `, ${format(row.min)} to ${format(row.max)}`;
  const most = (value: number) => (value === Number.MAX_SAFE_INTEGER ? '2^53 - 1' : String(value));
  switch (row.kind) {
    case 'name':
      return `text, \`${NAME_PATTERN}\``;
    case 'version':
      return 'text, a semantic version';
    case 'source':
    case 'path':
      return 'path';
    case 'count':
      return `integer${bounds(most)}`;
    case 'size':
      return `size${row.max === Number.MAX_SAFE_INTEGER ? '' : bounds(formatSize)}`;
    case 'transport':
      return TRANSPORTS.map((one) => `\`"${one}"\``).join(', ');
    case 'duration':
      return `duration${bounds(formatDuration)}`;
    case 'features':
      return `list of ${MODULE_FEATURES.map((name) => `\`"${name}"\``).join(' and ')}`;
  }
}

function defaultWords(row: ManifestKey): string {
  if (row.default === null) return 'required';
  return row.kind === 'count' || row.kind === 'features' || row.default === '0'
    ? `\`${row.default}\``
    : `\`"${row.default}"\``;
}

export function manifestSchema(): object {
  const required = (name: TableName) => keysOf(name).flatMap((row) => (row.default === null ? [row.key] : []));
  const properties = (name: TableName) => Object.fromEntries(keysOf(name).map((row) => [row.key, schemaOf(row)]));
  const table = (name: TableName, more: object = {}) => ({
    description: TABLES[name].doc,
    type: 'object',
    additionalProperties: false,
    required: required(name),
    properties: { ...properties(name), ...more },
  });
  const requires = table('requires');
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'grafos.toml',
    description: 'The manifest of a grafOS program.',
    type: 'object',
    additionalProperties: false,
    required: ['program'],
    properties: {
      program: table('program'),
      stack: table('stack'),
      tasklet: { description: TABLES.tasklet.doc, type: 'array', items: table('tasklet', { requires }) },
    },
  };
}

function schemaOf(row: ManifestKey): object {
  const description = row.doc;
  const bounds = {
    ...(row.min === undefined ? {} : { minimum: row.min }),
    ...(row.max === undefined ? {} : { maximum: row.max }),
  };
  // A default that follows from the tasklet's name is no value a schema can give.
  const text = row.default === null || row.default.includes('<') ? {} : { default: row.default };
  switch (row.kind) {
    case 'name':
      return { description, type: 'string', pattern: NAME_PATTERN };
    case 'version':
      return { description, type: 'string', pattern: VERSION_PATTERN };
    case 'source':
    case 'path':
      return { description, type: 'string', minLength: 1, pattern: '^[^/\\\\~]' };
    case 'count':
      return { description, type: 'integer', ...bounds, default: Number(row.default?.replaceAll('_', '')) };
    case 'size':
      return {
        description,
        oneOf: [
          { type: 'integer', ...bounds },
          { type: 'string', pattern: SIZE_PATTERN },
        ],
        default: row.default === '0' ? 0 : row.default,
      };
    case 'duration':
      return { description, type: 'string', pattern: DURATION_PATTERN, ...text };
    case 'features':
      return {
        description,
        type: 'array',
        items: { enum: [...MODULE_FEATURES] },
        uniqueItems: true,
        default: [...MODULE_FEATURES],
      };
    case 'transport':
      return { description, type: 'string', enum: TRANSPORTS, ...text };
  }
}

/** JSON as the formatter writes it: lists of plain values on one line. */
export function schemaText(): string {
  return `${JSON.stringify(manifestSchema(), null, 2).replace(/\[\s+((?:"[^"]*",?\s*)+)\]/g, (_, items: string) => `[${items.trim().replace(/,\s+/g, ', ')}]`)}\n`;
}

export const MANIFEST_FILES = (): Record<string, string> => ({
  'docs/guide/manifest.md': manifestPage(),
  'media/grafos.schema.json': schemaText(),
});

if (import.meta.main) writeGenerated(MANIFEST_FILES(), 'scripts/manifestPage.ts');
