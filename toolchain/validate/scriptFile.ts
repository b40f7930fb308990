import { type TextLines, textLines } from '../../program/textLines.ts';
import type { Finding } from './finding.ts';
import { followImports } from './followImports.ts';
import type { ProgramFiles } from './programFiles.ts';
import { isCommonFault, readFinding } from './readFinding.ts';
import { type ScriptOutline, scriptOutline } from './scriptOutline.ts';

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
  const found = new Map<string, ScriptFile>();
  followImports(
    entry,
    entryText,
    files,
    (file, text) => {
      const one = { file, outline: scriptOutline(text), lines: textLines(text) };
      found.set(file, one);
      return one.outline.imports;
    },
    (read, file, { from, fromToken }) => {
      const range = found.get(file)?.lines.rangeOf(fromToken);
      if (range !== undefined && isCommonFault(read)) report(readFinding(read, `"${from}"`, file, range));
    },
  );
  return [...found.values()];
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
