/**
 * The entry of the thread in which a command checks, compiles and reads what was built
 * (boundedThread.ts). A work loads only the parts that it needs.
 */
import { parentPort } from 'node:worker_threads';
import { GrafosError } from '../../base/grafosError.ts';
import type { Work, WorkReport } from './workMessages.ts';

parentPort?.on('message', (work: Work) => {
  const report = (one: WorkReport) => parentPort?.postMessage(one);
  perform(work, report).then(report, (error: unknown) => report(refusal(error)));
});

async function perform(work: Work, report: (report: WorkReport) => void): Promise<WorkReport> {
  switch (work.kind) {
    case 'warm': {
      const { useCompiler } = await import('../compile/useCompiler.ts');
      await useCompiler();
      return { state: 'warmed' };
    }
    case 'compile': {
      const { program, tasklet } = work;
      if (tasklet.kind === 'wat') {
        const { buildWat } = await import('../compile/buildWat.ts');
        return { state: 'compiled', compiled: await buildWat(program, tasklet) };
      }
      const { compileAssemblyScript } = await import('../compile/compileAssemblyScript.ts');
      return { state: 'compiled', compiled: await compileAssemblyScript({ program, tasklet }) };
    }
    case 'places': {
      const { runPlaces } = await import('../places/runPlaces.ts');
      return { state: 'placed', places: await runPlaces(work.root, work.tasklet, work.failed, work.log) };
    }
    case 'fuel': {
      const { sourceFuel } = await import('../profile/sourceFuel.ts');
      return { state: 'fuelled', lines: await sourceFuel(work.root, work.tasklet, work.source) };
    }
    case 'coverage': {
      const { moduleCoverage } = await import('../coverage/moduleCoverage.ts');
      return { state: 'covered', files: await moduleCoverage(work.root, work.tasklet, work.runs) };
    }
    case 'runFile': {
      const { openRunFile } = await import('../replay/openRunFile.ts');
      return { state: 'opened', opened: await openRunFile(work.file) };
    }
    case 'bundle':
    case 'replayFile':
    case 'profileFile': {
      const { fileWork } = await import('../replay/fileWork.ts');
      return await fileWork(work.kind, work.file);
    }
    case 'profile': {
      const { profileRun } = await import('../profile/profileRun.ts');
      const { signal } = new AbortController();
      return { state: 'profiled', profile: await profileRun(work.root, work.output, work.run, signal) };
    }
    case 'validate': {
      const { validate } = await import('../validate/validate.ts');
      let reported = 0;
      const findings = await validate(work.root, {
        ...(work.tasklet === null ? {} : { tasklet: work.tasklet }),
        skip: new Set(work.skip),
        onTasklet(tasklet, found) {
          report({ state: 'began', tasklet, findings: found.slice(reported) });
          reported = found.length;
        },
      });
      return { state: 'validated', findings };
    }
  }
}

function refusal(error: unknown): WorkReport {
  if (!(error instanceof GrafosError)) {
    return { state: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  const { kind, code, message, why, next } = error;
  const more = { ...(why === undefined ? {} : { why }), ...(next === undefined ? {} : { next }) };
  return { state: 'refused', error: { kind, code, message, ...more } };
}
