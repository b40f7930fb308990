import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { commonFiles, greetingFixture, type ProgramFiles } from './programFiles.ts';

/**
 * The files of a Rust program. The crate `grafos` is in the program itself: builds need no network
 * and no path of this machine, and `cargo test` and rust-analyzer find it, too.
 */
export function rustTemplate(name: string): ProgramFiles {
  const source = `tasklets/${name}`;
  const about = `A grafOS program with one tasklet in Rust, \`${source}\`. \`vendor/grafos\` is grafos-std: replace it with the one of a newer grafOS to update it. \`cargo test\` runs the tasklet's own tests on this machine.`;
  return new Map([
    ...commonFiles(name, source, ['build/', 'target/', '.grafos/'], about),
    ...greetingFixture(name),
    [
      'Cargo.toml',
      `[workspace]
members = ["${source}"]
resolver = "2"

[profile.release]
opt-level = "s"
lto = true
codegen-units = 1
strip = "debuginfo"
`,
    ],
    [
      `${source}/Cargo.toml`,
      `[package]
name = "${name}"
version = "0.1.0"
edition = "2021"
publish = false

[lib]
crate-type = ["cdylib", "rlib"]

[dependencies]
grafos = { path = "../../vendor/grafos" }
`,
    ],
    [
      `${source}/src/lib.rs`,
      `use grafos::Json;

/// Greets whoever the input names.
pub fn compute(input: &[u8]) -> Result<Json, &'static str> {
    let request = Json::parse(input).map_err(|error| error.label)?;
    let name = request.get("name").and_then(Json::as_str).ok_or("missing_name")?;
    Ok(Json::from([("greeting", format!("Hello, {}", name).into())]))
}

grafos::tasklet!(compute);

#[cfg(test)]
mod tests {
    use super::compute;

    #[test]
    fn greets() {
        let answer = compute(br#"{ "name": "grafOS" }"#).unwrap();
        assert_eq!(answer.to_string(), r#"{"greeting":"Hello, grafOS"}"#);
    }

    #[test]
    fn wants_a_name() {
        assert_eq!(compute(b"{}"), Err("missing_name"));
    }
}
`,
    ],
    ...vendoredCrate(),
  ]);
}

function vendoredCrate(): ProgramFiles {
  const folder = join(packageRoot, 'sdk', 'rust');
  const paths = ['', 'std/', 'macros/'].flatMap((crate) => {
    const sources = readdirSync(join(folder, crate, 'src')).filter((name) => name.endsWith('.rs'));
    return [`${crate}Cargo.toml`, ...sources.sort().map((name) => `${crate}src/${name}`)];
  });
  return new Map(paths.map((path) => [`vendor/grafos/${path}`, readFileSync(join(folder, path), 'utf8')]));
}
