import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { awsModelsMissing } from '../fakeCloud/awsModel.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import { FakeCloud } from '../fakeCloud/fakeCloud.ts';
import { silentMachine } from '../fakeCloud/silentMachine.ts';
import { cloudSetup } from '../helpers/cloudSetup.ts';
import { startGrafos } from '../helpers/grafosCommand.ts';

const missing = debianMachinesMissing() ?? awsModelsMissing();
const scripts = join(packageRoot, 'scripts');

describe('the run against real clouds', () => {
  it('does nothing without the word that it costs money, and names no third cloud', () => {
    for (const [words, said] of [
      [['aws'], /--it-costs-money/],
      [['gcp', '--region', 'europe-west1'], /--it-costs-money/],
      [['azure', '--it-costs-money'], /aws or gcp/],
    ] as const) {
      const run = () =>
        execFileSync(process.execPath, [join(scripts, 'realClouds.ts'), ...words], { stdio: 'pipe', encoding: 'utf8' });
      assert.throws(run, said);
    }
  });

  for (const provider of ['aws', 'gcp'] as const) {
    const skipped = missing === undefined ? '' : ` (skipped: ${missing})`;
    it(`records the calls to ${provider} with their answers, and no header${skipped}`, async function () {
      if (missing !== undefined) this.skip();
      await using setup = await cloudSetup({ startMachine: silentMachine });
      const file = join(setup.program.path, 'calls.jsonl');
      const { ended } = startGrafos(['cloud', 'provision', provider, '--name', 'edge', '--plan', '--json'], {
        cwd: setup.program.path,
        env: { ...setup.env, GRAFOS_RECORD_CALLS: file },
        nodeOptions: [...FakeCloud.nodeOptions, `--import=${join(scripts, 'recordCalls.ts')}`],
      });
      const { code, stdout, stderr } = await ended;
      assert.equal(code, 0, stdout + stderr);
      const text = await readFile(file, 'utf8');
      const calls = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.equal(calls.length, setup.cloud.calls.length);
      for (const call of calls) {
        assert.deepEqual(Object.keys(call), ['at', 'method', 'url', 'body', 'status', 'answer', 'ms']);
        assert.equal(call.status, provider === 'aws' && /DescribeStacks/.test(call.body) ? 400 : 200, call.url);
        assert.ok(call.answer.length > 10, call.url);
      }
      assert.match(text, provider === 'aws' ? /Action=GetCallerIdentity.*123456789012/ : /machineTypes\/e2-small/);
      assert.doesNotMatch(text, /Signature|authorization|access_token|Bearer/i);
    });
  }
});
