import { formatDuration, parseDuration } from '../program/duration.ts';
import { type ManifestKey, TABLES, type TableName, TRANSPORTS } from '../program/manifestKeys.ts';
import { formatSize, parseSize } from '../program/size.ts';

/**
 * The text of hover and completion for a key, in Markdown.
 *
 * @param given the value as text, where one is written
 */
export function keyWords(row: ManifestKey, given?: string): string {
  const facts = [`type: ${kindWords(row)}`];
  if (row.default === null) facts.push('required');
  else facts.push(`default: \`${row.default}\`${row.default === '0' ? '' : amountWords(row, row.default)}`);
  if (row.unit !== undefined) facts.push(`unit: ${row.unit}`);
  const bounds = boundWords(row);
  if (bounds !== '') facts.push(bounds);
  const own = given === undefined ? '' : amountWords(row, given);
  return [
    `**${row.key}** · ${TABLES[row.table].header}`,
    row.doc,
    facts.map((fact) => `- ${fact}`).join('\n'),
    ...(own === '' ? [] : [`\`${given}\`${own}`]),
    `\`\`\`toml\n${row.key} = ${row.example}\n\`\`\``,
  ].join('\n\n');
}

export function tableWords(table: TableName): string {
  return `**${TABLES[table].header}**\n\n${TABLES[table].doc}`;
}

/** The type of a key's value in a few words. */
export function kindWords({ kind }: ManifestKey): string {
  switch (kind) {
    case 'name':
      return 'name';
    case 'version':
      return 'semantic version';
    case 'source':
      return 'path of a source';
    case 'path':
      return 'path';
    case 'size':
      return 'size, as `32768` or `"32KiB"`';
    case 'duration':
      return 'duration, as `"500ms"`, `"30s"`, `"2m"`';
    case 'count':
      return 'whole number';
    case 'features':
      return 'list of features';
    case 'transport':
      return TRANSPORTS.map((one) => `\`"${one}"\``).join(', ');
  }
}

function amountWords({ kind }: ManifestKey, text: string): string {
  if (kind === 'size') {
    const bytes = parseSize(text);
    return bytes === null || bytes < 1024 ? '' : ` = ${bytes.toLocaleString('en')} bytes`;
  }
  const ms = kind === 'duration' ? parseDuration(text) : null;
  return ms === null ? '' : ` = ${ms.toLocaleString('en')} ms`;
}

function boundWords({ kind, min, max }: ManifestKey): string {
  const words = (value: number) =>
    kind === 'size' ? formatSize(value) : kind === 'duration' ? formatDuration(value) : value.toLocaleString('en');
  const top = max === undefined || max === Number.MAX_SAFE_INTEGER ? '' : words(max);
  if (min === undefined && top === '') return '';
  return top === '' ? `at least ${words(min ?? 0)}` : `from ${words(min ?? 0)} to ${top}`;
}
