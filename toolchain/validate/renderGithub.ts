import { relative, sep } from 'node:path';
import { neutralText } from '../../base/text/neutralText.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Finding } from './finding.ts';

const COMMANDS = { error: 'error', warning: 'warning', info: 'notice' } as const;

/**
 * Findings as GitHub Actions annotations, one workflow command a line. (docs.github.com, Workflow
 * commands for GitHub Actions.)
 *
 * @param base folder that paths are relative to: the repository's root
 */
export function renderGithub(findings: readonly Finding[], base: string): string[] {
  return findings.map(({ code, severity, message, file, range: { start, end } }) => {
    // Columns are shown only where both ends are on one line. Lines and columns count from 1 there.
    const columns = start.line === end.line && end.character > start.character;
    const properties = [
      `file=${escapeProperty(relative(base, file).split(sep).join('/'))}`,
      `line=${start.line + 1}`,
      `endLine=${end.line + 1}`,
      ...(columns ? [`col=${start.character + 1}`, `endColumn=${end.character + 1}`] : []),
      `title=${escapeProperty(`${code} ${CATALOGUE[code].title}`)}`,
    ];
    return `::${COMMANDS[severity]} ${properties.join(',')}::${escapeData(message)}`;
  });
}

/**
 * A line break is shown as one, in GitHub's own spelling; anything else that would steer the log is
 * written out.
 */
function escapeData(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => neutralText(line).replaceAll('%', '%25'))
    .join('%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
