import assert from 'node:assert/strict';
import { join } from 'node:path';
import { runCli } from '../../../../extension/runCli.ts';
import { fetchInput, fetchOutcome } from '../../../../extension/runs/fetchOutcome.ts';
import { RunsModel } from '../../../../extension/runs/runsModel.ts';
import { ShownRun } from '../../../../extension/runs/shownRun.ts';
import { connectTarget } from '../../../../toolchain/deploy/connectTarget.ts';
import { deployRun } from '../../../../toolchain/deploy/deployRun.ts';
import { resolveProvider } from '../../../../toolchain/deploy/resolveProvider.ts';
import { devDown } from '../../../../toolchain/stack/devDown.ts';
import { devUp } from '../../../../toolchain/stack/devUp.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';

const ECHO = 'export function compute(input: Uint8Array): Uint8Array {\n  return input;\n}\n';

const packageFolder = join(import.meta.dirname, '../../../..');

const signal = () => AbortSignal.timeout(30_000);

const scratch = () => scratchProgram('tasklets/demo.ts', { 'tasklets/demo.ts': ECHO });

describe('the runs of a program', function () {
  this.timeout(60_000);

  it('come by events from whoever started them, while somebody looks', async () => {
    await using program = await scratch();
    await runCli({ packageFolder, cwd: program.root, args: ['tasklet', 'build'], signal: signal() });
    try {
      await devUp(program.root);
      using model = new RunsModel(program.root, {
        places: async () => [{ provider: 'local' }],
        connect: async ({ provider }) => connectTarget(await resolveProvider(program.root, provider)),
        log: () => {},
      });
      using client = await connectTarget(await resolveProvider(program.root, 'local'));
      const run = () =>
        deployRun(client, {
          program: program.program,
          tasklet: program.tasklet,
          input: Buffer.from('hi'),
          signal: signal(),
        });
      const ended = (runId: string) =>
        new Promise<void>((resolve, reject) => {
          const look = () => {
            if (model.find(runId)?.run.state !== 'succeeded') return;
            clearTimeout(timer);
            listening.dispose();
            resolve();
          };
          const timer = setTimeout(() => {
            listening.dispose();
            reject(new Error(`run ${runId} did not show`));
          }, 5_000);
          const listening = model.onChanged(look);
          look();
        });
      const first = await run();
      assert.equal(model.size, 0);
      const attention = model.attend();
      await ended(first.run_id);
      const second = await run();
      await ended(second.run_id);
      assert.deepEqual(
        model.entries.map(({ run: { run_id } }) => run_id),
        [second.run_id, first.run_id],
      );
      // An event that comes late must not wake a run that ended.
      model.put({ provider: 'local' }, { ...second, state: 'running', ended_at: null, response: null });
      assert.equal(model.lastOf('demo')?.run.state, 'succeeded');
      attention.dispose();

      // The panel follows a run that goes on, and has all of it once it ended.
      const begun = await deployRun(client, {
        program: program.program,
        tasklet: program.tasklet,
        input: Buffer.from('{"n":9007199254740993}'),
        signal: signal(),
        detach: true,
      });
      const connect = async () => connectTarget(await resolveProvider(program.root, 'local'));
      const parts: string[] = [];
      using shown = new ShownRun({ root: program.root, provider: 'local', run: begun }, connect);
      shown.onChanged((part) => parts.push(part));
      await Promise.all([shown.load(), shown.load()]);
      assert.equal(shown.problem, null);
      assert.equal(shown.run.state, 'succeeded');
      assert.equal(Buffer.from(shown.parts?.output ?? []).toString(), '{"n":9007199254740993}');
      assert.deepEqual(shown.parts?.output, shown.parts?.input);
      assert.equal(shown.parts?.record?.fuel, program.tasklet.fuel);
      assert.equal(parts.filter((part) => part === 'parts').length, 1);
      const outcome = await fetchOutcome({ connect }, shown.entry, signal());
      assert.equal(Buffer.from(outcome.input).toString(), '{"n":9007199254740993}');
      assert.equal(outcome.error, null);
      // Alone, as for Run Again: the client stays open until the bytes are there.
      assert.deepEqual(await fetchInput({ connect }, shown.entry, signal()), outcome.input);

      using lost = new ShownRun({ root: program.root, provider: 'local', run: begun }, () =>
        Promise.reject(new Error('nobody there')),
      );
      await lost.load();
      assert.deepEqual([lost.problem?.message, lost.parts], ['nobody there', null]);
    } finally {
      await devDown(program.root, signal());
    }
  });
});
