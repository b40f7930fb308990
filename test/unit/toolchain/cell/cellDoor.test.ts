import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StateFolder } from '../../../../base/files/stateFolder.ts';
import { doorAddress, openCellDoor } from '../../../../toolchain/cell/cellDoor.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

/** Time after which a guest that says nothing is sent away, milliseconds. */
const SILENT_MS = 5_000;

describe('the local socket of a running cell', () => {
  let scratch: Awaited<ReturnType<typeof temporaryFolder>>;
  let folder: StateFolder;
  const questions: string[] = [];

  beforeEach(async () => {
    scratch = await temporaryFolder();
    folder = StateFolder.at(scratch.path);
    questions.length = 0;
  });
  afterEach(async () => await scratch[Symbol.asyncDispose]());

  const opened = (work: () => Promise<unknown> = async () => ({ done: true })) =>
    openCellDoor(folder, async (question, brought) => {
      questions.push(`${question} ${brought}`);
      return await work();
    });
  const say = async (text: string): Promise<string> => {
    const socket = connect(doorAddress(folder));
    socket.on('error', () => {});
    socket.write(text);
    let answer = '';
    socket.setEncoding('utf8').on('data', (part) => (answer += part));
    await once(socket, 'close');
    return answer;
  };

  it('is refused where its path would be longer than a system allows', function () {
    if (process.platform === 'win32') this.skip();
    const base = folder.path.length + 1;
    const socket = doorAddress(folder).length - folder.path.length;
    const at = (bytes: number) => StateFolder.at(join(folder.path, 'd'.repeat(bytes - base - socket)));
    assert.equal(doorAddress(at(103)).length, 103);
    for (const bytes of [104, 200]) {
      assert.throws(() => doorAddress(at(bytes)), { code: 'path_too_long', next: /--state FOLDER/ });
    }
  });

  it('answers a question with what it brings', async () => {
    await using _door = await opened();
    assert.equal(await say('answer AAAA\n'), '{"done":true}\n');
    assert.equal(await say('status\n'), '{"done":true}\n');
    assert.deepEqual(questions, ['answer AAAA', 'status ']);
  });

  it('waits for an answer that takes longer than a silent guest may', async () => {
    await using _door = await opened(async () => {
      await delay(SILENT_MS + 500);
      return { late: true };
    });
    assert.equal(await say('request\n'), '{"late":true}\n');
  });

  for (const [what, text] of [
    ['no question', 'hello\n'],
    ['a question in other letters', 'STATUS\n'],
    ['more than a question may have, and no end', `status ${'x'.repeat(100 * 1024)}`],
  ] as const) {
    it(`sends a guest with ${what} away, unanswered`, async () => {
      await using _door = await opened();
      assert.equal(await say(text), '');
      assert.deepEqual(questions, []);
    });
  }

  it('sends a guest away when the work fails', async () => {
    await using _door = await opened(() => Promise.reject(new Error('no')));
    assert.equal(await say('reload\n'), '');
  });
});
