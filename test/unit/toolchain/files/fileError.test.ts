import assert from 'node:assert/strict';
import { GrafosError } from '../../../../base/grafosError.ts';
import { fileError, fileFault, isDiskFull } from '../../../../toolchain/files/fileError.ts';

const errno = (code: string, more: object = {}) =>
  Object.assign(new Error(`${code}: words of the system`), { code, path: '/x/y', ...more });

function known(error: unknown, isGiven = false): GrafosError {
  const made = fileError(error, 'It cannot be kept', isGiven);
  assert.ok(made instanceof GrafosError);
  return made;
}

describe('an error of the file system', () => {
  for (const [code, expected, why] of [
    ['ENOSPC', 'disk_full', 'no space left on the device'],
    ['EDQUOT', 'disk_full', 'the disk quota is used up'],
    ['EROFS', 'permission_denied', 'the file system is read-only'],
    ['EACCES', 'permission_denied', 'permission denied'],
    ['ENOENT', 'no_such_file', 'there is no such file or folder'],
    ['EISDIR', 'not_a_file', 'it is a folder'],
    ['ENAMETOOLONG', 'path_too_long', 'the path is too long'],
    ['EMFILE', 'too_many_files', 'too many open files'],
  ] as const) {
    it(`${code} is ${expected}, in words, with the path and a next step`, () => {
      const error = known(errno(code));
      assert.deepEqual([error.code, error.kind], [expected, 'unreachable']);
      assert.equal(error.message, `It cannot be kept: ${why} (/x/y).`);
      assert.match(error.next ?? '', /^[A-Z].*\.$/);
      assert.equal(isDiskFull(errno(code)), expected === 'disk_full');
    });
  }

  it('is wrong usage where the path was given, and only where it can be', () => {
    assert.equal(known(errno('ENOENT'), true).kind, 'usage');
    assert.equal(known(errno('ENOSPC'), true).kind, 'unreachable');
  });

  it('has another meaning of a watch, which no full disk is', () => {
    assert.equal(known(errno('ENOSPC', { syscall: 'watch' })).code, 'too_many_watched_files');
    assert.equal(isDiskFull(errno('ENOSPC', { syscall: 'watch' })), false);
  });

  it('stays as it is where it is none, or is in words already', () => {
    for (const other of [new Error('x'), errno('EIO'), new GrafosError('disk_full', 'x'), 'x', undefined]) {
      assert.equal(fileError(other, 'It cannot be kept'), other);
      assert.equal(isDiskFull(other), false);
    }
  });

  it('is a sentence by itself', () => {
    assert.equal(fileFault(errno('ENOSPC')), 'No space left on the device.');
    assert.equal(fileFault(new Error('odd')), 'Odd.');
  });
});
