import { dirname, join } from 'node:path';
import { type TextLines, textLines } from '../../program/textLines.ts';
import type { Finding } from './finding.ts';
import type { ProgramFiles } from './programFiles.ts';
import { isCommonFault, readFinding } from './readFinding.ts';
import { type ScriptOutline, scriptOutline } from './scriptOutline.ts';

const MAX_FILES = 200;
export const STD = 'grafos-std';

export interface ScriptFile {
  file: string;
  outline: ScriptOutline;
  lines: TextLines;
}

/**
 * The entry file and every file of the program it imports, each once.
 *
 * @param report takes a finding on an import that is not read
 */
export function scriptFiles(
  entry: string,
  entryText: string,
  files: ProgramFiles,
  report: (finding: Finding) => void = () => {},
): ScriptFile[] {
  const found: ScriptFile[] = [];
  const seen = new Set([entry]);
  const open = (file: string, text: string) => {
    const one = { file, outline: scriptOutline(text), lines: textLines(text) };
    found.push(one);
    for (const { from, fromToken } of one.outline.imports) {
      if (!from.startsWith('.') || seen.size > MAX_FILES) continue;
      const base = join(dirname(file), from);
      for (const path of [base, `${base}.ts`, join(base, 'index.ts')]) {
        if (!path.endsWith('.ts') || seen.has(path)) continue;
        const read = files.text(path, 'checkedSource');
        if (isCommonFault(read)) report(readFinding(read, `"${from}"`, file, one.lines.rangeOf(fromToken)));
        if (read.state !== 'ok') continue;
        seen.add(path);
        open(path, read.text);
        break;
      }
    }
  };
  open(entry, entryText);
  return found;
}

/** Edits that make `name` of grafos-std known in the file; none when it is. */
export function importStd(
  { outline, lines }: ScriptFile,
  name: string,
): { range: ReturnType<TextLines['rangeOf']>; newText: string }[] {
  const std = outline.imports.find(({ from }) => from === STD);
  if (std?.names.includes(name)) return [];
  const at = std?.listEnd ?? 0;
  return [
    {
      range: lines.rangeOf({ start: at, end: at }),
      newText: std?.listEnd == null ? `import { ${name} } from "${STD}";\n` : `, ${name}`,
    },
  ];
}
