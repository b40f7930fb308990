/**
 * Makes docs/reference/findings/README.md from the catalogue of findings. `--check` only compares.
 */
import { CATALOGUE, FINDING_CODES } from '../toolchain/validate/catalogue.ts';
import { writeGenerated } from './generated.ts';

const CHAPTERS: Record<string, string> = {
  1: 'Manifest',
  2: 'Sources',
  3: 'WebAssembly modules',
  4: 'Fixtures',
  5: 'Provider fit',
};

export function findingsIndex(): string {
  const chapters = Object.entries(CHAPTERS).map(([digit, title]) => {
    const rows = FINDING_CODES.filter((code) => code[3] === digit).map(
      (code) => `| [${code}](${code}.md) | ${CATALOGUE[code].severity} | ${CATALOGUE[code].title} |`,
    );
    return `## ${title}\n\n| code | severity | |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `<!-- Made by scripts/findingsIndex.ts from toolchain/validate/catalogue.ts. Change those. -->
# Findings

What \`grafos validate\`, the build and the language server can find wrong. A code keeps its meaning for ever.
An error stops a build or a run; a warning is likely a mistake; an info is worth knowing. Errors make \`grafos validate\` exit with 1.

${chapters.join('\n')}`;
}

export const FINDINGS_FILES = (): Record<string, string> => ({ 'docs/reference/findings/README.md': findingsIndex() });

if (import.meta.main) writeGenerated(FINDINGS_FILES(), 'scripts/findingsIndex.ts');
