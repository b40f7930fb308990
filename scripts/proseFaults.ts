export type ProseFaultKind = 'long' | 'opening' | 'word';

export interface ProseFault {
  kind: ProseFaultKind;
  /** Number of the line, from 1. */
  line: number;
  text: string;
}

/** Columns of a line of prose, its indentation and comment marks included. */
const COLUMNS_MAX = 100;

/** Half sentences: a doc comment names its thing first. */
const OPENING = /^(?:What|Of|Whether|Who|How)\b/;

/** Words and phrases that have a plain replacement everywhere in this repository. */
const WORDS: RegExp[] = [
  /\btold\b/i,
  /\bgone through\b/i,
  /\bof ours\b/i,
  /\bso (?:many|much)\b(?! (?:that|as)\b)/i,
  /\bstands?\b(?![ -]in\b)/i,
  /\b(?:by|for|from|of|to|with) who\b/i,
  /\b(?:is|are|fall|falls) behind\b/i,
  /\bput aside\b/i,
  /\b(?:he|him|his)\b/i,
  /\bas what it is\b/i,
];

/**
 * Finds what the house style forbids in the comments of a source file, or in a Markdown page.
 *
 * A comment that shares its line with code is not read. Code blocks, code spans and tables of
 * Markdown are not prose, and a line that holds one long word or code span cannot be broken.
 */
export function proseFaults(path: string, text: string): ProseFault[] {
  const lines = text.split(/\r?\n/);
  return path.endsWith('.md') ? pageFaults(lines) : commentFaults(lines);
}

function pageFaults(lines: readonly string[]): ProseFault[] {
  const faults: ProseFault[] = [];
  let fence: string | undefined;
  for (const [index, line] of lines.entries()) {
    const mark = /^ *(```|~~~)/.exec(line)?.[1];
    if (mark !== undefined) {
      if (fence === undefined) fence = mark;
      else if (fence === mark) fence = undefined;
      continue;
    }
    if (fence !== undefined) continue;
    faults.push(...wordFaults(line, index));
    if (!/^ *\|/.test(line)) faults.push(...lengthFaults(line, index));
  }
  return faults;
}

function commentFaults(lines: readonly string[]): ProseFault[] {
  const faults: ProseFault[] = [];
  /** Inside a block comment. */
  let block = false;
  /** The next words are the first of a doc comment. */
  let opens = false;
  let previousWasDocLine = false;
  for (const [index, line] of lines.entries()) {
    const start = /^\s*(\/\*\*?|\/\/[/!]?)/.exec(line)?.[1];
    const isDocLine = start === '///' || start === '//!';
    if (!block && start === undefined) {
      previousWasDocLine = false;
      continue;
    }
    if (!block && start !== undefined) {
      opens = start === '/**' || (isDocLine && !previousWasDocLine);
      block = start.startsWith('/*');
    }
    previousWasDocLine = isDocLine;
    const words = line.replace(/^\s*(?:\/\*\*?|\/\/[/!]?|\*(?!\/))?\s*/, '').replace(/\s*\*\/.*$/, '');
    if (opens && words !== '') {
      if (OPENING.test(words)) faults.push({ kind: 'opening', line: index + 1, text: line.trim() });
      opens = false;
    }
    if (!/^(?:biome-ignore|@ts-)/.test(words)) {
      faults.push(...wordFaults(words, index), ...lengthFaults(line, index));
    }
    if (block && line.includes('*/')) block = false;
  }
  return faults;
}

function wordFaults(line: string, index: number): ProseFault[] {
  const prose = line.replace(/`[^`]*`/g, '``').replace(/"[^"]*"/g, '""');
  return WORDS.some((word) => word.test(prose)) ? [{ kind: 'word', line: index + 1, text: line.trim() }] : [];
}

function lengthFaults(line: string, index: number): ProseFault[] {
  const words = line.trimStart().replace(/^(?:[*>#-]|\/\/[/!]?|\d+\.)\s+/, '');
  const breakable = words.replace(/`[^`]*`/g, '``');
  if (line.length <= COLUMNS_MAX || !/\S\s\S/.test(breakable)) return [];
  return [{ kind: 'long', line: index + 1, text: line.trim() }];
}
