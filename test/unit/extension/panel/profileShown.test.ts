import assert from 'node:assert/strict';
import type { ProfileShown } from '../../../../extension/panel/panelMessages.ts';
import type { RunProfile } from '../../../../toolchain/profile/profileRun.ts';
import { withEditor } from '../../../helpers/editorStub.ts';

const EDITOR =
  "export const env = { language: 'en' }; " +
  'export const l10n = { t: (text, ...parts) => text.replace(/\\{(\\d)\\}/g, (_, at) => parts[Number(at)]) };';
const OWN = { file: 'tasklets/a.ts', line: 3, fuel: 4, library: 0, total: 4 };
const LIBRARY = { ...OWN, file: '~lib/array.ts' };
const LEFT_OUT = { code: 'source_map_too_large', message: 'It is large.', next: 'Divide it.' } as const;

describe('a profile in the Run panel', () => {
  let shown: (profile: RunProfile) => ProfileShown;
  before(async () => {
    const { loaded } = await withEditor(EDITOR, () => import('../../../../extension/panel/profileShown.ts'));
    shown = loaded.profileShown;
  });

  const notesOf = (lines: RunProfile['lines'], lines_left_out: RunProfile['lines_left_out'] = null) =>
    shown({
      fuel_used: 4,
      functions: [],
      lines,
      lines_left_out,
      calls: [],
      flame_graph: null,
      unwritten: null,
    } as unknown as RunProfile).notes;

  it('says nothing of its lines where one is of the program', () => assert.deepEqual(notesOf([LIBRARY, OWN]), []));

  for (const [what, lines, leftOut, says] of [
    ['all lines are of libraries', [LIBRARY], null, /^All lines are of libraries/],
    ['there is no map', [], null, /the module has no source map that fits/],
    ['the map is too large', [], LEFT_OUT, /^No line is known: .* is too large to be read\. Divide it\.$/],
  ] as const)
    it(`says why no line is shown where ${what}`, () => {
      const notes = notesOf([...lines], leftOut);
      assert.equal(notes.length, 1);
      assert.match(notes[0] ?? '', says);
    });
});
