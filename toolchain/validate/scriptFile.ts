import { dirname, join } from 'node:path';
import { type TextLines, textLines } from '../../program/textLines.ts';
import type { ProgramFiles } from './programFiles.ts';
import { type ScriptOutline, scriptOutline } from './scriptOutline.ts';

export const SOURCE_MAX_BYTES = 2 * 1024 * 1024;
const MAX_FILES = 200;
export const STD = 'grafos-std';

export interface ScriptFile {
  file: string;
  outline: ScriptOutline;
  lines: TextLines;
}

/** The entry file and every file of the program it imports, each once. */
export function scriptFiles(entry: string, entryText: string, files: ProgramFiles): ScriptFile[] {
  const found: ScriptFile[] = [];
  const seen = new Set([entry]);
  const open = (file: string, text: string) => {
    const one = { file, outline: scriptOutline(text), lines: textLines(text) };
    found.push(one);
    for (const { from } of one.outline.imports) {
      if (!from.startsWith('.') || seen.size > MAX_FILES) continue;
      const base = join(dirname(file), from);
      for (const path of [base, `${base}.ts`, join(base, 'index.ts')]) {
        if (!path.endsWith('.ts') || seen.has(path)) continue;
        const read = files.text(path, SOURCE_MAX_BYTES);
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
