import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, it } from 'mocha';

/** Runs one file and prints the closing lines, in a process whose output is not this run's. */
const RUN = `
  import { closeWith } from './scripts/counts.ts';
  import { runMocha } from './scripts/runMocha.ts';
  closeWith([await runMocha([process.env.FILE])]);
  process.exitCode = 0;
`;

describe('a run of mocha', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'grafos-run-mocha-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const endOf = (file: string): string => {
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', RUN], {
      cwd: join(import.meta.dirname, '../../..'),
      env: { ...process.env, CI: 'true', FILE: file },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return output.slice(output.search(/^(skipped|failed): /m));
  };

  it('ends with each test that failed, the first lines of its error, and the counts', () => {
    const file = join(folder, 'some.test.cjs');
    writeFileSync(
      file,
      `describe('a suite', () => {
        it('passes', () => {});
        it('is not run');
        it('fails', () => { throw new Error('the reason'); });
      });`,
    );
    assert.match(
      endOf(file),
      /^skipped: a suite is not run\nfailed: .*some\.test\.cjs: a suite fails\n {4}Error: the reason\n( {4}.*\n){1,4}1 passed, 2 failed\n$/,
    );
  });

  it('counts what a failed step leaves out, and runs the suites after it', () => {
    const file = join(folder, 'steps.test.mjs');
    const helper = pathToFileURL(join(import.meta.dirname, '../../helpers/stepByStep.ts'));
    writeFileSync(
      file,
      `import { stepByStep } from '${helper}';
      for (const name of ['one', 'other'])
        describe(name, function () {
          stepByStep(this);
          it('begins', () => {});
          it('goes on', () => { if (name === 'one') throw new Error('the reason'); });
          it('ends', () => {});
        });`,
    );
    assert.match(
      endOf(file),
      /^skipped: one ends \(skipped: the step "goes on" failed\)\nfailed: .*one goes on\n( {4}.*\n)+4 passed, 2 failed\n$/,
    );
  });

  it('that cannot read a file is one failure', () => {
    assert.match(endOf(join(folder, 'none.test.cjs')), /^failed: mocha itself\n(.*\n)+0 passed, 1 failed\n$/);
  });
});
