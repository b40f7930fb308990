import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Run, RunResponse } from '../../daemons/wire/tenantApi.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { networkNamespacesMissing } from '../helpers/networkNamespace.ts';
import { cookbookCopy } from '../helpers/programCopy.ts';
import { secondCell } from '../helpers/secondCell.ts';

const missing = networkNamespacesMissing();

describe(`a cell of aws on another host${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  before(function () {
    if (missing !== undefined) this.skip();
  });

  it('is adopted once it has proved itself, and runs the very same wasm as the local one', async () => {
    await using cell = await secondCell('aws', 'eu-central-1');
    await using program = await cookbookCopy('multi-cloud-deploy');
    const cwd = program.path;
    const input = join(cwd, 'input.json');
    await writeFile(input, JSON.stringify({ provider: 'aws', cell_id: 'x', region: 'y', echo: 'hi' }));
    // A tasklet beside it whose output says nothing of its cell, so that the same run elsewhere has
    // the same output.
    await writeFile(
      join(cwd, 'tasklets/size.ts'),
      'export function compute(input: Uint8Array): string { return input.length.toString(); }\n',
    );
    const manifest = join(cwd, 'grafos.toml');
    await writeFile(
      manifest,
      `${await readFile(manifest, 'utf8')}\n[[tasklet]]\nname = "size"\nsource = "tasklets/size.ts"\n`,
    );

    const before = await grafos(['deploy', 'run', '--tasklet', 'size', '--provider', 'aws', '--json'], { cwd });
    assert.equal(before.code, 3);
    assert.equal(JSON.parse(before.stdout).error.code, 'runtime_not_ready');
    assert.match(JSON.parse(before.stdout).error.next, /grafos cloud adopt aws/);

    const adopt = [
      '--scheduler',
      cell.url,
      '--ca',
      cell.ca,
      '--cert',
      cell.tenantCert,
      '--key',
      cell.tenantKey,
      '--tenant',
      cell.tenant,
    ];
    const wrongProvider = await grafos(['cloud', 'adopt', 'gcp', ...adopt, '--json'], { cwd });
    assert.equal(JSON.parse(wrongProvider.stdout).error.code, 'cell_of_another_provider');
    const wrongTenant = await grafos(['cloud', 'adopt', 'aws', ...adopt.slice(0, -1), 'somebody', '--json'], { cwd });
    assert.equal(wrongTenant.code, 4);
    assert.equal(JSON.parse(wrongTenant.stdout).error.code, 'tenant_unknown');
    const wrongCa = await grafos(
      ['cloud', 'adopt', 'aws', ...adopt.map((word) => (word === cell.ca ? cell.tenantCert : word)), '--json'],
      { cwd },
    );
    assert.notEqual(wrongCa.code, 0);
    await assert.rejects(readFile(join(cwd, '.grafos/cloud/aws-cells.json')), { code: 'ENOENT' });

    const adopted = await grafosJson<{ cell_id: string; region: string; file: string }>(
      ['cloud', 'adopt', 'aws', ...adopt],
      { cwd },
    );
    assert.deepEqual([adopted.cell_id, adopted.region], [cell.cellId, 'eu-central-1']);
    const [entry] = JSON.parse(await readFile(adopted.file, 'utf8'));
    assert.deepEqual(Object.keys(entry).sort(), [
      'ca_cert',
      'name',
      'scheduler_url',
      'tenant_cert',
      'tenant_key',
      'tenant_name',
    ]);
    assert.equal(entry.name, cell.cellId);
    assert.match(entry.scheduler_url, new RegExp(`^https://${cell.address.replaceAll('.', '\\.')}:`));

    await grafosJson(['tasklet', 'build'], { cwd });
    const wasm = await readFile(join(cwd, 'build/size.wasm'));
    await grafosJson(['dev', 'up'], { cwd });
    const deploy = (tasklet: string, provider: string, ...more: string[]) =>
      grafosJson<RunResponse>(
        ['deploy', 'run', '--tasklet', tasklet, '--provider', provider, '--input', input, ...more],
        { cwd },
      );
    const run = (provider: string, ...more: string[]) => deploy('size', provider, ...more);
    // Adopting confirms the cell, so that there is no question about it; the first deploy is
    // confirmed by itself, as in the editor.
    const unconfirmed = await grafos(['deploy', 'run', '--tasklet', 'size', '--provider', 'aws', '--json'], { cwd });
    assert.equal(unconfirmed.code, 4);
    assert.equal(JSON.parse(unconfirmed.stdout).error.code, 'deploy_not_confirmed');
    assert.match(JSON.parse(unconfirmed.stdout).error.why, /eu-central-1/);
    assert.deepEqual(await grafosJson<Run[]>(['runs', 'list', '--provider', 'aws'], { cwd }), []);
    // A request that changes something is no way around the question; one that only asks has none.
    const module = `/api/v1/modules/${createHash('sha256').update(wasm).digest('hex')}`;
    const api = (...request: string[]) => grafos(['api', ...request, '--provider', 'aws', '--json'], { cwd });
    const put = ['PUT', module, '--input', 'build/size.wasm', '--type', 'application/wasm'];
    for (const request of [put, ['post', '/api/v1/runs'], ['DELETE', '/api/v1/runs/01m8k0t0gqhgegegchkbn1gg17']]) {
      const refused = await api(...request);
      assert.equal(refused.code, 4, request[0]);
      const { code, why } = JSON.parse(refused.stdout).error;
      assert.equal(code, 'deploy_not_confirmed');
      assert.match(why, new RegExp(`request ${request[0]?.toUpperCase()} /api/v1/`));
    }
    assert.equal((await api('GET', '/api/v1/runs?limit=1')).code, 0);
    assert.equal((await api('HEAD', module)).code === 0, false, 'the cell has the module without a yes');
    const [local, first, aws] = [await run('local'), await run('aws', '--yes'), await run('aws')];
    assert.equal(first.output_sha256, aws.output_sha256);
    assert.equal((await api(...put)).code, 0);
    assert.deepEqual(await readFile(join(cwd, 'build/size.wasm')), wasm, 'deploying does not touch the artifact');
    assert.equal(aws.module_sha256, local.module_sha256);
    assert.deepEqual([local.provider, aws.provider], ['local', 'aws']);
    assert.equal(aws.cell_id, cell.cellId);
    assert.notEqual(local.cell_id, aws.cell_id);
    assert.deepEqual(aws.output, local.output);
    assert.equal(aws.output_sha256, local.output_sha256);
    assert.equal(aws.fuel_used, local.fuel_used);

    // What the cell says of itself is no word of the input: both ask for aws, and one is.
    const [here, there] = [await deploy('identify', 'local'), await deploy('identify', 'aws')];
    assert.equal(there.module_sha256, here.module_sha256);
    const ranOn = ({ output }: RunResponse) => (output as { ran_on: unknown }).ran_on;
    assert.deepEqual(ranOn(here), { provider: 'local', cell_id: local.cell_id, region: 'local' });
    assert.deepEqual(ranOn(there), { provider: 'aws', cell_id: cell.cellId, region: 'eu-central-1' });

    // The cloud's run is found without saying where it ran, and repeats here bit for bit.
    assert.equal((await grafosJson<Run>(['runs', 'show', aws.run_id], { cwd })).cell_id, cell.cellId);
    const replay = await grafosJson<{ same: boolean }>(['replay', aws.run_id], { cwd });
    assert.equal(replay.same, true);

    const status = await grafosJson<{ ready: boolean; requirements: Array<{ met: boolean }> }>(
      ['provider', 'status', 'aws'],
      { cwd },
    );
    assert.equal(status.ready, true);
    assert.ok(status.requirements.every(({ met }) => met));
    // An entry that was edited by hand is another cell, until it is as it was.
    const cells = await readFile(adopted.file, 'utf8');
    await writeFile(adopted.file, cells.replace(`"${cell.tenant}"`, '"somebody"'));
    const edited = await grafos(['deploy', 'run', '--tasklet', 'size', '--provider', 'aws', '--yes', '--json'], {
      cwd,
    });
    assert.equal(JSON.parse(edited.stdout).error.code, 'cell_not_confirmed');
    await writeFile(adopted.file, cells);
    await run('aws');
    const direct = await grafosJson<RunResponse>(
      ['deploy', 'run', '--tasklet', 'size', '--direct', ...adopt, '--input', input],
      { cwd },
    );
    assert.equal(direct.output_sha256, aws.output_sha256);
  });

  it('that is gone is said to be unreachable', async () => {
    await using program = await cookbookCopy('multi-cloud-deploy');
    const cwd = program.path;
    await grafosJson(['tasklet', 'build'], { cwd });
    {
      await using cell = await secondCell('aws', 'eu-west-1');
      // The trust stays with the program; the cell takes its own folder along when it goes.
      await Promise.all([cell.ca, cell.tenantCert, cell.tenantKey].map((file) => cp(file, join(cwd, basename(file)))));
      const own = (file: string) => join(cwd, basename(file));
      const adopt = [
        '--scheduler',
        cell.url,
        '--ca',
        own(cell.ca),
        '--cert',
        own(cell.tenantCert),
        '--key',
        own(cell.tenantKey),
        '--tenant',
        cell.tenant,
      ];
      await grafosJson(['cloud', 'adopt', 'aws', ...adopt], { cwd });
      const { cert, key } = cell.admin;
      const tenants = await grafosJson<Array<{ name: string }>>(
        ['admin', 'list-tenants', '--scheduler', cell.url, '--ca', cell.ca, '--cert', cert, '--key', key],
        { cwd },
      );
      assert.deepEqual(
        tenants.map(({ name }) => name),
        ['acme'],
      );
    }
    const list = await grafosJson<Array<{ provider: string; ready: boolean }>>(['provider', 'list'], { cwd });
    assert.deepEqual(
      list.map(({ provider, ready }) => [provider, ready]),
      [
        ['local', false],
        ['aws', false],
        ['gcp', false],
        ['azure', false],
      ],
    );
    const run = await grafos(['deploy', 'run', '--provider', 'aws', '--json'], { cwd });
    assert.equal(run.code, 3);
  });
});
