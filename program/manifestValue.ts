import { wordList } from '../base/text/wordList.ts';
import { PAGE_BYTES } from '../wasm/read/pages.ts';
import { didYouMean } from './didYouMean.ts';
import { DURATION_SYNTAX, formatDuration, parseDuration } from './duration.ts';
import { type ManifestKey, MODULE_FEATURES, NAME_PATTERN, TRANSPORTS, VERSION_PATTERN } from './manifestKeys.ts';
import type { Fix, Report } from './manifestProblem.ts';
import { formatSize, parseSize, SIZE_SYNTAX, sizeText } from './size.ts';
import { sizeFault } from './sizeFault.ts';
import type { Span } from './textLines.ts';
import type { TomlEntry, TomlNode } from './tomlDocument.ts';

export const NAME = new RegExp(NAME_PATTERN);
const VERSION = new RegExp(VERSION_PATTERN);

/**
 * Checks the value of a key against the table of keys, and reports a fault.
 *
 * @returns whether the value is right
 */
export function checkValue(row: ManifestKey, entry: TomlEntry, report: Report): boolean {
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
    case 'transport': {
      if (value.type !== 'string') return wrongType(`one of ${TRANSPORTS.join(', ')}`);
      if ((TRANSPORTS as readonly string[]).includes(value.value)) return true;
      const meant = didYouMean(value.value, TRANSPORTS);
      report(
        'out-of-bounds',
        value.span,
        `"${value.value}" is no transport: write one of ${TRANSPORTS.map((one) => `"${one}"`).join(', ')}.`,
        meant === null ? {} : { fix: { title: `Change to "${meant}"`, span: value.span, newText: `"${meant}"` } },
      );
      return false;
    }
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
    case 'features':
      if (value.type !== 'array') return wrongType('a list of features');
      return value.items.map((item) => checkFeature(row, item, report)).every(Boolean);
  }
}

function checkFeature(row: ManifestKey, item: TomlNode, report: Report): boolean {
  const name = item.type === 'string' ? item.value : null;
  if (MODULE_FEATURES.some((feature) => feature === name)) return true;
  const meant = name === null ? null : didYouMean(name, [...MODULE_FEATURES]);
  const shown = name === null ? describe(item) : `"${name}"`;
  report(
    'wrong-type',
    item.span,
    `"${row.key}" lists ${wordList(MODULE_FEATURES.map((feature) => `"${feature}"`))}; ${shown} is neither. Write for example ${row.key} = ${row.example}.`,
    meant === null ? {} : { fix: { title: `Change to "${meant}"`, span: item.span, newText: `"${meant}"` } },
  );
  return false;
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
function kebab(text: string): string | null {
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
  const { why, better } = sizeFault(text, ` for ${row.key}`);
  const fix = better === null ? {} : { fix: { title: `Change to "${better}"`, span, newText: `"${better}"` } };
  report('bad-size', span, `${why} Write ${better === null ? SIZE_SYNTAX : `"${better}"`}.`, fix);
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

/** A value in words. */
export function describe(node: TomlNode): string {
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
