import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Counts, failureText } from './counts.ts';

/**
 * The longest time from the last test to the end of mocha, milliseconds. A test that exceeds it
 * left something open.
 */
const ENDS_MS = 30_000;

interface Report {
  stats: { passes: number; failures: number };
  pending: Array<{ fullTitle: string }>;
  failures: Array<{ file: string; fullTitle: string; error: string }>;
}

/**
 * Runs mocha in a process of its own, which prints as it goes. A mocha that dies counts as one
 * failure.
 */
export async function runMocha(args: string[], env: Record<string, string> = {}): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'grafos-test-'));
  try {
    const report = join(folder, 'report.json');
    const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
    const reporter = join(import.meta.dirname, 'testReporter.cjs');
    const child = spawn(
      process.execPath,
      [mocha, '--reporter', reporter, '--reporter-option', `output=${report}`, ...args],
      {
        cwd: join(import.meta.dirname, '..'),
        stdio: 'inherit',
        env: {
          ...process.env,
          // The records of a person who runs the tests stay as they are.
          XDG_STATE_HOME: join(folder, 'state'),
          XDG_CACHE_HOME: join(folder, 'cache'),
          // A daemon starts from its sources with half of the processor time.
          NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
          ...env,
        },
      },
    );
    const forward = (signal: NodeJS.Signals) => child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, forward);
    const code = await new Promise<number>((resolve) => {
      let late: NodeJS.Timeout | undefined;
      // mocha writes the report after the last test.
      const watcher = watch(folder, () => {
        if (!existsSync(report)) return;
        watcher.close();
        late = setTimeout(() => {
          console.error(`mocha did not end within ${ENDS_MS / 1000} s of its last test: a test left something open`);
          child.kill('SIGKILL');
        }, ENDS_MS);
      });
      child.on('close', (exit) => {
        watcher.close();
        clearTimeout(late);
        resolve(exit ?? 1);
      });
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, forward);
    const { stats, pending, failures } = JSON.parse(readFileSync(report, 'utf8')) as Report;
    return {
      passed: stats.passes,
      failed: Math.max(stats.failures, code === 0 ? 0 : 1),
      failures: failures.map(({ file, fullTitle, error }) => failureText(`${file}: ${fullTitle}`, error)),
      skipped: pending.map(({ fullTitle }) => fullTitle),
    };
  } catch (error) {
    console.error(error);
    return { passed: 0, failed: 1, failures: [failureText('mocha itself', String(error))], skipped: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
