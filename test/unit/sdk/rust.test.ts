import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../../base/packageRoot.ts';
import { findRust } from '../../../toolchain/compile/findRust.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';

/**
 * `cargo test` on a copy, with everything it makes.
 *
 * @param crate a folder below, whose tests they are.
 * @returns the names of the tests that passed
 */
async function cargoTest(folder: string, crate = '.'): Promise<string[]> {
  await using copy = await temporaryFolder();
  await cp(folder, copy.path, { recursive: true, filter: (path) => !/[/\\](target|build|\.grafos)$/.test(path) });
  const { cargo, rustc } = await findRust(copy.path, process.env);
  const env = { ...process.env, RUSTC: rustc, RUSTDOC: join(dirname(rustc), 'rustdoc'), CARGO_TERM_COLOR: 'never' };
  const { stdout, stderr } = await promisify(execFile)(
    cargo,
    ['test', '--offline', '--target-dir', join(copy.path, 'target')],
    { cwd: join(copy.path, crate), env },
  );
  // Each public item has a comment that a hover shows: the crate asks rustc to warn of those
  // without.
  assert.doesNotMatch(stderr, /missing documentation/);
  return [...stdout.matchAll(/^test (.+) \.\.\. ok$/gm)].map(([, name = '']) => name);
}

/** Blocks of Rust in the Rust part of docs/guide/sdk.md. */
async function documentedRust(): Promise<{ signatures: string; examples: string[] }> {
  const page = await readFile(join(packageRoot, 'docs', 'guide', 'sdk.md'), 'utf8');
  const part = page.slice(page.indexOf('\n## Rust\n'), page.indexOf('\n## WAT'));
  const blocks = [...part.matchAll(/^```rust\n(.*?)^```$/gms)].map(([, text = '']) => text);
  const [signatures = '', ...more] = blocks.filter((text) => text.startsWith('mod grafos {'));
  assert.equal(more.length, 0);
  return { signatures, examples: blocks.filter((text) => text !== signatures) };
}

interface Signature {
  owner: string;
  name: string;
  parameters: string;
  result: string;
}

function readSignatures(text: string): Signature[] {
  let owner = '';
  return text.split('\n').flatMap((line) => {
    owner = /^(?:mod|impl) (\w+) \{$/.exec(line)?.[1] ?? owner;
    const read = /^ {4}fn (\w+)\((.*)\)(?: -> (.*))?;$/.exec(line);
    if (read === null) {
      assert.match(line, /^(?:(?:mod|impl) \w+ \{|\}|)$/);
      return [];
    }
    const [, name = '', parameters = '', result = '()'] = read;
    return [{ owner, name, parameters, result }];
  });
}

/** Code that compiles where the crate has this very function. */
function useOf({ owner, name, parameters, result }: Signature, index: number): string {
  const given = parameters === '' ? [] : parameters.split(', ').map((one) => /^&?(\w+)/.exec(one)?.[1] ?? '');
  const path = owner === 'grafos' ? 'grafos' : `grafos::${owner}`;
  const isType = /^[A-Z]/.test(owner);
  const head = `fn ${name}(${parameters}) -> ${result}`;
  const call = `{ ${path}::${name}(${given.join(', ')}) }`;
  if (!isType) return `mod use_${index} { use super::*; pub ${head} ${call} }`;
  return `trait Use${index}: Sized { ${head}; }\nimpl Use${index} for ${owner} { ${head} ${call} }`;
}

/**
 * Checks a crate of this text as a test of the host.
 *
 * @returns what rustc says of a fault, or nothing
 */
async function compileOnHost(text: string): Promise<string> {
  await using folder = await temporaryFolder();
  const sdk = join(packageRoot, 'sdk', 'rust').replaceAll('\\', '/');
  const manifest = `[package]\nname = "demo"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\ngrafos = { path = "${sdk}" }\ngrafos_std = { path = "${sdk}/std" }\n`;
  await writeFile(join(folder.path, 'Cargo.toml'), manifest);
  await mkdir(join(folder.path, 'src'));
  await writeFile(join(folder.path, 'src', 'lib.rs'), text);
  const { cargo, rustc } = await findRust(folder.path, process.env);
  const env = { ...process.env, RUSTC: rustc, CARGO_TERM_COLOR: 'never' };
  const options = { cwd: folder.path, env };
  return await promisify(execFile)(cargo, ['check', '--offline'], options).then(
    () => '',
    (error: { stderr: string }) => error.stderr,
  );
}

describe('Rust in docs/guide/sdk.md', () => {
  it('has examples that compile', async () => {
    const { examples } = await documentedRust();
    assert.ok(examples.length >= 3);
    const modules = examples.map((text, index) => `pub mod example_${index} {\n${text}\n}`);
    // The macro writes its exports for WebAssembly only, so that the examples fit one crate of the
    // host.
    assert.equal(await compileOnHost(modules.join('\n')), '');
  });

  it('has the signatures as they are, and no other', async () => {
    const signatures = readSignatures((await documentedRust()).signatures);
    const head =
      '#![allow(dead_code, unused_imports)]\nuse grafos::{FabricMemory, HostError, Json, JsonError, Output};\n';
    assert.equal(await compileOnHost(head + signatures.map(useOf).join('\n')), '');
    const wrong = signatures.map((one) => (one.name === 'float' ? { ...one, parameters: 'value: &str' } : one));
    assert.match(await compileOnHost(head + wrong.map(useOf).join('\n')), /mismatched types/);
  });

  it('has every public function', async () => {
    const documented = readSignatures((await documentedRust()).signatures).map(({ name }) => name);
    const named: string[] = [];
    for (const file of ['lib', 'fabric_memory', 'json', 'log', 'output', 'random', 'testing']) {
      const text = await readFile(join(packageRoot, 'sdk', 'rust', 'src', `${file}.rs`), 'utf8');
      // The host of the crate's own tests is in the same file and is not public.
      const [open = ''] = text.split('pub(crate) mod ');
      named.push(...[...open.matchAll(/^(?: {4})?pub fn (\w+)/gm)].map(([, name = '']) => name));
    }
    assert.deepEqual([...named, 'context'].sort(), documented.sort());
  });
});

describe('types of Rust in docs/guide/sdk.md', () => {
  /** Public types of a text by name, without comments, attributes and blanks. */
  const typesOf = (text: string): Map<string, string> => {
    const bare = text.replaceAll(/^\s*(?:\/\/|#\[).*\n/gm, '');
    const found = bare.matchAll(/^pub (?:enum|struct) (\w+)(?:;| \{[^}]*\}|\(.*\);)/gm);
    return new Map([...found].map(([whole, name = '']) => [name, whole.replaceAll(/\s+/g, ' ')]));
  };

  it('are those of the crate', async () => {
    const documented = typesOf((await documentedRust()).examples.filter((one) => /^pub enum/.test(one)).join('\n'));
    const source = await Promise.all(
      ['json', 'fabric_memory', 'output'].map((file) =>
        readFile(join(packageRoot, 'sdk', 'rust', 'src', `${file}.rs`), 'utf8'),
      ),
    );
    const own = typesOf(source.join('\n'));
    // Its field is private.
    assert.ok(own.delete('Output'));
    assert.deepEqual(new Map([...documented].sort()), new Map([...own].sort()));
    assert.ok(documented.size >= 4);
  });
});

describe('grafos-std for Rust', () => {
  it('passes its own tests on the host', async () => {
    const passed = await cargoTest(join(packageRoot, 'sdk', 'rust'));
    assert.ok(passed.includes('invalid_texts_are_refused_with_a_label_and_a_place'), passed.join());
    assert.ok(passed.length >= 6, passed.join());
  });

  it('has an attribute that leaves the function as it is', async () => {
    const passed = await cargoTest(join(packageRoot, 'sdk', 'rust'), 'std');
    assert.ok(passed.includes('the_function_stays_as_it_is'), passed.join());
    assert.ok(
      passed.some((name) => name.startsWith('src/lib.rs')),
      passed.join(),
    );
  });

  it('lets a tasklet be tested on the host', async () => {
    const passed = await cargoTest(join(packageRoot, 'cookbook', 'local-dev-rust'));
    assert.ok(passed.includes('tests::counts_its_input'), passed.join());
  });
});
