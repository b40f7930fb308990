import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTar, type TarFile, TarInvalidError, writeTar } from '../../../../../toolchain/cell/bundle/tarArchive.ts';
import { temporaryFolder } from '../../../../helpers/temporaryFolder.ts';

const file = (path: string, text: string, isExecutable = false): TarFile => ({
  path,
  bytes: Buffer.from(text),
  isExecutable,
});

const tarOf = (files: TarFile[]) => Buffer.concat([...writeTar(files)]);

describe('an archive', () => {
  const long = `${'folder/'.repeat(20)}file`;
  const files = [file('b/run', '#!/bin/sh\n', true), file('a', ''), file(long, 'x'.repeat(513))];

  it('is read as it was written, in the order of its paths', () => {
    const read = [...readTar(tarOf(files))].map((one) => ({ ...one, bytes: Buffer.from(one.bytes) }));
    assert.deepEqual(read, [files[1], files[0], files[2]]);
  });

  it('has the same bytes whatever the order of its files', () => {
    assert.deepEqual(tarOf([...files].reverse()), tarOf(files));
  });

  it('is unpacked by tar with its modes, folders and contents', async function () {
    if (process.platform === 'win32') this.skip();
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'x.tar');
    await writeFile(path, tarOf(files));
    execFileSync('tar', ['-xf', path, '-C', folder.path]);
    assert.equal(execFileSync(join(folder.path, 'b/run'), { encoding: 'utf8' }), '');
    assert.equal((await readFile(join(folder.path, long), 'utf8')).length, 513);
  });

  const whole = tarOf([file('a', 'hello')]);
  const changed = (at: number, text: string) => {
    const bytes = Buffer.from(whole);
    bytes.write(text, at, 'latin1');
    bytes.write('        ', 148, 'latin1');
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return bytes;
  };
  const hostile: Array<[what: string, bytes: Buffer]> = [
    ['a path that leads out', changed(0, '../a')],
    ['an absolute path', changed(0, '/etc/x')],
    ['a symbolic link', changed(156, '2')],
    ['a hard link', changed(156, '1')],
    ['a device', changed(156, '3')],
    ['a size beyond its end', changed(124, '77777777777\0')],
    ['a size that is no number', changed(124, '-0000000001\0')],
    ['no end', whole.subarray(0, 1024)],
    ['half a header', whole.subarray(0, 300)],
    ['a wrong checksum', Buffer.concat([Buffer.from('b'), whole.subarray(1)])],
  ];
  for (const [what, bytes] of hostile)
    it(`is refused with ${what}`, () => assert.throws(() => [...readTar(bytes)], TarInvalidError));
});
