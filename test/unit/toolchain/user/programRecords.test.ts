import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  claimProgramRecord,
  dropProgramRecord,
  keepProgramRecord,
  parseProgramRecord,
  programRecordText,
  readProgramRecord,
} from '../../../../toolchain/user/programRecords.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const ID = 'ab'.repeat(32);

describe('the text of a record', () => {
  it('is read as it was written', () => {
    const record = { id: ID, path: '/a "b"/ü\n' };
    assert.deepEqual(parseProgramRecord(programRecordText(record)), record);
    assert.deepEqual(parseProgramRecord(`{"more": 1, "path": "/p", "id": "${ID}"}`), { id: ID, path: '/p' });
  });

  for (const text of [
    undefined,
    '',
    'null',
    '[]',
    '"x"',
    `{"id": "${ID}"`,
    `{"id": "${ID}"}`,
    '{"path": "/p"}',
    `{"id": "${ID.toUpperCase()}", "path": "/p"}`,
    `{"id": "${ID}\\n", "path": "/p"}`,
    `{"id": ["${ID}"], "path": "/p"}`,
    `{"id": "${ID}", "path": 1}`,
  ]) {
    it(`is none: ${text}`, () => assert.equal(parseProgramRecord(text), undefined));
  }
});

describe('the records of programs', () => {
  const before = process.env.XDG_STATE_HOME;
  let home: Awaited<ReturnType<typeof temporaryFolder>>;
  const folder = () => join(home.path, 'grafos', 'programs');
  const onlyFile = () => join(folder(), readdirSync(folder())[0] ?? '');

  beforeEach(async function () {
    // Windows keeps its records in another folder, by another variable.
    if (process.platform === 'win32') this.skip();
    home = await temporaryFolder();
    process.env.XDG_STATE_HOME = home.path;
  });
  afterEach(async () => {
    if (before === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = before;
    await home?.[Symbol.asyncDispose]();
  });

  it('are made once for a path, and are its own', async () => {
    assert.equal(readProgramRecord('/p'), undefined);
    const [first, other] = [await claimProgramRecord('/p'), await claimProgramRecord('/q')];
    assert.match(first.id, /^[0-9a-f]{64}$/);
    assert.notEqual(first.id, other.id);
    assert.deepEqual(await claimProgramRecord('/p'), first);
    assert.deepEqual([readProgramRecord('/p'), readProgramRecord('/q')], [first, other]);
  });

  it('are one for all that come at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => claimProgramRecord('/p')));
    assert.equal(new Set(all.map(({ id }) => id)).size, 1);
  });

  it('are for the user alone to read', async () => {
    await claimProgramRecord('/p');
    assert.equal(statSync(onlyFile()).mode & 0o777, 0o600);
    assert.equal(statSync(folder()).mode & 0o077, 0);
  });

  it('prove nothing in the place of another path, torn, too long, or as a link', async () => {
    await claimProgramRecord('/p');
    for (const text of [programRecordText({ id: ID, path: '/other' }), '{"id"', ' '.repeat(20_000)]) {
      writeFileSync(onlyFile(), text);
      assert.equal(readProgramRecord('/p'), undefined);
    }
    const file = onlyFile();
    dropProgramRecord('/p');
    assert.equal(existsSync(file), false);
    writeFileSync(join(home.path, 'stranger'), programRecordText({ id: ID, path: '/p' }));
    await symlink(join(home.path, 'stranger'), file);
    assert.equal(readProgramRecord('/p'), undefined);
  });

  it('that stay torn are written anew', async () => {
    await claimProgramRecord('/p');
    writeFileSync(onlyFile(), '{"id": "half');
    const record = await claimProgramRecord('/p');
    assert.deepEqual(readProgramRecord('/p'), record);
  });

  it('are replaced when they are kept, and gone when they are dropped', async () => {
    await claimProgramRecord('/p');
    await keepProgramRecord({ id: ID, path: '/p' });
    assert.deepEqual(readProgramRecord('/p'), { id: ID, path: '/p' });
    dropProgramRecord('/p');
    dropProgramRecord('/p');
    assert.equal(readProgramRecord('/p'), undefined);
  });

  it('that cannot be kept are an error with advice', async () => {
    writeFileSync(join(home.path, 'grafos'), 'a file in the way');
    await assert.rejects(claimProgramRecord('/p'), { name: 'GrafosError' });
    assert.equal(readProgramRecord('/p'), undefined);
    dropProgramRecord('/p');
  });

  it('are not read through a folder that is a link', async () => {
    await mkdir(join(home.path, 'elsewhere'));
    await symlink(join(home.path, 'elsewhere'), join(home.path, 'grafos'));
    await assert.rejects(claimProgramRecord('/p'), { code: 'state_unsafe' });
    assert.deepEqual(readdirSync(join(home.path, 'elsewhere')), []);
  });
});
