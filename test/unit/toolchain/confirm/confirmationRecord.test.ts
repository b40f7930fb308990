import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DevState } from '../../../../daemons/wire/devState.ts';
import { cellConfirmation, confirmCell } from '../../../../toolchain/confirm/cellConfirmation.ts';
import { readConfirmationRecord } from '../../../../toolchain/confirm/confirmationRecord.ts';
import { confirmedCells } from '../../../../toolchain/confirm/confirmedCells.ts';
import { confirmStack, stackConfirmation } from '../../../../toolchain/confirm/stackConfirmation.ts';
import { addCloudCell, type CloudCell } from '../../../../toolchain/deploy/cloudCells.ts';
import { stackPaths } from '../../../../toolchain/stack/stackPaths.ts';
import { userStateFolder } from '../../../../toolchain/user/userFolders.ts';
import { DEV_STATE } from '../../../helpers/devStateFile.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const NOT_CONFIRMED = { kind: 'refused', code: 'cell_not_confirmed', exitCode: 4, next: /grafos provider confirm aws/ };

async function programWithCa() {
  const folder = await temporaryFolder();
  await writeFile(join(folder.path, 'ca.pem'), 'the CA');
  const cell: CloudCell = {
    scheduler_url: 'https://203.0.113.7:8443',
    tenant_name: 'acme',
    ca_cert: 'ca.pem',
    tenant_cert: 'tenant.pem',
    tenant_key: 'tenant-key.pem',
  };
  const state: DevState = { ...DEV_STATE, ca_cert: join(folder.path, 'ca.pem') };
  return { root: folder.path, cell, state, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const recordFile = (root: string) =>
  join(userStateFolder(), 'confirmed', `${createHash('sha256').update(root).digest('hex')}.json`);

describe('the record of what a user confirmed', () => {
  it('holds a cell, readable by the owner only, and says whether deploys were confirmed too', async () => {
    await using program = await programWithCa();
    const { root, cell } = program;
    await assert.rejects(cellConfirmation(root, 'aws', cell), NOT_CONFIRMED);
    await confirmCell(root, 'aws', cell, false);
    assert.equal((await cellConfirmation(root, 'aws', cell)).deploys, false);
    await confirmCell(root, 'aws', cell, true);
    assert.equal((await cellConfirmation(root, 'aws', cell)).deploys, true);
    await confirmCell(root, 'aws', cell, false);
    assert.equal((await cellConfirmation(root, 'aws', cell)).deploys, true, 'what was confirmed stays so');
    if (process.platform !== 'win32') {
      assert.equal((await stat(recordFile(root))).mode & 0o777, 0o600);
      assert.equal((await stat(join(userStateFolder(), 'confirmed'))).mode & 0o777, 0o700);
    }
    const left = (await readdir(join(userStateFolder(), 'confirmed'))).filter(
      (name) => !/^[0-9a-f]{64}\.json$/.test(name),
    );
    assert.deepEqual(left, [], 'no lock and no half of a file stays');
  });

  for (const field of ['scheduler_url', 'tenant_name', 'ca_cert', 'tenant_cert', 'tenant_key'] as const) {
    it(`does not hold a cell whose ${field} was changed`, async () => {
      await using program = await programWithCa();
      const { root, cell } = program;
      await confirmCell(root, 'aws', cell, true);
      await assert.rejects(cellConfirmation(root, 'aws', { ...cell, [field]: `${cell[field]}x` }), NOT_CONFIRMED);
      await assert.rejects(cellConfirmation(root, 'gcp', cell), { code: 'cell_not_confirmed' });
    });
  }

  it('does not hold a cell whose CA was changed in its file, and does not mind a renewed certificate', async () => {
    await using program = await programWithCa();
    const { root, cell } = program;
    await writeFile(join(root, 'tenant.pem'), 'old');
    await confirmCell(root, 'aws', cell, true);
    await writeFile(join(root, 'tenant.pem'), 'renewed');
    assert.equal((await cellConfirmation(root, 'aws', cell)).ca.text, 'the CA');
    await writeFile(join(root, 'ca.pem'), 'another CA');
    await assert.rejects(cellConfirmation(root, 'aws', cell), {
      ...NOT_CONFIRMED,
      why: /not the one that was confirmed/,
    });
    await confirmCell(root, 'aws', cell, false);
    assert.equal((await cellConfirmation(root, 'aws', cell)).deploys, false, 'another CA is another cell');
  });

  it('holds a stack without its daemons, and none of its other fields changed', async () => {
    await using program = await programWithCa();
    const { root, state } = program;
    const paths = stackPaths(root);
    const confirmation = async (one: DevState) => stackConfirmation(paths, one, await readConfirmationRecord(root));
    const refused = {
      kind: 'refused',
      code: 'stack_not_confirmed',
      exitCode: 4,
      next: /dev up.*provider confirm local/,
    };
    await assert.rejects(confirmation(state), refused);
    await confirmStack(root, state);
    const other = { pid: 7, started: 'later', log: '/x' };
    await confirmation({ ...state, daemons: { ...state.daemons, helper: other } });
    const { daemons: _, fabric, helper, ...plain } = state;
    const changed: DevState[] = [
      ...Object.entries(plain).map(([key, value]) => ({ ...state, [key]: `${value}1` }) as DevState),
      ...Object.entries(fabric).map(
        ([key, value]) => ({ ...state, fabric: { ...fabric, [key]: `${value}1` } }) as DevState,
      ),
      { ...state, helper: { url: `${helper.url}1` } },
    ];
    for (const one of changed) await assert.rejects(confirmation(one), refused);
    await writeFile(state.ca_cert, 'another CA');
    await assert.rejects(confirmation(state), { ...refused, why: /CA certificate is not/ });
  });

  it('is of one folder: neither a copy nor the folder under another name has it, a link to it does', async () => {
    await using program = await programWithCa();
    await using elsewhere = await temporaryFolder();
    const { root, cell } = program;
    await addCloudCell(root, 'aws', cell);
    await confirmCell(root, 'aws', cell, true);
    assert.equal((await confirmedCells(root, 'aws')).length, 1);
    const link = join(elsewhere.path, 'link');
    await symlink(root, link, 'junction');
    assert.equal((await confirmedCells(link, 'aws')).length, 1);
    const copy = join(elsewhere.path, 'copy');
    await cp(root, copy, { recursive: true });
    assert.deepEqual(await confirmedCells(copy, 'aws'), []);
    await rename(copy, join(elsewhere.path, 'moved'));
    assert.deepEqual(await confirmedCells(join(elsewhere.path, 'moved'), 'aws'), []);
  });

  for (const [what, text] of [
    ['empty', ''],
    ['torn', '{"version":1,"pro'],
    ['of another version', '{"version":2}'],
    ['of wrong types', '{"version":1,"program":1,"stack":[],"cells":{}}'],
    ['deep', '['.repeat(50_000)],
    ['huge', ' '.repeat(100_000)],
  ] as const) {
    it(`that is ${what} confirms nothing, and is replaced by the next answer`, async () => {
      await using program = await programWithCa();
      const { root, cell } = program;
      await confirmCell(root, 'aws', cell, true);
      await writeFile(recordFile(root), text);
      await assert.rejects(cellConfirmation(root, 'aws', cell), NOT_CONFIRMED);
      await confirmCell(root, 'aws', cell, false);
      await cellConfirmation(root, 'aws', cell);
    });
  }

  it('of another program is not taken for this one', async () => {
    await using program = await programWithCa();
    await using other = await programWithCa();
    await confirmCell(program.root, 'aws', program.cell, true);
    await cp(recordFile(program.root), recordFile(other.root));
    await assert.rejects(cellConfirmation(other.root, 'aws', program.cell), NOT_CONFIRMED);
  });

  it('loses nothing to commands that write it at one time', async () => {
    await using program = await programWithCa();
    const { root, cell } = program;
    const cells = Array.from({ length: 12 }, (_, index) => ({ ...cell, tenant_name: `t${index}` }));
    await Promise.all([
      ...cells.map((one) => confirmCell(root, 'aws', one, true)),
      confirmStack(root, program.state),
      confirmFromOtherProcesses(root, cell, 3),
    ]);
    for (const one of cells) assert.equal((await cellConfirmation(root, 'aws', one)).deploys, true);
    for (let index = 0; index < 3; index += 1) {
      await cellConfirmation(root, 'aws', { ...cell, tenant_name: `process${index}` });
    }
    assert.notEqual((await readConfirmationRecord(root)).stack, null);
  });

  it('cannot be kept where a file is in the way, and says so', async () => {
    await using program = await programWithCa();
    await using home = await temporaryFolder();
    const before = process.env.XDG_STATE_HOME;
    process.env.XDG_STATE_HOME = join(home.path, 'file');
    await writeFile(join(home.path, 'file'), '');
    try {
      await assert.rejects(confirmCell(program.root, 'aws', program.cell, true), { code: 'not_a_folder' });
      await assert.rejects(cellConfirmation(program.root, 'aws', program.cell), NOT_CONFIRMED);
      process.env.XDG_STATE_HOME = join(home.path, 'fresh');
      await mkdir(join(home.path, 'fresh'));
      await confirmCell(program.root, 'aws', program.cell, true);
      await rm(join(home.path, 'fresh'), { recursive: true });
      await assert.rejects(cellConfirmation(program.root, 'aws', program.cell), NOT_CONFIRMED);
    } finally {
      process.env.XDG_STATE_HOME = before;
    }
    assert.ok(await readFile(join(program.root, 'ca.pem')));
  });
});

async function confirmFromOtherProcesses(root: string, cell: CloudCell, count: number): Promise<void> {
  const module = join(import.meta.dirname, '../../../../toolchain/confirm/cellConfirmation.ts');
  const script = (name: string) => `
    import { confirmCell } from ${JSON.stringify(`file://${module}`)};
    await confirmCell(${JSON.stringify(root)}, 'aws', ${JSON.stringify({ ...cell, tenant_name: name })}, true);`;
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', script(`process${index}`)]),
    ),
  );
}
