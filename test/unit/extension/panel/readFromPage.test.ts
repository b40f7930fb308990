/** Messages of the Run panel's page, which draws what tasklets made. */
import assert from 'node:assert/strict';
import { LIMITS } from '../../../../base/limits.ts';
import { readFromPage } from '../../../../extension/panel/readFromPage.ts';

const place = { kind: 'place', file: 'tasklets/a.ts', line: 3, column: 1 };
const long = (characters: number) => 'x'.repeat(characters);

describe('a message of the Run panel', () => {
  const taken: unknown[] = [
    { kind: 'ready' },
    { kind: 'saveOutput' },
    { kind: 'showNewer' },
    { kind: 'action', action: 'again' },
    { kind: 'action', action: 'again', input: '' },
    { kind: 'action', action: 'again', input: long(LIMITS.input) },
    { kind: 'artifact', name: 'run.log' },
    place,
    { ...place, line: 0, column: 2 ** 31 - 1 },
    { kind: 'copyOutput', text: long(2 * LIMITS.output) },
  ];
  for (const message of taken) {
    it(`is taken as it is: ${JSON.stringify(message).slice(0, 60)}`, () => {
      assert.deepEqual(readFromPage(message), message);
    });
  }

  it('keeps no member that it does not have', () => {
    assert.deepEqual(readFromPage({ kind: 'ready', command: 'x' }), { kind: 'ready' });
    assert.deepEqual(readFromPage({ ...place, root: '/' }), place);
    assert.deepEqual(readFromPage({ kind: 'action', action: 'pin', args: [] }), { kind: 'action', action: 'pin' });
  });

  const refused: Array<[string, unknown]> = [
    ['nothing', undefined],
    ['null', null],
    ['a text', 'ready'],
    ['a list', ['ready']],
    ['no kind', {}],
    ['a kind that is a list', { kind: ['ready'] }],
    ['a kind of another room', { kind: 'words', words: {} }],
    ['a name of every object as kind', { kind: 'constructor' }],
    ['an action that is a command', { kind: 'action', action: 'grafos.stack.stop' }],
    ['a name of every object as action', { kind: 'action', action: '__proto__' }],
    ['an action that is a list', { kind: 'action', action: ['again'] }],
    ['an action without a name', { kind: 'action' }],
    ['an input that is no text', { kind: 'action', action: 'again', input: { toString: 'x' } }],
    ['an input that is null', { kind: 'action', action: 'again', input: null }],
    ['an input larger than a run takes', { kind: 'action', action: 'again', input: long(LIMITS.input + 1) }],
    ['an artifact that is a path', { kind: 'artifact', name: '../../../etc/passwd' }],
    ['an artifact with a query', { kind: 'artifact', name: 'run.log?x' }],
    ['an artifact that is no text', { kind: 'artifact', name: 1 }],
    ['a place without a file', { kind: 'place', line: 1, column: 1 }],
    ['a place in a file that is no text', { ...place, file: {} }],
    ['a place in a file with a name without end', { ...place, file: long(4_097) }],
    ['a line that is text', { ...place, line: '3' }],
    ['a line that is no number', { ...place, line: Number.NaN }],
    ['a line that is a part', { ...place, line: 1.5 }],
    ['a line below none', { ...place, line: -1 }],
    ['a column past all', { ...place, column: Number.POSITIVE_INFINITY }],
    ['a text to copy that is bytes', { kind: 'copyOutput', text: new Uint8Array(3) }],
    ['a text to copy without end', { kind: 'copyOutput', text: long(2 * LIMITS.output + 1) }],
  ];
  for (const [name, message] of refused) {
    it(`is refused: ${name}`, () => assert.equal(readFromPage(message), undefined));
  }
});
