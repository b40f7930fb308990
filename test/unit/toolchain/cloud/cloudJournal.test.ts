import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CloudJournal,
  dropJournal,
  lockCell,
  readJournal,
  readJournals,
  writeJournal,
} from '../../../../toolchain/cloud/cloudJournal.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const journal = (name: string, more: Partial<CloudJournal> = {}): CloudJournal => ({
  version: 1,
  provider: 'aws',
  name,
  account: '123456789012',
  regions: ['eu-central-1'],
  size: 'small',
  from: '0.0.0.0/0',
  token: 'token-1',
  step: 'make',
  url: null,
  began: '2026-01-02T03:04:05.000Z',
  ...more,
});

describe('the notes of a cell in a cloud', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const root = () => folder.path;
  const file = (name: string) => join(root(), '.grafos', 'cloud', name);

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => await folder[Symbol.asyncDispose]());

  it('are read as they were written, replaced, and dropped', async () => {
    assert.equal(readJournal(root(), 'aws', 'one'), undefined);
    await writeJournal(root(), journal('one'));
    assert.deepEqual(readJournal(root(), 'aws', 'one'), journal('one'));
    const done = journal('one', { step: 'done', url: 'https://203.0.113.7:8443', regions: ['a', 'b'] });
    await writeJournal(root(), done);
    assert.deepEqual(readJournal(root(), 'aws', 'one'), done);
    dropJournal(root(), 'aws', 'one');
    dropJournal(root(), 'aws', 'one');
    assert.equal(readJournal(root(), 'aws', 'one'), undefined);
  });

  it('are listed in the order of their files, without lists of cells, locks and damaged ones', async () => {
    assert.deepEqual(readJournals(root()), []);
    for (const one of [journal('two'), journal('one'), journal('one', { provider: 'gcp' })])
      await writeJournal(root(), one);
    writeFileSync(file('aws-cells.json'), JSON.stringify(journal('cells')), { mode: 0o600 });
    writeFileSync(file('aws-three.json'), '{', { mode: 0o600 });
    writeFileSync(file('azure-one.json'), JSON.stringify(journal('one')), { mode: 0o600 });
    assert.deepEqual(
      readJournals(root()).map(({ provider, name }) => `${provider} ${name}`),
      ['aws one', 'aws two', 'gcp one'],
    );
  });

  const good = journal('one');
  const damaged: Array<[what: string, text: string]> = [
    ['cut off', JSON.stringify(good).slice(0, 40)],
    ['null', 'null'],
    ['of another version', JSON.stringify({ ...good, version: 2 })],
    ['of another cell', JSON.stringify(journal('two'))],
    ['of another cloud', JSON.stringify({ ...good, provider: 'gcp' })],
    ['at an unknown step', JSON.stringify({ ...good, step: 'dance' })],
    ['without a token', JSON.stringify({ ...good, token: undefined })],
    ['with regions that are no list', JSON.stringify({ ...good, regions: 'eu' })],
    ['nested without end', '['.repeat(60_000)],
    ['too long', JSON.stringify({ ...good, size: 'x'.repeat(70_000) })],
  ];
  for (const [what, text] of damaged) {
    it(`count as none when they are ${what}`, async () => {
      await writeJournal(root(), good);
      writeFileSync(file('aws-one.json'), text, { mode: 0o600 });
      assert.equal(readJournal(root(), 'aws', 'one'), undefined);
    });
  }

  it('let one command at a time work on a cell, and others on other cells', async () => {
    const { signal } = new AbortController();
    await using _one = await lockCell(root(), 'aws', 'one', signal);
    await using _two = await lockCell(root(), 'aws', 'two', signal);
    await using _gcp = await lockCell(root(), 'gcp', 'one', signal);
    await assert.rejects(lockCell(root(), 'aws', 'one', AbortSignal.abort(new Error('no more'))), /no more/);
    const held = readdirSync(join(root(), '.grafos', 'cloud')).filter((name) => name.endsWith('.lock'));
    assert.deepEqual(held.sort(), ['aws-one.lock', 'aws-two.lock', 'gcp-one.lock']);
  });

  it('let the next command work once the first is done', async () => {
    const { signal } = new AbortController();
    const held = await lockCell(root(), 'aws', 'one', signal);
    const next = lockCell(root(), 'aws', 'one', signal);
    await held[Symbol.asyncDispose]();
    await (await next)[Symbol.asyncDispose]();
  });
});
