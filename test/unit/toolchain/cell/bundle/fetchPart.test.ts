import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { GrafosError } from '../../../../../base/grafosError.ts';
import type { BundlePart } from '../../../../../toolchain/cell/bundle/bundleParts.ts';
import { fetchPart } from '../../../../../toolchain/cell/bundle/fetchPart.ts';
import { writeTar } from '../../../../../toolchain/cell/bundle/tarArchive.ts';
import { temporaryFolder } from '../../../../helpers/temporaryFolder.ts';

const ARCHIVE = gzipSync(
  Buffer.concat([
    ...writeTar([
      { path: 'package/bin/node', bytes: Buffer.from('binary'), isExecutable: true },
      { path: 'package/LICENSE', bytes: Buffer.from('free'), isExecutable: false },
      { path: 'package/README.md', bytes: Buffer.from('more'), isExecutable: false },
    ]),
  ]),
);
const PART: BundlePart = {
  name: 'node-somewhere',
  version: '1.2.3',
  integrity: `sha512-${createHash('sha512').update(ARCHIVE).digest('base64')}`,
  into: 'node',
  files: ['LICENSE', 'bin/node'],
};

/** Fetches through an npm that is a script: it runs in the folder that the archive goes to. */
async function fetchBy(script: string, part: Partial<BundlePart> = {}, signal = new AbortController().signal) {
  await using folder = await temporaryFolder();
  const npm = join(folder.path, 'npm.cjs');
  await writeFile(join(folder.path, 'archive.tgz'), ARCHIVE);
  await writeFile(npm, `const { copyFileSync, writeFileSync } = require('node:fs');\n${script}`);
  const before = process.env.npm_execpath;
  process.env.npm_execpath = npm;
  try {
    return await fetchPart({ ...PART, ...part }, signal);
  } finally {
    if (before === undefined) delete process.env.npm_execpath;
    else process.env.npm_execpath = before;
  }
}

const PACK = `copyFileSync(__dirname + '/archive.tgz', 'node-somewhere-1.2.3.tgz');`;

const failsWith = (code: string, why: RegExp) => (error: unknown) => {
  assert.ok(error instanceof GrafosError);
  assert.equal(error.code, code);
  assert.match(error.why ?? '', why);
  return true;
};

describe('fetchPart', () => {
  it('takes the files of a part, with their modes, into its folder', async () => {
    const files = await fetchBy(PACK);
    assert.deepEqual(
      files.map(({ path, bytes, isExecutable }) => [path, Buffer.from(bytes).toString(), isExecutable]).sort(),
      [
        ['node/LICENSE', 'free', false],
        ['node/bin/node', 'binary', true],
      ],
    );
  });

  it('asks for the very version, and runs no script of it', async () => {
    const script = `if (process.argv.slice(2, 5).join(' ') !== 'pack node-somewhere@1.2.3 --ignore-scripts') process.exit(1);`;
    assert.equal((await fetchBy(`${script}${PACK}`)).length, 2);
  });

  it('refuses an archive of another hash', async () => {
    await assert.rejects(
      fetchBy(PACK, { integrity: 'sha512-other' }),
      failsWith('bundle_part_differs', /not sha512-other/),
    );
  });

  it('refuses an archive that lacks a file', async () => {
    await assert.rejects(
      fetchBy(PACK, { files: ['LICENSE', 'more'] }),
      failsWith('bundle_part_differs', /no file more/),
    );
  });

  const failures: Array<[what: string, script: string, why: RegExp]> = [
    [
      'npm fails, by its first three lines',
      `console.error('E404\\ntwo\\nthree\\nfour'); process.exit(1)`,
      /^E404\ntwo\nthree\n…$/,
    ],
    ['npm packs nothing', '', /packed no archive/],
    ['npm packs two archives', `${PACK} writeFileSync('other.tgz', '')`, /packed no archive/],
  ];
  for (const [what, script, why] of failures) {
    it(`says why where ${what}`, () => assert.rejects(fetchBy(script), failsWith('npm_failed', why)));
  }

  it('is silent about a fetch that was given up', async () => {
    await assert.rejects(fetchBy(PACK, {}, AbortSignal.abort()), { name: 'AbortError' });
  });
});
