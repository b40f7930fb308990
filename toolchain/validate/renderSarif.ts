import { isAbsolute, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../base/packageRoot.ts';
import { packageVersion } from '../../base/packageVersion.ts';
import { neutralText } from '../../base/text/neutralText.ts';
import type { TextRange } from '../../program/textLines.ts';
import { CATALOGUE, type FindingCode, findingPage } from './catalogue.ts';
import type { Finding } from './finding.ts';

export interface SarifOptions {
  /**
   * Absolute URI of the folder that holds docs/reference/findings; the installed package by
   * default.
   */
  docsBase?: string;
}

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const;

/**
 * Makes a SARIF 2.1.0 log (OASIS standard) of findings, with fixes, ready for `JSON.stringify`.
 *
 * @param base the repository's root; files below it are named relative to it (`%SRCROOT%`)
 */
export function renderSarif(findings: readonly Finding[], base: string, options: SarifOptions = {}) {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'grafos validate',
            semanticVersion: packageVersion(),
            rules: codes.map((code) => ruleOf(code, options)),
          },
        },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { '%SRCROOT%': { uri: `${pathToFileURL(base).href.replace(/\/*$/, '')}/` } },
        results: findings.map((one) => ({
          ruleId: one.code,
          ruleIndex: codes.indexOf(one.code),
          level: LEVELS[one.severity],
          message: { text: messageText(one.message) },
          locations: [
            { physicalLocation: { artifactLocation: locationOf(one.file, base), region: regionOf(one.range) } },
          ],
          ...(one.fix === undefined ? {} : { fixes: [fixOf(one.fix, base)] }),
        })),
      },
    ],
  };
}

/** A plain-text message, in which `[text](target)` would be a link (SARIF 2.1.0, 3.11.6). */
function messageText(message: string): string {
  return message
    .split(/\r\n|\r|\n/)
    .map(neutralText)
    .join('\n')
    .replaceAll('](', '] (');
}

function ruleOf(code: FindingCode, options: SarifOptions) {
  const page = findingPage(code);
  const base = options.docsBase?.replace(/\/*$/, '/');
  return {
    id: code,
    shortDescription: { text: CATALOGUE[code].title },
    helpUri: base === undefined ? pathToFileURL(join(packageRoot, page)).href : new URL(page, base).href,
    defaultConfiguration: { level: LEVELS[CATALOGUE[code].severity] },
  };
}

function fixOf(fix: NonNullable<Finding['fix']>, base: string) {
  const files = [...new Set(fix.edits.map(({ file }) => file))];
  return {
    description: { text: fix.title },
    artifactChanges: files.map((file) => ({
      artifactLocation: locationOf(file, base),
      replacements: fix.edits
        .filter((edit) => edit.file === file)
        .map(({ range, newText }) => ({ deletedRegion: regionOf(range), insertedContent: { text: newText } })),
    })),
  };
}

/**
 * Lines and columns count from 1; the end column is the one after the last character (SARIF 2.1.0,
 * 3.30).
 */
function regionOf({ start, end }: TextRange) {
  return {
    startLine: start.line + 1,
    startColumn: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
  };
}

function locationOf(file: string, base: string) {
  const path = relative(base, file);
  if (path === '' || path.startsWith('..') || isAbsolute(path)) return { uri: pathToFileURL(file).href };
  return { uri: path.split(sep).map(encodeURIComponent).join('/'), uriBaseId: '%SRCROOT%' };
}
