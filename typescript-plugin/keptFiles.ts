import type { ProgramFiles, TextRead } from '../toolchain/validate/programFiles.ts';
import { scriptOutline } from '../toolchain/validate/scriptOutline.ts';

/** Files that are kept at most; beyond, all are dropped and read again. */
const KEPT_MAX = 5_000;

/**
 * Texts of files and what they import, kept from one keystroke to the next. A text on the disk is
 * read again when its file changed; imports are looked for again when the text is another.
 */
export class KeptFiles {
  readonly #texts = new Map<string, { at: string; read: TextRead }>();
  readonly #imports = new Map<string, { text: string; imports: ReadonlyArray<{ from: string }> }>();

  /** The same files, whose texts are kept. */
  of(files: ProgramFiles): ProgramFiles {
    return {
      ...files,
      text: (path, kind) => {
        if (files.overlaid(path)) return files.text(path, kind);
        const seen = files.look(path);
        if (seen.state !== 'ok') return seen;
        const at = `${seen.stat.mtimeMs} ${seen.stat.ctimeMs} ${seen.stat.size} ${seen.stat.ino}`;
        const kept = this.#texts.get(path);
        if (kept?.at === at) return kept.read;
        const read = files.text(path, kind);
        if (read.state === 'ok') keep(this.#texts, path, { at, read });
        return read;
      },
    };
  }

  /** The imports of a file's text. */
  importsOf(file: string, text: string): ReadonlyArray<{ from: string }> {
    const kept = this.#imports.get(file);
    if (kept?.text === text) return kept.imports;
    const imports = scriptOutline(text).imports.map(({ from }) => ({ from }));
    keep(this.#imports, file, { text, imports });
    return imports;
  }
}

function keep<Value>(all: Map<string, Value>, key: string, value: Value): void {
  if (all.size >= KEPT_MAX) all.clear();
  all.set(key, value);
}
