import assert from 'node:assert/strict';
import { join } from 'node:path';
import { missingCrate } from '../../../../toolchain/compile/missingCrate.ts';
import type { CargoMessage, RustcMessage, RustcSpan } from '../../../../toolchain/compile/runCargo.ts';
import { rustFindings } from '../../../../toolchain/compile/rustFindings.ts';
import { NOWHERE } from '../../../helpers/nowhere.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';

const CRATE = join(NOWHERE, 'demo');

const span = (line: number, label: string | null, more: Partial<RustcSpan> = {}): RustcSpan => ({
  file_name: 'src/lib.rs',
  is_primary: false,
  label,
  suggested_replacement: null,
  line_start: line,
  line_end: line,
  column_start: 5,
  column_end: 8,
  text: [{ text: '    abc' }],
  expansion: null,
  ...more,
});
const primary = (line: number, label: string | null) => span(line, label, { is_primary: true });
const help = (message: string, ...replacements: string[]) => ({
  level: 'help',
  message,
  spans: replacements.map((text) => span(1, null, { suggested_replacement: text })),
});

/** Words of the finding for a message of rustc. */
function words(message: string, code: string, spans: RustcSpan[], children: RustcMessage['children'] = []): string[] {
  const one: CargoMessage = {
    reason: 'compiler-message',
    message: { level: 'error', message, code: { code }, spans, children },
  };
  const [found] = rustFindings([one], CRATE);
  return found?.message.split('\n') ?? [];
}

describe('what rustc says, as a finding', () => {
  const rows: [what: string, found: string[], expected: string[]][] = [
    [
      'the label of the place',
      words('mismatched types', 'E0308', [primary(2, 'expected `u32`, found `&str`'), span(2, 'expected due to this')]),
      ['E0308: mismatched types', 'expected `u32`, found `&str`', 'line 2: expected due to this'],
    ],
    [
      'labels of other lines and files, in order',
      words('use of moved value: `a`', 'E0382', [
        span(9, 'value moved here'),
        primary(12, 'value used here after move'),
        span(3, 'move occurs because `a` is no `Copy`'),
        span(5, ''),
        span(7, 'required here', { file_name: 'src/other.rs' }),
      ]),
      [
        'E0382: use of moved value: `a`',
        'value used here after move',
        'line 3: move occurs because `a` is no `Copy`',
        'src/other.rs:7: required here',
        'line 9: value moved here',
      ],
    ],
    [
      'a label once that the message has already',
      words('method `nope` not found in `str`', 'E0599', [primary(2, 'not found in `str`')]),
      ['E0599: method `nope` not found in `str`'],
    ],
    [
      'the text that a help suggests, and none of several parts',
      words(
        'cannot borrow `v` as mutable',
        'E0596',
        [primary(2, null)],
        [help('make it mutable', 'mut v'), help('name a lifetime', "<'a>", "&'a str"), help('remove it', '')],
      ),
      [
        'E0596: cannot borrow `v` as mutable',
        'help: make it mutable: `mut v`',
        'help: name a lifetime',
        'help: remove it',
      ],
    ],
    [
      'a note of several lines',
      words('unsatisfied', 'E0277', [primary(2, null)], [{ level: 'note', message: 'one\n  two', spans: [] }]),
      ['E0277: unsatisfied', 'note: one', '  two'],
    ],
  ];
  for (const [what, found, expected] of rows) it(`has ${what}`, () => assert.deepEqual(found, expected));
});

describe('a crate that is missing', () => {
  const REMINDER = "As a reminder, you're using offline mode (--offline) which can sometimes cause surprises.\n";
  const STDERR = `error: no matching package named \`libc\` found\nlocation searched: registry \`crates-io\`\nrequired by package \`memchr v2.5.0\`\n${REMINDER}`;
  const REPLACED =
    '[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "/usr/share/cargo/registry"\n';

  for (const [what, settings, next] of [
    ['is fetched', {}, /^Run `\/bin\/cargo fetch` in .*demo once.*docs\/guide\/sdk\.md/],
    [
      'is fetched where another registry is named',
      { '.cargo/config.toml': '[source.mine]\ndirectory = "x"\n' },
      /fetch/,
    ],
    [
      'belongs into the folder of the program',
      { '.cargo/config.toml': REPLACED },
      /^\.cargo\/config\.toml takes all crates from \/usr\/share\/cargo\/registry/,
    ],
    ['belongs into the folder of the crate', { 'demo/.cargo/config': REPLACED }, /^demo\/\.cargo\/config takes all/],
    ['is fetched where the settings are broken', { '.cargo/config.toml': '[source' }, /fetch/],
  ] as Array<[string, Record<string, string>, RegExp]>) {
    it(`${what}, and who needs it is said`, async () => {
      await using scratch = await scratchProgram('demo', settings);
      const error = missingCrate(scratch.root, `${scratch.root}/demo`, '/bin/cargo', STDERR);
      assert.equal(error?.code, 'rust_dependency_missing');
      assert.match(error.next?.replaceAll('\\', '/') ?? '', next);
      assert.match(
        error.why ?? '',
        /says: no matching package named `libc` found\n.*\nrequired by package `memchr v2\.5\.0`$/,
      );
    });
  }

  it('is no error of another kind', () => {
    assert.equal(missingCrate(NOWHERE, CRATE, '/bin/cargo', 'error: could not compile'), undefined);
  });
});
