import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { askSocket } from '../../../base/askSocket.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';

const BOUNDS = { characters: 64, silentMs: 200 };

/** A local socket whose guests are answered by a function. */
async function listening(answer: (guest: Socket, question: string) => void) {
  const folder = await temporaryFolder();
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\${folder.path}` : join(folder.path, 'door');
  const guests: Socket[] = [];
  const server = createServer((guest) => {
    guests.push(guest);
    guest.on('error', () => {});
    guest.setEncoding('utf8').on('data', (question: string) => answer(guest, question));
  }).listen(path);
  await once(server, 'listening');
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const guest of guests) guest.destroy();
      server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe('a question to a local socket', () => {
  it('is one line, and so is its answer', async () => {
    await using door = await listening((guest, question) => guest.end(`${JSON.stringify({ question })}\n`));
    assert.deepEqual(await askSocket(door.path, 'status', BOUNDS), { question: 'status\n' });
  });

  for (const [what, answer] of [
    ['none', (guest) => guest.end()],
    ['one that never comes', () => {}],
    ['half of one', (guest) => guest.end('{"a":1}')],
    ['one that is no JSON', (guest) => guest.end('yes\n')],
    ['one that is too long', (guest) => guest.write('x'.repeat(100))],
  ] as Array<[string, (guest: Socket) => void]>) {
    it(`has no answer where there is ${what}`, async () => {
      await using door = await listening(answer);
      assert.equal(await askSocket(door.path, 'status', BOUNDS), undefined);
    });
  }

  it('has no answer where nobody listens', async () => {
    await using folder = await temporaryFolder();
    assert.equal(await askSocket(join(folder.path, 'none'), 'status', BOUNDS), undefined);
  });
});
