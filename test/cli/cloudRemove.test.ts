import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addCloudCell, type CloudCell, cloudCellsFile, readCloudCells } from '../../toolchain/deploy/cloudCells.ts';
import { keptKeyReference } from '../../toolchain/deploy/keptKeys.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { scratchProgram } from '../helpers/scratchProgram.ts';

const cell = (url: string, key = 'key.pem'): CloudCell => ({
  scheduler_url: url,
  tenant_name: 'acme',
  ca_cert: 'ca.pem',
  tenant_cert: 'acme.pem',
  tenant_key: key,
});
const EU = 'https://eu.example.com:8443';
const US = 'https://us.example.com:8443';

describe('grafos cloud remove', () => {
  let program: Awaited<ReturnType<typeof scratchProgram>>;
  const remove = (provider: string, url: string) =>
    grafos(['cloud', 'remove', provider, '--scheduler', url, '--json'], { cwd: program.root });
  const urls = async (provider: CloudProvider) =>
    (await readCloudCells(program.root, provider)).map(({ scheduler_url }) => scheduler_url);
  type CloudProvider = Parameters<typeof readCloudCells>[1];

  beforeEach(async () => {
    program = await scratchProgram('tasklets/demo.wat', { 'tasklets/demo.wat': '(module)' });
    for (const url of [US, EU]) await addCloudCell(program.root, 'aws', cell(url));
    await addCloudCell(program.root, 'gcp', cell(EU, keptKeyReference('cell.0')));
  });
  afterEach(() => program[Symbol.asyncDispose]());

  it('removes the cell of that provider at that address alone, and no file of its trust', async () => {
    await writeFile(join(program.root, 'key.pem'), 'the key');
    const removed = await grafosJson(['cloud', 'remove', 'aws', '--scheduler', EU], { cwd: program.root });
    assert.deepEqual(removed, { provider: 'aws', scheduler_url: EU, left: ['ca.pem', 'acme.pem', 'key.pem'] });
    assert.deepEqual([await urls('aws'), await urls('gcp')], [[US], [EU]]);
    assert.equal(await readFile(join(program.root, 'key.pem'), 'utf8'), 'the key');
  });

  it('takes other spellings of the address', async () => {
    for (const url of [`${EU}/`, 'HTTPS://US.example.com:8443']) assert.equal((await remove('aws', url)).code, 0, url);
    assert.deepEqual(await urls('aws'), []);
  });

  it('names no file of a key that an editor keeps', async () => {
    const { code, stdout } = await grafos(['cloud', 'remove', 'gcp', '--scheduler', EU], { cwd: program.root });
    assert.equal(code, 0);
    assert.match(stdout, /Its key stays in the secret storage of the editor/);
    assert.doesNotMatch(stdout, /cell\.0/);
  });

  for (const [what, provider, url, error, code, next] of [
    ['an address without a cell', 'aws', 'https://eu.example.com:9', 'cell_unknown', 2, /us\.example.*|eu\.example/],
    ['a provider without cells', 'azure', EU, 'cell_unknown', 2, /no cell of azure/],
    ['the address of another provider', 'gcp', US, 'cell_unknown', 2, /eu\.example\.com/],
    ['an address that is none', 'aws', 'eu', 'cell_unknown', 2, /eu\.example\.com/],
    ['an unknown provider', 'moon', EU, 'wrong_usage', 2, /aws/],
  ] as const) {
    it(`refuses ${what}, and removes nothing`, async () => {
      const refused = await remove(provider, url);
      const fault = JSON.parse(refused.stdout).error;
      assert.deepEqual([refused.code, fault.code], [code, error], refused.stdout);
      assert.match(`${fault.message} ${fault.why ?? ''} ${fault.next ?? ''}`, next);
      assert.deepEqual([await urls('aws'), await urls('gcp')], [[EU, US], [EU]]);
    });
  }

  it('leaves a damaged list as it is', async () => {
    const file = cloudCellsFile(program.root, 'aws');
    await writeFile(file, '[{}]');
    const refused = await remove('aws', EU);
    assert.equal(JSON.parse(refused.stdout).error.code, 'cells_file_invalid');
    assert.equal(await readFile(file, 'utf8'), '[{}]');
  });
});
