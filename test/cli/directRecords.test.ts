import assert from 'node:assert/strict';
import type { Admission, Placement } from '../../daemons/wire/tenantApi.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { cookbookCopy } from '../helpers/programCopy.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

interface Started {
  scheduler_url: string;
  ca_cert: string;
  tenant_cert: string;
  tenant_key: string;
}

describe('admissions and placements of a scheduler given by hand', function () {
  this.timeout(120_000);

  it('are those of that scheduler, from a folder without a program', async () => {
    await using program = await cookbookCopy('local-dev');
    await using folder = await temporaryFolder();
    const cwd = program.path;
    const state = await grafosJson<Started>(['dev', 'up'], { cwd });
    try {
      await grafosJson(['tasklet', 'build'], { cwd });
      const { run_id } = await grafosJson<{ run_id: string }>(['deploy', 'run'], { cwd });
      const files = ['--ca', state.ca_cert, '--cert', state.tenant_cert, '--key', state.tenant_key];
      const flags = ['--scheduler', state.scheduler_url, ...files];
      const env = {
        ...process.env,
        GRAFOS_SCHEDULER: state.scheduler_url,
        GRAFOS_CA: state.ca_cert,
        GRAFOS_CERT: state.tenant_cert,
        GRAFOS_KEY: state.tenant_key,
      };
      for (const what of ['admissions', 'placements']) {
        const own = await grafosJson<Record<string, Array<Admission | Placement>>>([what], { cwd });
        assert.deepEqual(
          own[what]?.map((one) => one.run_id),
          [run_id],
        );
        assert.deepEqual(await grafosJson([what, ...flags], { cwd: folder.path }), own);
        assert.deepEqual(await grafosJson([what], { cwd: folder.path, env }), own);
        // A provider that is named counts more than the environment.
        const aws = await grafos([what, '--provider', 'aws', '--json'], { cwd, env });
        assert.equal(JSON.parse(aws.stdout).error.code, 'runtime_not_ready');
      }
    } finally {
      await grafos(['dev', 'down'], { cwd });
    }
  });

  const wrong: [what: string, args: string[], words: RegExp][] = [
    ['a certificate without its scheduler', ['--ca', 'x.pem'], /--scheduler is missing/],
    ['a scheduler without its certificates', ['--scheduler', 'https://127.0.0.1:1'], /--ca is missing/],
    [
      'a scheduler and a provider',
      ['--provider', 'local', '--scheduler', 'https://127.0.0.1:1'],
      /--scheduler does not go with --provider/,
    ],
  ];
  for (const [what, args, words] of wrong) {
    it(`refuse ${what}`, async () => {
      await using folder = await temporaryFolder();
      for (const command of ['admissions', 'placements']) {
        const ended = await grafos([command, ...args, '--json'], { cwd: folder.path });
        const { error } = JSON.parse(ended.stdout);
        assert.deepEqual([ended.code, error.code], [2, 'wrong_usage']);
        assert.match(error.message, words);
      }
    });
  }
});
