import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { GrafosError } from '../../../../../base/grafosError.ts';
import { packageRoot } from '../../../../../base/packageRoot.ts';
import { BUNDLE_PARTS, BUNDLE_TARGETS } from '../../../../../toolchain/cell/bundle/bundleParts.ts';
import { signChecksum } from '../../../../../toolchain/cell/bundle/bundleSignature.ts';
import { type TarFile, writeTar } from '../../../../../toolchain/cell/bundle/tarArchive.ts';
import { verifyBundle } from '../../../../../toolchain/cell/bundle/verifyBundle.ts';
import { createAuthority } from '../../../../../toolchain/trust/authority.ts';
import { temporaryFolder } from '../../../../helpers/temporaryFolder.ts';

const file = (path: string, text: string, isExecutable = false): TarFile => ({
  path,
  bytes: Buffer.from(text),
  isExecutable,
});

const tarOf = (files: TarFile[]) => Buffer.concat([...writeTar(files)]);

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

describe('a bundle', () => {
  const ca = createAuthority({ name: 'bundle CA', days: 10 });
  const top = 'grafos-cell-0.1.0-linux-x64';
  const name = `${top}.tar.gz`;
  const content = [file('bin/grafos', '#!/bin/sh\n', true), file('package.json', '{}')];
  const manifest = content.map(({ path, bytes }) => `${sha256(bytes)}  ${path}\n`).join('');

  async function codeOf(
    files: TarFile[],
    change: (paths: { archive: string; sum: string; signature: string }) => Promise<unknown> = async () => {},
    signer = ca.issue({ role: 'admin', name: 'ops', days: 5 }),
  ): Promise<string> {
    await using folder = await temporaryFolder();
    const archive = join(folder.path, name);
    const bytes = gzipSync(tarOf(files.map((one) => ({ ...one, path: `${top}/${one.path}` }))));
    await writeFile(archive, bytes);
    const line = `${sha256(bytes)}  ${name}\n`;
    const [sum, signature] = [`${archive}.sha256`, `${archive}.sha256.sig`];
    await writeFile(sum, line);
    await writeFile(signature, signChecksum(line, signer));
    await change({ archive, sum, signature });
    try {
      const { files: count, signed_by, version, target } = await verifyBundle(archive, ca.certPem);
      return `${count} of ${version} for ${target} by ${signed_by}`;
    } catch (error) {
      if (error instanceof GrafosError) return error.code;
      throw error;
    }
  }
  const whole = [...content, file('MANIFEST.sha256', manifest)];

  it('is sound when every hash and the signature hold', async () => {
    assert.equal(await codeOf(whole), '2 of 0.1.0 for linux-x64 by ops');
  });

  const resigned =
    (text: (old: string) => string) =>
    async ({ sum }: { sum: string }) =>
      writeFile(sum, text(await readFile(sum, 'utf8')));
  const rows: Array<[what: string, code: string, files: TarFile[], change?: Parameters<typeof codeOf>[1]]> = [
    ['a file that the list has not', 'bundle_unfit', [...whole, file('bin/more', '')]],
    ['a file that is missing', 'bundle_unfit', whole.slice(1)],
    ['another file', 'bundle_unfit', [file('bin/grafos', 'evil', true), ...whole.slice(1)]],
    ['no list', 'bundle_unfit', content],
    ['no checksum', 'no_such_file', whole, ({ sum }) => import('node:fs/promises').then(({ rm }) => rm(sum))],
    [
      'another checksum',
      'bundle_unfit',
      whole,
      resigned((old) => old.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))),
    ],
    ['a checksum of another name', 'bundle_unfit', whole, resigned((old) => old.replace('linux-x64', 'linux-arm64'))],
    ['a damaged archive', 'bundle_unfit', whole, async ({ archive }) => writeFile(archive, 'no archive')],
    [
      'no signature',
      'no_such_file',
      whole,
      ({ signature }) => import('node:fs/promises').then(({ rm }) => rm(signature)),
    ],
    ['a signature that is no JSON', 'bundle_signature_wrong', whole, ({ signature }) => writeFile(signature, '{')],
    [
      'a signature of another checksum',
      'bundle_signature_wrong',
      whole,
      ({ signature }) =>
        writeFile(signature, signChecksum('other\n', ca.issue({ role: 'admin', name: 'ops', days: 5 }))),
    ],
  ];
  for (const [what, code, files, change] of rows)
    it(`is refused with ${what}`, async () => assert.equal(await codeOf(files, change), code));

  it('is refused when a tenant, or an admin of another CA, signed it', async () => {
    assert.equal(
      await codeOf(whole, undefined, ca.issue({ role: 'tenant', name: 'acme', days: 5 })),
      'bundle_signature_wrong',
    );
    const other = createAuthority({ name: 'bundle CA', days: 10 }).issue({ role: 'admin', name: 'ops', days: 5 });
    assert.equal(await codeOf(whole, undefined, other), 'bundle_signature_wrong');
  });

  it('cannot be signed with the key of another certificate', () => {
    const [one, two] = ['a', 'b'].map((admin) => ca.issue({ role: 'admin', name: admin, days: 1 }));
    assert.ok(one && two);
    assert.throws(() => signChecksum('x', { certPem: one.certPem, keyPem: two.keyPem }), {
      code: 'bundle_signer_unfit',
    });
  });

  it('is made of the packages that this repository is locked to', () => {
    const lock = JSON.parse(readFileSync(join(packageRoot, 'package-lock.json'), 'utf8')).packages;
    for (const target of BUNDLE_TARGETS) {
      for (const { name: part, version, integrity } of BUNDLE_PARTS[target]) {
        const locked = lock[`node_modules/${part}`] ?? lock['node_modules/node'];
        assert.equal(version, locked.version, part);
        if (lock[`node_modules/${part}`] !== undefined) assert.equal(integrity, locked.integrity, part);
        assert.match(integrity, /^sha512-[A-Za-z0-9+/]{86}==$/, part);
      }
    }
  });
});
