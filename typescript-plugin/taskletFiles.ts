import { dirname, join, resolve, sep } from 'node:path';
import { findProgram, MANIFEST_NAME } from '../program/loadProgram.ts';
import { parseManifest } from '../program/manifest.ts';
import { sourceKind } from '../program/sourceKind.ts';
import { type ProgramFiles, programFiles } from '../toolchain/validate/programFiles.ts';
import { scriptFiles } from '../toolchain/validate/scriptFile.ts';
import type { ServiceHost, TypeScriptService } from './serverTypes.ts';

interface Known {
  /** State of manifest and project that `paths` was read in. */
  at: string;
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
    const disk = programFiles(root, undefined);
    const seen = disk.look(join(root, MANIFEST_NAME));
    const manifest = seen.state === 'ok' ? `${seen.stat.mtimeMs} ${seen.stat.size}` : seen.state;
    const at = `${manifest} ${this.#host.getProjectVersion?.() ?? ''}`;
    const known = this.#known.get(root);
    if (known?.at === at) return known.paths;
    const paths = this.#read(root, disk);
    this.#known.set(root, { at, paths });
    return paths;
  }

  #read(root: string, disk: ProgramFiles): Set<string> {
    const paths = new Set<string>();
    const manifest = disk.text(join(root, MANIFEST_NAME), 'manifest');
    if (manifest.state !== 'ok') return paths;
    const files = programFiles(root, this.#openTexts(root));
    // A manifest with a mistake elsewhere still names its sources.
    for (const { values } of parseManifest(manifest.text).tasklets) {
      const source = values.source?.value;
      if (source?.type !== 'string' || sourceKind(source.value) !== 'assemblyscript') continue;
      const entry = resolve(root, source.value);
      if (!entry.startsWith(root + sep)) continue;
      const read = files.text(entry, 'checkedSource');
      paths.add(this.#key(entry));
      if (read.state !== 'ok') continue;
      for (const { file } of scriptFiles(entry, read.text, files)) paths.add(this.#key(file));
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
 * True for a source in the `assembly` folder of a package, the folder for AssemblyScript by
 * convention.
 */
function isPackageSource(root: string, path: string): boolean {
  const inside = path.slice(root.length).split(sep);
  const packages = inside.lastIndexOf('node_modules');
  return packages !== -1 && inside.indexOf('assembly', packages) !== -1;
}
