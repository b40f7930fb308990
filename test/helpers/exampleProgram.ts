import { mkdir, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseSize } from '../../program/size.ts';
import { makeProgramState } from '../../toolchain/stack/programState.ts';
import { compileWat } from './compileWat.ts';

export interface ExampleBlock {
  /**
   * Language of the fence: text as it is, `wat` for a .wasm path is assembled, `hex` are bytes,
   * `size` is a file of that many zero bytes, `link` a symbolic link.
   */
  language: string;
  path: string;
  text: string;
}

/** The fenced blocks of a finding's page that name a file. */
export function exampleBlocks(page: string): ExampleBlock[] {
  return [...page.matchAll(/^```(\w+) (\S+)\n([\s\S]*?)^```$/gm)].map(([, language = '', path = '', text = '']) => ({
    language,
    path,
    text,
  }));
}

const COMPUTE = 'export function compute(input: Uint8Array): Uint8Array {\n  return input;\n}\n';
const CARGO = `[package]
name = "demo"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["cdylib", "rlib"]

[dependencies]
grafos = "0.1"
`;
const RUST = `pub fn compute(input: &[u8]) -> Result<Vec<u8>, &'static str> {
    Ok(input.to_vec())
}

grafos::tasklet!(compute);
`;

/** Writes the files of an example, and the files of a sound program that the example leaves out. */
export async function writeExample(root: string, blocks: readonly ExampleBlock[]): Promise<void> {
  const all = [...blocks];
  const has = (path: string) => all.some((block) => block.path === path || block.path.startsWith(`${path}/`));
  const add = (path: string, text: string) => {
    if (!has(path)) all.push({ language: 'text', path, text });
  };
  const source = has('crates/demo') ? 'crates/demo' : has('demo.wat') ? 'demo.wat' : 'tasklets/demo.ts';
  if (!has('grafos.toml') && !has('notes.txt')) {
    add(
      'grafos.toml',
      `[program]\nname = "demo"\nversion = "0.1.0"\n\n[[tasklet]]\nname = "demo"\nsource = "${source}"\n`,
    );
    if (source === 'crates/demo') {
      add('crates/demo/Cargo.toml', CARGO);
      add('crates/demo/src/lib.rs', RUST);
    }
  }
  if (!has('notes.txt')) add('tasklets/demo.ts', COMPUTE);
  // State counts only where this user made it.
  if (has('.grafos')) {
    await mkdir(root, { recursive: true });
    await makeProgramState(root);
  }
  for (const block of all) await writeBlock(root, block);
}

async function writeBlock(root: string, { language, path, text }: ExampleBlock): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  if (language === 'size') {
    await writeFile(file, '');
    await truncate(file, parseSize(text.trim().replace(' ', '')) ?? 0);
  } else if (language === 'link') {
    // It leads to a file that is there: a link to nothing is a file that is missing.
    const target = resolve(dirname(file), text.trim());
    await writeFile(target, '');
    await symlink(target, file);
    return;
  } else if (language === 'hex') await writeFile(file, Buffer.from(text.replace(/\s+/g, ''), 'hex'));
  else await writeFile(file, language === 'wat' && path.endsWith('.wasm') ? compileWat(text) : text);
  // What is built was built before its source was changed.
  if (path.startsWith('build/')) await utimes(file, new Date('2020-01-01'), new Date('2020-01-01'));
}
