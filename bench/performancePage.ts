import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../base/packageRoot.ts';
import { SECTIONS, type SectionName } from './sections.ts';

const PAGE = 'docs/internals/performance.md';

/** The conditions of a measurement, in the order of the page. */
export interface Conditions {
  command: string;
  machine: string;
  /** Processes that ran or waited for a processor in the minute before. */
  load: string;
  node: string;
  commit: string;
  date: string;
}

/** Reads the conditions of this machine. It is called before anything is measured. */
export function conditions(section: SectionName, options: string[]): Conditions {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: packageRoot, encoding: 'utf8' }).trim();
  const [processor] = cpus();
  const [load = 0] = loadavg();
  const changes = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ', and changes';
  return {
    command: `npm run bench -- ${[section, ...options].join(' ')}`,
    machine: `${processor?.model ?? 'unknown'}, ${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
    load: `${load.toFixed(1)} on ${cpus().length} processors before the start: ${load < cpus().length / 4 ? 'quiet' : 'loaded, so times are longer than on a quiet machine'}`,
    node: process.version,
    commit: `${git('rev-parse', '--short=8', 'HEAD')}${changes}`,
    date: new Date().toISOString().slice(0, 10),
  };
}

const beginOf = (name: string) => `<!-- bench ${name}: written by \`npm run bench -- ${name} --write\` -->\n`;
const endOf = (name: string) => `<!-- end of bench ${name} -->\n`;

/** The part of the page that a section has, with its markers. */
function partOf(name: SectionName, given: Conditions, lines: readonly string[]): string {
  const { title, about } = SECTIONS[name];
  const facts = Object.entries(given).map(
    ([fact, value]) => `| ${fact} | ${fact === 'command' ? `\`${value}\`` : value} |`,
  );
  const figures = lines.join('\n').trim();
  return [
    `${beginOf(name)}\n## ${title}\n\n${about}\n`,
    `| | |\n|---|---|\n${facts.join('\n')}\n`,
    `\`\`\`text\n${figures}\n\`\`\`\n\n${endOf(name)}`,
  ].join('\n');
}

/**
 * Puts the figures of a section into the text of the page: in the place of those before, or where
 * the order of the sections has it. All else stays.
 *
 * @param lines the printed lines of the section
 */
export function withFigures(page: string, name: SectionName, given: Conditions, lines: readonly string[]): string {
  const part = partOf(name, given, lines);
  const [begin, end] = [page.indexOf(beginOf(name)), page.indexOf(endOf(name))];
  if (begin >= 0 && end > begin) return page.slice(0, begin) + part + page.slice(end + endOf(name).length);
  const names = Object.keys(SECTIONS);
  const next = names.slice(names.indexOf(name) + 1).find((one) => page.includes(beginOf(one)));
  if (next === undefined) return `${page.trimEnd()}\n\n${part}`;
  const at = page.indexOf(beginOf(next));
  return `${page.slice(0, at)}${part}\n${page.slice(at)}`;
}

/** Stores the figures of a section in docs/internals/performance.md. */
export function writeFigures(name: SectionName, given: Conditions, lines: readonly string[]): void {
  const file = join(packageRoot, PAGE);
  writeFileSync(file, withFigures(readFileSync(file, 'utf8'), name, given, lines));
  console.log(`\nwritten to ${PAGE}`);
}
