import assert from 'node:assert/strict';
import fc from 'fast-check';
import { blankedText, neutralText } from '../../../../base/text/neutralText.ts';
import { STEERING, steers } from '../../../helpers/steering.ts';

describe('neutral text', () => {
  it('writes out every character that steers, and leaves all others', () => {
    for (const character of STEERING) {
      const shown = neutralText(`a${character}b`);
      assert.match(shown, /^a\\(?:n|r|u[0-9a-f]{4}(?:\\u[0-9a-f]{4})?)b$/, character.codePointAt(0)?.toString(16));
      assert.equal(blankedText(character), ' ');
    }
    const plain = 'Grüße, Ελλάδα, עברית, 日本語, 👩‍👩‍👧, a\tb %~\\ {}[]';
    assert.equal(neutralText(plain), plain);
  });

  it('is the same again when it is neutral', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...STEERING, 'a', '\\', ':', '#', '[') }), (text) => {
        const once = neutralText(text);
        assert.equal(neutralText(once), once);
        assert.ok(![...once].some(steers));
      }),
    );
  });
});
