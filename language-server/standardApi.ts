import { standardLibrary } from '../toolchain/compile/standardLibrary.ts';

/** One thing a tasklet can use of grafos-std. */
export interface StandardEntry {
  /** As in the source, up to its body. */
  signature: string;
  /** Markdown of its doc comment; empty where it has none. */
  doc: string;
  /** Return type, or null where it is no function. */
  returns: string | null;
}

let entries: Map<string, StandardEntry> | undefined;

/**
 * The API of grafos-std by name: `fail`, `log.info`, `Json.parse` (static), `Json#get` (of a
 * value). Read from its sources once.
 */
export function standardApi(): ReadonlyMap<string, StandardEntry> {
  if (entries !== undefined) return entries;
  const library = standardLibrary();
  entries = new Map();
  for (const [, names, module] of (library.get('index') ?? '').matchAll(/^export \{([^}]*)\} from "\.\/(\w+)";/gm)) {
    const exported = (names ?? '').split(',').map((name) => name.trim());
    for (const [name, entry] of readModule(library.get(module ?? '') ?? ''))
      if (exported.includes(name.split(/[.#]/)[0] ?? '')) entries.set(name, entry);
  }
  return entries;
}

/**
 * Reads the exported declarations of a module of grafos-std. Its sources are formatted: one
 * declaration a line, containers closed at the margin.
 */
export function readModule(text: string): Map<string, StandardEntry> {
  const found = new Map<string, StandardEntry>();
  let doc: string[] = [];
  let inDoc = false;
  let container: { name: string; kind: 'namespace' | 'class' | 'enum' } | null = null;
  for (const line of text.split(/\r?\n/)) {
    const code = line.trim();
    if (inDoc || code.startsWith('/**')) {
      if (!inDoc) doc = [];
      doc.push(code.replace(/^\/\*\*\s?|^\*(?!\/)\s?/, '').replace(/\s*\*\/$/, ''));
      inDoc = !code.endsWith('*/');
      continue;
    }
    if (/^@\w+(\(.*\))?$/.test(code)) continue;
    const add = (name: string, returns: string | null = null) => {
      // A function of a namespace without words of its own gets those of the namespace.
      const words = doc.length === 0 && container?.kind === 'namespace' ? (found.get(container.name)?.doc ?? '') : '';
      found.set(name, { signature: code.replace(/\s*\{?$|,$/, ''), doc: markdown(doc) || words, returns });
    };
    if (line.startsWith('}')) container = null;
    const top = /^export (?:(function)|(namespace)|(?:abstract )?(class)|(?:const )?(enum)) (\w+)/.exec(line);
    if (top !== null) {
      const name = top[5] ?? '';
      add(name, top[1] === undefined ? null : returnOf(code));
      if (top[1] === undefined)
        container = { name, kind: top[2] !== undefined ? 'namespace' : top[3] !== undefined ? 'class' : 'enum' };
    } else if (container !== null && /^ {2}\S/.test(line)) {
      const member =
        container.kind === 'namespace'
          ? /^export (?:function|const) (\w+)/.exec(code)
          : container.kind === 'enum'
            ? /^(\w+)(?: = .*)?,?$/.exec(code)
            : /^(?:static |get )?(\w+)\(/.exec(code);
      const name = member?.[1];
      if (name !== undefined && name !== 'constructor') {
        const ofValue = container.kind === 'class' && !code.startsWith('static ');
        add(`${container.name}${ofValue ? '#' : '.'}${name}`, returnOf(code));
      }
    }
    doc = [];
  }
  return found;
}

function returnOf(declaration: string): string | null {
  return /\)\s*:\s*([\w<>|\s]+?)\s*\{?$/.exec(declaration)?.[1] ?? null;
}

function markdown(lines: readonly string[]): string {
  return lines
    .join('\n')
    .replaceAll(/\{@link (\w+)\}/g, '`$1`')
    .trim();
}
