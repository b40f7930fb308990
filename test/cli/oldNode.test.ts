import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT_CODE, kindOf } from '../../base/errorCodes.ts';
import { packageRoot } from '../../base/packageRoot.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

/** Makes a Node say that it is an old one. */
const OLD = `
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });
  Object.defineProperty(process, 'version', { value: 'v20.20.2' });
`;

describe('the first file of the command, alone in a folder', () => {
  const from = async (options: { isOld: boolean; isCheckout: boolean; args: string[] }) => {
    await using folder = await temporaryFolder();
    const { path } = folder;
    await mkdir(join(path, 'bin'));
    await cp(join(packageRoot, 'bin/grafos.cjs'), join(path, 'bin/grafos.cjs'));
    await writeFile(join(path, 'old.cjs'), OLD);
    if (options.isCheckout) await writeFile(join(path, 'package-lock.json'), '{}');
    const old = options.isOld ? ['--require', join(path, 'old.cjs')] : [];
    const argv = [...old, join(path, 'bin/grafos.cjs'), ...options.args];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', cwd: path });
    return { status, stdout, stderr };
  };

  for (const [what, isOld, isCheckout, code, next] of [
    ['an old Node, installed', true, false, 'node_too_old', /^Install Node\.js 22\.15 or newer/],
    [
      'an old Node, in a checkout',
      true,
      true,
      'node_too_old',
      /^Run `npm ci` in .*or install Node\.js 22\.15 or newer/,
    ],
    ['no build, installed', false, false, 'installation_incomplete', /^Install grafos again\.$/],
    ['no build, in a checkout', false, true, 'installation_incomplete', /^Run `npm run build` in /],
  ] as const) {
    it(`says in JSON and in words: ${what}`, async () => {
      const json = await from({ isOld, isCheckout, args: ['dev', 'status', '--json'] });
      assert.deepEqual([json.status, json.stderr], [EXIT_CODE[kindOf(code)], '']);
      const { error } = JSON.parse(json.stdout);
      assert.deepEqual(Object.keys(error), ['code', 'message', 'why', 'next']);
      assert.equal(error.code, code);
      assert.match(error.next, next);
      if (isOld) assert.match(error.message, /this is v20\.20\.2\.$/);
      const words = await from({ isOld, isCheckout, args: ['dev', 'status'] });
      assert.deepEqual([words.status, words.stdout], [json.status, '']);
      assert.ok(words.stderr.startsWith(`error: ${error.message} [${code}]\n`), words.stderr);
    });
  }
});
