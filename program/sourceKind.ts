export type SourceKind = 'assemblyscript' | 'rust' | 'wat' | 'wasm';

/**
 * Gives the kind of source that a path names, or null when grafOS builds nothing from such a file.
 * A path without an extension is a Rust folder, and `src/tasklets/<name>.rs` is one tasklet of a
 * crate.
 */
export function sourceKind(path: string): SourceKind | null {
  const last = path.replace(/\/+$/, '').split('/').pop() ?? '';
  if (last.endsWith('.d.ts')) return null;
  const extension = /\.[A-Za-z0-9]+$/.exec(last)?.[0];
  if (/(^|\/)src\/tasklets\/[^/]+\.rs$/.test(path)) return 'rust';
  if (path.endsWith('/') || extension === undefined || last.startsWith('.')) return 'rust';
  return ({ '.ts': 'assemblyscript', '.wat': 'wat', '.wasm': 'wasm' }[extension] as SourceKind | undefined) ?? null;
}

/** `a/./b//c/` as `a/b/c`. */
export function tidyPath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}
