import assert from 'node:assert/strict';
import type { Place } from '../../../../daemons/wire/place.ts';
import type { RunError } from '../../../../daemons/wire/runError.ts';
import { placeText } from '../../../../toolchain/places/placeText.ts';
import { rustPlaces } from '../../../../toolchain/places/rustPlaces.ts';
import type { CodePlaces } from '../../../../toolchain/profile/codePlaces.ts';

/** Names of functions as a module has them; the other parts are not asked for Rust. */
const named = (...names: Array<string | undefined>) => ({ ownNameOf: (index: number) => names[index] }) as CodePlaces;

const LIB = `use grafos::prelude::*;

fn compute(input: &[u8]) -> Result<Json, &'static str> {
    if input.is_empty() { return Err("no_input"); }
    helper::parse(input)
}
`;
const HELPER = `// no_input and "no_input" in a comment
pub fn parse(input: &[u8]) -> Result<Json, &'static str> {
    let first = input[99];
    Ok(json!(first))
}
`;
const SOURCES = [
  { path: 'crate/src/lib.rs', text: LIB },
  { path: 'crate/src/helper.rs', text: HELPER },
];
const trap = (...functions: number[]): RunError => ({
  code: 'trap_unreachable',
  message: 'unreachable',
  frames: functions.map((index) => ({ function: index, offset: 0 })),
});
const placesOf = (error: RunError, log = '', names: CodePlaces = named(), sources = SOURCES) =>
  rustPlaces(error, names, sources, 'crate', log);
const short = (places: ReturnType<typeof placesOf>) =>
  places.map(
    ({ file, line, column, own, function: name }) => `${file}:${line}:${column} ${own ? 'own' : 'other'} ${name}`,
  );

describe('the places of a Rust tasklet that failed', () => {
  it('begin with that of the panic, by the path of the crate or of the program', () => {
    for (const path of ['src/helper.rs', './src/helper.rs', 'crate/src/helper.rs', 'src\\helper.rs']) {
      const [place] = placesOf(trap(), `error panicked at ${path}:3:17:\nindex out of bounds\n`);
      assert.deepEqual(place, {
        function: 'parse',
        file: 'crate/src/helper.rs',
        line: 3,
        column: 17,
        own: true,
        excerpt: 'let first = input[99];',
      });
    }
  });

  it('have a panic of a library as another’s, without a line of it', () => {
    const [place] = placesOf(trap(), 'error panicked at vendor/x/src/lib.rs:7:1:\nno\n');
    assert.deepEqual(place, {
      function: null,
      file: 'vendor/x/src/lib.rs',
      line: 7,
      column: 1,
      own: false,
      excerpt: null,
    });
  });

  it('look at the log of a panic alone', () => {
    const log = 'error panicked at src/lib.rs:3:1:\nno\n';
    assert.deepEqual(placesOf({ code: 'fuel_exhausted', message: 'x', frames: [] }, log), []);
    assert.deepEqual(placesOf(trap(), 'info hello\n'), []);
  });

  it('have the only place in the crate with the label of the failure, and no comment', () => {
    const failed = (label: string): RunError => ({ code: 'tasklet_failed', message: 'x', label, exit_code: 1 });
    assert.deepEqual(short(placesOf(failed('no_input'))), ['crate/src/lib.rs:4:38 own compute']);
    assert.deepEqual(placesOf(failed('another')), []);
    const twice = [...SOURCES, { path: 'crate/src/more.rs', text: 'fn more() { Err("no_input") }' }];
    assert.deepEqual(placesOf(failed('no_input'), '', named(), twice), []);
  });

  it('have the heads of the functions that were under way, the innermost first', () => {
    const names = named('core::panicking::panic_fmt', 'demo::helper::parse', 'demo::compute', '_grafos_tasklet_run');
    const found = placesOf(trap(0, 1, 2, 3), '', names);
    assert.deepEqual(short(found), ['crate/src/helper.rs:2:5 own parse', 'crate/src/lib.rs:3:1 own compute']);
    // A head does not pass for the place.
    assert.ok(found.every(({ begins }) => begins === true));
    assert.equal(placeText(found[1] as Place), 'in compute, which begins at crate/src/lib.rs:3:1');
  });

  it('name a function once, also when the panic was in it', () => {
    const names = named('demo::helper::parse', 'demo::helper::parse');
    const found = placesOf(trap(0, 1), 'error panicked at src/helper.rs:3:17:\nno\n', names);
    assert.deepEqual(short(found), ['crate/src/helper.rs:3:17 own parse']);
  });

  it('name functions of libraries without a place, and none without a name', () => {
    const found = placesOf(trap(0, 1, 2), '', named('serde_json::from_slice', undefined, 'demo::gone'));
    assert.deepEqual(
      found.map(({ function: name, file }) => [name, file]),
      [
        ['serde_json::from_slice', null],
        ['demo::gone', null],
      ],
    );
  });

  it('take no function for one of the crate where two have its name', () => {
    const twice = [...SOURCES, { path: 'crate/src/more.rs', text: 'fn parse() {}' }];
    const [place] = placesOf(trap(0), '', named('demo::helper::parse'), twice);
    assert.deepEqual([place?.function, place?.file], ['demo::helper::parse', null]);
  });

  it('take names that are made to be patterns as names', () => {
    for (const name of ['demo::(.*)', 'demo::{{closure}}', '::', '', '(((((', 'a'.repeat(10_000)]) {
      for (const place of placesOf(trap(0), '', named(name))) assert.equal(place.own, false, name);
    }
  });
});
