/** The entry of the thread in which a command checks and compiles (boundedThread.ts). */
import { parentPort } from 'node:worker_threads';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { warmCompiler } from '../build/assemblyScriptCompiler.ts';
import { buildWat } from '../build/buildWat.ts';
import { compileAssemblyScript } from '../build/compileAssemblyScript.ts';
import { validate } from '../validate/validate.ts';
import type { Work, WorkReport } from './workMessages.ts';

parentPort?.on('message', (work: Work) => {
  const report = (one: WorkReport) => parentPort?.postMessage(one);
  perform(work, report).then(report, (error: unknown) => report(refusal(error)));
});

async function perform(work: Work, report: (report: WorkReport) => void): Promise<WorkReport> {
  if (work.kind === 'warm') {
    await warmCompiler();
    return { state: 'warmed' };
  }
  if (work.kind === 'compile') {
    const { program, tasklet } = work;
    const isWat = tasklet.kind === 'wat';
    return {
      state: 'compiled',
      compiled: await (isWat ? buildWat(program, tasklet) : compileAssemblyScript({ program, tasklet })),
    };
  }
  let told = 0;
  const findings = await validate(work.root, {
    ...(work.tasklet === null ? {} : { tasklet: work.tasklet }),
    skip: new Set(work.skip),
    onTasklet(tasklet, found) {
      report({ state: 'began', tasklet, findings: found.slice(told) });
      told = found.length;
    },
  });
  return { state: 'validated', findings };
}

function refusal(error: unknown): WorkReport {
  if (!(error instanceof GrafosError)) {
    return { state: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  const { kind, code, message, why, next } = error;
  const more = { ...(why === undefined ? {} : { why }), ...(next === undefined ? {} : { next }) };
  return { state: 'refused', error: { kind, code, message, ...more } };
}
