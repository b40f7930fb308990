import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { textLines } from '../../../../program/textLines.ts';
import { rustTokens } from '../../../../toolchain/validate/rustTokens.ts';
import { validate } from '../../../../toolchain/validate/validate.ts';
import { applyEdits } from '../../../helpers/applyFix.ts';
import { writeExample } from '../../../helpers/exampleProgram.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const TAIL = '\n\ngrafos::tasklet!(compute);\n';
const compute = (body: string, before = '') =>
  `${before}pub fn compute(input: &[u8]) -> Result<Vec<u8>, &'static str> {\n    ${body}\n    Ok(input.to_vec())\n}${TAIL}`;
const PACKAGE = '[package]\nname = "demo"\nversion = "0.1.0"\n';

/** `code text` of every finding in the crate, the note that it is not built left out. */
async function marks(files: Record<string, string>): Promise<string[]> {
  await using folder = await temporaryFolder();
  await writeExample(
    folder.path,
    Object.entries(files).map(([path, text]) => ({ language: 'rust', path: `crates/demo/${path}`, text })),
  );
  return (await validate(folder.path))
    .filter(({ code }) => code !== 'GRF3001')
    .map(({ code, file, range }) => {
      const text = readFileSync(file, 'utf8');
      const lines = textLines(text);
      return `${code} ${text.slice(lines.offsetAt(range.start), lines.offsetAt(range.end))}`;
    });
}

describe('the scan of Rust', () => {
  const sources: [what: string, text: string, marks: string[]][] = [
    ['a good tasklet', compute(''), []],
    ['a clock', compute('let t = std::time::Instant::now();'), ['GRF2204 std::time']],
    [
      'a clock from a list',
      compute('', 'use std::{collections::HashMap, time::{Duration, Instant}};\n'),
      ['GRF2204 time'],
    ],
    ['a duration', compute('let d = std::time::Duration::from_secs(1);', 'use std::time::Duration;\n'), []],
    [
      'files and more',
      compute(
        'std::fs::read("x"); std::env::var("y");',
        'use std::net::TcpStream;\nuse std::{thread, process::Command};\n',
      ),
      ['GRF2206 std::net', 'GRF2206 thread', 'GRF2206 process', 'GRF2206 std::fs', 'GRF2206 std::env'],
    ],
    ['harmless parts of std', compute('let m: std::collections::HashMap<u8, u8> = Default::default();'), []],
    [
      'printing',
      compute('println!("x"); eprintln!("y"); dbg!(1); format!("z");'),
      ['GRF2206 println!', 'GRF2206 eprintln!', 'GRF2206 dbg!'],
    ],
    ['random numbers', compute('let r: u8 = rand::random();'), ['GRF2205 rand']],
    ['a module of its own with that name', compute('let r = crate::rand::random();'), []],
    ['a label', compute('if input.is_empty() { return Err("Empty input"); }'), ['GRF2111 "Empty input"']],
    ['a good label', compute('if input.is_empty() { return Err("empty_input"); }'), []],
    [
      'errors that are no labels',
      `pub fn compute(input: &[u8]) -> Result<Vec<u8>, String> {\n    helper().map_err(|e: &str| e.to_string())\n}\nfn helper() -> Result<Vec<u8>, &'static str> { Err("Not a label") }${TAIL}`,
      [],
    ],
    ['comments', compute('// std::time /* \n    /* std::fs /* nested */ println!() */'), []],
    [
      'texts',
      compute(
        'let a = "std::time \\" println!()"; let b = r#"std::fs " println!()"#; let c = b"rand::x"; let d = \'"\'; let e: &\'static str = "std::net";',
      ),
      [],
    ],
    [
      'tests',
      compute(
        '',
        '#[cfg(test)]\nmod tests {\n    use std::time::Instant;\n    #[test]\n    fn works() { println!("x"); }\n}\n',
      ),
      [],
    ],
    [
      'no macro',
      "pub fn compute(input: &[u8]) -> Result<Vec<u8>, &'static str> { Ok(input.to_vec()) }\n",
      ['GRF2203 '],
    ],
    [
      'entry points of its own',
      '#[no_mangle]\npub extern "C" fn _grafos_tasklet_run(a: i32, b: i32) -> i32 { 0 }\n',
      [],
    ],
  ];
  for (const [what, text, expected] of sources) {
    it(`with ${what}`, async () => assert.deepEqual(await marks({ 'src/lib.rs': text }), expected));
  }

  it('reads every file below src', async () => {
    const found = await marks({
      'src/lib.rs': compute('', 'mod a;\n'),
      'src/a/mod.rs': 'pub fn x() { println!("x"); }\n',
    });
    assert.deepEqual(found, ['GRF2206 println!']);
  });

  const manifests: [what: string, text: string, marks: string[], fixed?: string][] = [
    [
      'no lib',
      `${PACKAGE}[dependencies]\ngrafos = { path = "../grafos" }\n`,
      ['GRF2201 '],
      `${PACKAGE}[dependencies]\ngrafos = { path = "../grafos" }\n\n[lib]\ncrate-type = ["cdylib", "rlib"]\n`,
    ],
    [
      'a lib without a type',
      `${PACKAGE}[lib]\npath = "src/lib.rs"\n[dependencies]\ngrafos = "0.1"\n`,
      ['GRF2201 [lib]'],
      `${PACKAGE}[lib]\ncrate-type = ["cdylib", "rlib"]\npath = "src/lib.rs"\n[dependencies]\ngrafos = "0.1"\n`,
    ],
    [
      'another type',
      `${PACKAGE}[lib]\ncrate-type = ["rlib"]\n[dependencies]\ngrafos = "0.1"\n`,
      ['GRF2201 ["rlib"]'],
      `${PACKAGE}[lib]\ncrate-type = ["cdylib", "rlib"]\n[dependencies]\ngrafos = "0.1"\n`,
    ],
    [
      'a dependency under another name',
      `${PACKAGE}[lib]\ncrate-type = ["cdylib"]\n[dependencies]\ng = { package = "grafos", version = "0.1" }\n`,
      [],
    ],
    [
      'no dependency',
      `${PACKAGE}[lib]\ncrate-type = ["cdylib"]\n[dependencies]\nserde = "1"\n`,
      ['GRF2202 [dependencies]'],
    ],
    [
      'random numbers',
      `${PACKAGE}[lib]\ncrate-type = ["cdylib"]\n[dependencies]\ngrafos = "0.1"\ngetrandom = "0.2"\n`,
      ['GRF2205 getrandom'],
    ],
    ['a fault, which cargo will tell', '[package\n', []],
  ];
  for (const [what, text, expected, mended] of manifests) {
    it(`with a Cargo.toml with ${what}`, async () => {
      assert.deepEqual(await marks({ 'Cargo.toml': text }), expected);
      if (mended === undefined) return;
      await using folder = await temporaryFolder();
      await writeExample(folder.path, [{ language: 'toml', path: 'crates/demo/Cargo.toml', text }]);
      const fix = (await validate(folder.path)).find(({ code }) => code === 'GRF2201')?.fix;
      assert.ok(fix);
      assert.equal(fix.edits[0]?.file, join(folder.path, 'crates/demo/Cargo.toml'));
      assert.equal(applyEdits(text, fix.edits), mended);
    });
  }

  it('reads any text, its tokens in order and inside it', () => {
    const parts = fc.constantFrom(
      '"',
      "'",
      'r#"',
      '"#',
      'b',
      '/*',
      '*/',
      '//',
      '\\',
      '\n',
      'std::time',
      "'a",
      "'a'",
      '{',
      '}',
      '#[cfg(test)]',
      'é',
      '😀',
      '\u0000',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(parts, { maxLength: 40 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(text, (sample) => {
        let last = 0;
        for (const token of rustTokens(sample)) {
          assert.ok(token.start >= last && token.end > token.start && token.end <= sample.length);
          last = token.end;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('takes time in proportion to the text, whatever is in it', async () => {
    for (const part of ['use std::{', '#[cfg(test)]', 'Err("X Y");', 'r#"', '"', "'", '/*', 'std::time::']) {
      await marks({ 'src/lib.rs': part.repeat(Math.floor(1_000_000 / part.length)) });
    }
  });
});
