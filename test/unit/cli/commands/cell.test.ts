import assert from 'node:assert/strict';
import { join } from 'node:path';
import { init, renew, sign, status } from '../../../../cli/commands/cell.ts';
import { initCa } from '../../../../cli/commands/certificates.ts';
import { recordedCommand } from '../../../helpers/recordedCommand.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

/** The values that options have where they are not given. */
const DEFAULTS = {
  listen: '0.0.0.0',
  port: '7443',
  memoryPort: '7441',
  controlPort: '7440',
  memCapacity: '128MiB',
  days: '90',
};
const NAMED = { ...DEFAULTS, cellId: 'aws-eu-1', provider: 'aws', region: 'eu-1', host: ['cell.example.com'] };

describe('grafos cell', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const at = (name: string) => join(folder.path, name);
  const context = () => recordedCommand(folder.path);
  before(async () => {
    folder = await temporaryFolder();
    await initCa(context(), { out: at('ca'), days: '30' });
  });
  after(() => folder[Symbol.asyncDispose]());
  const authority = () => ({ ca: at('ca/ca.pem'), caKey: at('ca/ca-key.pem') });

  it('is ready at once where the CA is at hand', async () => {
    const command = context();
    await init(command, { ...NAMED, ...authority(), state: at('ready'), days: '20' });
    assert.deepEqual(command.out.lines, [
      `ready  aws-eu-1 in ${at('ready')}`,
      `  next: grafos cell run --state ${at('ready')}`,
    ]);
  });

  it('shows a stopped cell with its address and certificates, and ends with 3', async () => {
    const command = context();
    assert.equal(await status(command, { state: at('ready') }), 3);
    const [first, address] = command.out.lines;
    assert.equal(first, 'stopped  aws-eu-1 of aws in eu-1');
    assert.equal(address, '  reached at   https://cell.example.com:7443, memory at port 7441');
    assert.match(command.out.lines.join('\n'), /certificate {2}\S+ until \d{4}-/);
  });

  it('waits for certificates that are signed elsewhere, and takes them', async () => {
    const made = context();
    await init(made, { ...NAMED, state: at('far') });
    assert.match(made.out.lines[0] ?? '', /^waits {2}aws-eu-1 in /);
    const [{ request }] = made.out.values as [{ request: string }];
    const signed = context();
    await sign(signed, {
      ...authority(),
      request,
      cellId: 'aws-eu-1',
      host: ['cell.example.com'],
      out: at('answer.pem'),
      days: '20',
    });
    assert.match(signed.out.lines[0] ?? '', /^signed {2}aws-eu-1 for cell\.example\.com, until /);
    const taken = context();
    await init(taken, { ...DEFAULTS, state: at('far'), cert: at('answer.pem') });
    assert.match(taken.out.lines[0] ?? '', /^ready {2}aws-eu-1 in /);
  });

  it('renews with the CA, and asks for certificates without it', async () => {
    const command = context();
    await renew(command, { ...authority(), state: at('ready'), days: '20' });
    assert.match(command.out.lines.join('\n'), /^renewed {2}aws-eu-1 until .*\n.*takes them at its next start$/);
    const request = context();
    await renew(request, { state: at('ready'), days: '20' });
    assert.match(request.out.lines[0] ?? '', /^waits {2}aws-eu-1 keeps its certificates/);
  });

  const refused: Array<[string, object]> = [
    ['no name', { ...NAMED, cellId: undefined }],
    ['a provider that is none', { ...NAMED, provider: 'moon' }],
    ['a port that is none', { ...NAMED, port: '70000' }],
    ['a size that is none', { ...NAMED, memCapacity: '1GB' }],
    ['half of a CA', { ...NAMED, ca: 'ca.pem' }],
  ];
  for (const [name, given] of refused) {
    it(`refuses ${name}`, async () => {
      const call = init(context(), { ...(given as typeof NAMED), state: at('refused') });
      await assert.rejects(call, { code: 'wrong_usage' });
    });
  }

  it('refuses half of a CA also where it renews', async () => {
    await assert.rejects(renew(context(), { state: at('ready'), caKey: 'x', days: '5' }), { code: 'wrong_usage' });
  });

  it('says where no cell is', async () => {
    await assert.rejects(status(context(), { state: at('nowhere') }), { code: 'cell_not_initialized' });
  });
});
