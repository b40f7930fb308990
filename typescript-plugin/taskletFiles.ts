import { dirname, join, resolve, sep } from 'node:path';
import { findProgram, MANIFEST_NAME } from '../program/loadProgram.ts';
import { parseManifest } from '../program/manifest.ts';
import { sourceKind } from '../program/sourceKind.ts';
import { followImports } from '../toolchain/validate/followImports.ts';
import { createProgramFiles, type ProgramFiles } from '../toolchain/validate/programFiles.ts';
import { KeptFiles } from './keptFiles.ts';
import type { ServiceHost, TypeScriptService } from './serverTypes.ts';

interface Known {
  /** State of the manifest that `entries` was read in. */
  manifest: string;
  /** Absolute paths of the sources that the manifest names. */
  entries: readonly string[];
  /** State of the project that `paths` was read in. */
  project: string;
  paths: ReadonlySet<string>;
}

/**
 * The AssemblyScript files of programs: the sources that a `grafos.toml` names, the files that they
 * import inside of their program, and the packages there that are written in AssemblyScript.
 */
export class TaskletFiles {
  readonly #host: ServiceHost;
  readonly #service: TypeScriptService;
  readonly #known = new Map<string, Known>();
  readonly #kept = new KeptFiles();

  constructor(host: ServiceHost, service: TypeScriptService) {
    this.#host = host;
    this.#service = service;
  }

  /**
   * True for a file that the compiler of tasklets reads. Any error leaves the file to TypeScript.
   */
  has(fileName: string): boolean {
    const path = resolve(fileName);
    if (sourceKind(path) !== 'assemblyscript') return false;
    try {
      const root = findProgram(dirname(path));
      return root !== null && (this.#of(root).has(this.#key(path)) || isPackageSource(root, path));
    } catch {
      return false;
    }
  }

  #of(root: string): ReadonlySet<string> {
    const disk = createProgramFiles(root, undefined);
    const seen = disk.look(join(root, MANIFEST_NAME));
    const manifest = seen.state === 'ok' ? `${seen.stat.mtimeMs} ${seen.stat.size}` : seen.state;
    const project = this.#host.getProjectVersion?.() ?? '';
    const known = this.#known.get(root);
    if (known?.manifest === manifest && known.project === project) return known.paths;
    const entries = known?.manifest === manifest ? known.entries : entriesOf(root, disk);
    const paths = this.#read(root, entries);
    this.#known.set(root, { manifest, entries, project, paths });
    return paths;
  }

  #read(root: string, entries: readonly string[]): Set<string> {
    const paths = new Set<string>();
    const files = this.#kept.of(createProgramFiles(root, this.#openTexts(root)));
    for (const entry of entries) {
      const read = files.text(entry, 'checkedSource');
      paths.add(this.#key(entry));
      if (read.state !== 'ok') continue;
      followImports(entry, read.text, files, (file, text) => {
        paths.add(this.#key(file));
        return this.#kept.importsOf(file, text);
      });
    }
    return paths;
  }

  /** The texts of the project in the editor, saved or not. */
  #openTexts(root: string): Map<string, string> {
    const texts = new Map<string, string>();
    for (const { fileName, text } of this.#service.getProgram()?.getSourceFiles() ?? []) {
      const path = resolve(fileName);
      if (path.startsWith(root + sep)) texts.set(path, text);
    }
    return texts;
  }

  #key(path: string): string {
    return this.#host.useCaseSensitiveFileNames?.() === false ? path.toLowerCase() : path;
  }
}

/**
 * The AssemblyScript sources that a manifest names. One with a mistake elsewhere names them too.
 */
function entriesOf(root: string, disk: ProgramFiles): string[] {
  const manifest = disk.text(join(root, MANIFEST_NAME), 'manifest');
  if (manifest.state !== 'ok') return [];
  return parseManifest(manifest.text).tasklets.flatMap(({ values }) => {
    const source = values.source?.value;
    if (source?.type !== 'string' || sourceKind(source.value) !== 'assemblyscript') return [];
    const entry = resolve(root, source.value);
    return entry.startsWith(root + sep) ? [entry] : [];
  });
}

/**
 * True for a source in the `assembly` folder of a package, the folder for AssemblyScript by
 * convention.
 */
function isPackageSource(root: string, path: string): boolean {
  const inside = path.slice(root.length).split(sep);
  const packages = inside.lastIndexOf('node_modules');
  return packages !== -1 && inside.indexOf('assembly', packages) !== -1;
}
