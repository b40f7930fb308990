import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GrafosError } from '../../../../base/grafosError.ts';
import { createAuthority } from '../../../../toolchain/trust/authority.ts';
import { readAuthority } from '../../../../toolchain/trust/readAuthority.ts';
import { BY_HAND, readPem } from '../../../../toolchain/trust/readPem.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

async function errorOf(act: Promise<unknown>): Promise<GrafosError> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof GrafosError, String(error));
  return error;
}

/** Asserts sentences without a number of the system, and no mark glued to the name of a file. */
function readsWell({ message, why, next }: GrafosError): void {
  for (const sentence of [message, why ?? '']) {
    assert.match(sentence, /^[A-Z].*\.$/);
    assert.doesNotMatch(sentence, /\bE[A-Z]{4,}\b|\.pem[.:]|[.:;,][.:;,]/);
  }
  assert.notEqual(next, undefined);
}

describe('a CA that the user keeps', () => {
  for (const [what, why] of [
    ['a pipe', 'It is no regular file.'],
    ['a huge file', 'It has 1048576 bytes, and 262144 is the most.'],
    ['a folder', 'It is no regular file.'],
  ] as const)
    it(`is refused at once as ${what}`, async function () {
      if (process.platform === 'win32') this.skip();
      await using folder = await temporaryFolder();
      const ca = join(folder.path, 'ca.pem');
      if (what === 'a pipe') execFileSync('mkfifo', [ca]);
      else if (what === 'a folder') await mkdir(ca);
      else await writeFile(ca, Buffer.alloc(1024 * 1024));
      const refused = await errorOf(readAuthority(ca, ca, 1));
      readsWell(refused);
      assert.deepEqual([refused.code, refused.why], ['ca_unreadable', why]);
    });

  it('that is not there is named in sentences, with its path apart from their ends', async () => {
    await using folder = await temporaryFolder();
    const [ca, caKey] = [join(folder.path, 'ca.pem'), join(folder.path, 'ca-key.pem')];
    const absent = await errorOf(readAuthority(ca, caKey, 1));
    readsWell(absent);
    assert.equal(absent.code, 'ca_unreadable');
    assert.equal(absent.message, `The CA certificate cannot be read (${ca}).`);
    assert.equal(absent.why, 'There is no such file or folder.');

    const { certPem, exportKeyPem } = createAuthority({ name: 'unit CA', days: 9 });
    await writeFile(ca, certPem);
    const keyless = await errorOf(readAuthority(ca, caKey, 1));
    readsWell(keyless);
    assert.equal(keyless.message, `The CA key cannot be read (${caKey}).`);
    await writeFile(caKey, exportKeyPem());
    assert.ok((await readAuthority(ca, caKey, 9)).notAfter.getTime() > Date.now());
    const longer = await errorOf(readAuthority(ca, caKey, 30));
    assert.equal(longer.code, 'ca_ends_sooner');
    assert.match(longer.next ?? '', /at most \d+ days/);
  });

  it('and files of trust read alike', async () => {
    await using folder = await temporaryFolder();
    for (const whose of ['local', 'aws', BY_HAND]) {
      for (const file of [join(folder.path, 'ca.pem'), folder.path]) {
        const error = await errorOf(readPem(whose, file));
        readsWell(error);
        assert.equal(error.code, 'trust_unreadable');
        assert.ok(error.message.includes(`(${file})`), error.message);
      }
    }
  });
});
