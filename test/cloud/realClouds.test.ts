import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { awsModelsMissing } from '../fakeCloud/awsModel.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import { FakeCloud } from '../fakeCloud/fakeCloud.ts';
import { silentMachine } from '../fakeCloud/silentMachine.ts';
import { type CloudSetup, cloudSetup } from '../helpers/cloudSetup.ts';
import { ASKS_FOR_KEY, kindsOf } from '../helpers/madeUntilKey.ts';

const missing = debianMachinesMissing() ?? awsModelsMissing();

/** Each step of the run, as the script names it before it begins. */
const STEPS = [
  /^cloud provision \S+ --name try-\S+ --plan$/,
  /^cloud provision \S+ --name try-\S+ --yes$/,
  /^cloud provision \S+ --name try-\S+ --yes$/,
  /^tasklet build$/,
  /^dev up$/,
  /^deploy run --provider local /,
  /^deploy run --provider (?:aws|gcp) /,
  /^cloud renew /,
  /^cloud status$/,
  /^dev down$/,
  /^cloud destroy \S+ --name try-\S+ --force --yes$/,
  /^cloud list (?:aws|gcp)$/,
];

for (const provider of ['aws', 'gcp'] as const) {
  describe(`the run for real accounts at the fake ${provider}${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
    before(function () {
      if (missing !== undefined) this.skip();
    });

    it('passes all its steps, records each call, and leaves nothing', async function () {
      this.timeout(300_000);
      await using setup = await cloudSetup();
      const record = join(setup.program.path, 'calls.jsonl');
      const { code, stdout, stderr } = await startRun(setup, provider, record).ended;
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, new RegExp(`^All steps passed at ${provider}\\.`));
      // The state is asked for until the cell is whole again.
      const steps = [...stderr.matchAll(/^grafos (.*)$/gm)]
        .map(([, words = '']) => words)
        .filter((words, at, all) => words !== 'cloud status' || all[at - 1] !== words);
      assert.equal(steps.length, STEPS.length, steps.join('\n'));
      for (const [at, step] of steps.entries()) assert.match(step, STEPS[at] as RegExp);
      assert.deepEqual(kindsOf(setup, provider), []);
      assert.deepEqual(setup.cloud.faults, []);
      const recorded = (await readFile(record, 'utf8')).trimEnd().split('\n');
      assert.equal(recorded.length, setup.cloud.calls.length);
    });

    it('destroys the cell after a step that fails, and after an interrupt, and says what happened', async function () {
      this.timeout(120_000);
      await using setup = await cloudSetup({ startMachine: silentMachine, lagMs: 50, stepMs: 5 });
      const record = join(setup.program.path, 'calls.jsonl');
      for (const [how, said] of [
        ['fails', /cloud_access_denied|cloud_refused|cloud_busy/],
        ['is interrupted', /SIGINT: the cell is destroyed first/],
      ] as const) {
        const run = startRun(setup, provider, record);
        let wasWhole = false;
        setup.cloud.faultAt = ({ name }) => {
          if (!ASKS_FOR_KEY.test(name)) return undefined;
          if (how === 'is interrupted' && !wasWhole) run.child.kill('SIGINT');
          wasWhole = true;
          return how === 'fails' ? 'error' : undefined;
        };
        const { code, stdout, stderr } = await run.ended;
        assert.equal(code, 1, stdout + stderr);
        assert.equal(wasWhole, true);
        assert.match(stderr, said);
        assert.match(stderr, /grafos cloud destroy/);
        assert.doesNotMatch(stdout, /All steps passed/);
        assert.deepEqual(kindsOf(setup, provider), []);
      }
    });
  });
}

function startRun(
  { env, program }: CloudSetup,
  provider: 'aws' | 'gcp',
  record: string,
): { child: ChildProcess; ended: Promise<{ code: number | null; stdout: string; stderr: string }> } {
  const script = join(packageRoot, 'scripts/realClouds.ts');
  const child = spawn(process.execPath, [script, provider, '--it-costs-money', '--record', record], {
    cwd: program.path,
    env: { ...process.env, ...env, NODE_OPTIONS: FakeCloud.nodeOptions.join(' ') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (piece: string) => {
      text[stream] += piece;
    });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...text }));
  return { child, ended };
}
