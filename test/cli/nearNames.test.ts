import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { grafosJson } from '../helpers/grafosCommand.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { watProgram } from '../helpers/watTasklets.ts';

interface Refused {
  error: { code: string; message: string; next: string };
}

/** Commands with a name in the place of `?`, a name that is nearly one, and the name it is near. */
const NAMES: Array<[command: string, near: string, meant: string]> = [
  ['tasklet build ?', 'helo', 'hello'],
  ['tasklet inspect ?', 'hullo', 'hello'],
  ['validate ?', 'hell', 'hello'],
  ['test ?', 'hlelo', 'hello'],
  ['deploy run --tasklet ?', 'Hello', 'hello'],
  ['fuel suggest ?', 'helloo', 'hello'],
  ['deploy run --provider ?', 'lokal', 'local'],
  ['runs list --provider ?', 'gpc', 'gcp'],
  ['provider status ?', 'azur', 'azure'],
  ['dev logs ?', 'scheduller', 'scheduler'],
  ['completion ?', 'bsh', 'bash'],
  ['new other --template ?', 'ruts', 'rust'],
  ['test --case ?', 'emty', 'empty'],
  ['help ?', 'deplyo', 'deploy'],
];

describe('a name that is refused as unknown', () => {
  let program: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    program = await temporaryFolder();
    await mkdir(join(program.path, 'tasklets'));
    await mkdir(join(program.path, 'fixtures/hello'), { recursive: true });
    for (const [name, text] of Object.entries(watProgram('hello'))) await writeFile(join(program.path, name), text);
    await writeFile(join(program.path, 'fixtures/hello/empty.expected.json'), '{}');
    await writeFile(join(program.path, 'fixtures/hello/empty.input.json'), '{}');
  });
  after(() => program[Symbol.asyncDispose]());

  const refusal = async (command: string, name: string) => {
    const args = command.split(' ').map((word) => (word === '?' ? name : word));
    const { error } = await grafosJson<Refused>(args, { cwd: program.path, code: 2 });
    return `${error.message} ${error.next}`;
  };

  for (const [command, near, meant] of NAMES) {
    it(`comes with the nearest known one: ${command.replace('?', near)}`, async () => {
      assert.ok((await refusal(command, near)).includes(`Did you mean "${meant}"? `), await refusal(command, near));
    });

    it(`comes with no other where none is near: ${command}`, async () => {
      assert.doesNotMatch(await refusal(command, 'qqqqqq'), /Did you mean/);
    });
  }
});
