interface RustSource {
  /** Folder of the crate, relative to the program; empty where it is the program's folder. */
  crate: string;
  /** File that an editor opens, relative to the program. */
  entry: string;
  /** Name of the function, where the crate has one for each file of `src/tasklets`; else null. */
  function: string | null;
}

/**
 * Takes the source of a Rust tasklet apart. It is the folder of a crate, or a file
 * `src/tasklets/<name>.rs` in one (docs/adr/0037-one-crate-several-tasklets.md).
 */
export function rustSource(source: string): RustSource {
  const file = /^(?:(.*)\/)?src\/tasklets\/([^/]+)\.rs$/.exec(source);
  if (file === null)
    return { crate: source, entry: source === '' ? 'src/lib.rs' : `${source}/src/lib.rs`, function: null };
  const [, crate = '', name = ''] = file;
  return { crate, entry: source, function: name.replaceAll('-', '_') };
}
