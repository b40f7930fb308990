import { join } from 'node:path';
import * as vscode from 'vscode';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { FuelProfile } from '../../daemons/wire/fuelProfile.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { CoveredFile } from '../../toolchain/coverage/lineCoverage.ts';
import { fileOfPlace } from '../places/fileOfPlace.ts';

/** The counted runs of one tasklet. */
interface Counted {
  root: string;
  tasklet: Tasklet;
  /** The built module; null where it cannot be read. */
  module: Uint8Array | null;
  runs: FuelProfile[];
}

/** The line of each statement of a file, kept until the editor asks for them. */
const details = new WeakMap<vscode.FileCoverage, vscode.StatementCoverage[]>();

/** The statements of a file of a test run, for the editor's margin. */
export function detailedCoverage(file: vscode.FileCoverage): vscode.StatementCoverage[] {
  return details.get(file) ?? [];
}

/** The coverage of one test run: the runs of its fixtures, each repeated once with counters. */
export class FixtureCoverage {
  readonly #counted = new Map<string, Counted>();

  /** Repeats the run of a fixture with counters. */
  async count(
    client: SchedulerClient,
    { root, tasklet, runId, input }: { root: string; tasklet: Tasklet; runId: string; input: Uint8Array },
    signal: AbortSignal,
  ): Promise<void> {
    const { countCase } = await import('../../toolchain/coverage/countCase.ts');
    const counted = await this.#countedOf(root, tasklet);
    if (counted.module === null) return;
    const run = await countCase(client, runId, { input, module: counted.module }, signal);
    if (run !== null) counted.runs.push(run);
  }

  async #countedOf(root: string, tasklet: Tasklet): Promise<Counted> {
    const key = `${root}\0${tasklet.name}`;
    const known = this.#counted.get(key);
    if (known !== undefined) return known;
    const { ProgramReader } = await import('../../program/programReader.ts');
    const built = await new ProgramReader(root).readSoon(join(root, tasklet.output), 'module');
    const fresh = { root, tasklet, module: built.state === 'ok' ? built.bytes : null, runs: [] };
    this.#counted.set(key, fresh);
    return fresh;
  }

  /** Gives the lines of all counted runs to the editor. */
  async publish(run: vscode.TestRun, signal: AbortSignal): Promise<void> {
    const { coverageBounded } = await import('../../toolchain/bounded/coverageBounded.ts');
    const { joinCoverage } = await import('../../toolchain/coverage/lineCoverage.ts');
    for (const [root, its] of Map.groupBy(this.#counted.values(), (one) => one.root)) {
      const found: CoveredFile[] = [];
      for (const { tasklet, runs } of its) {
        const files = await coverageBounded(root, tasklet, runs, signal);
        if (files.length === 0) {
          const text = vscode.l10n.t('{0}: no line is known, because its module has no source map', tasklet.name);
          run.appendOutput(`${text}\r\n`);
        }
        found.push(...files);
      }
      for (const { file, lines } of joinCoverage(found)) {
        const path = fileOfPlace(root, file);
        if (path === undefined) continue;
        const statements = lines.map(
          ({ line, count }) => new vscode.StatementCoverage(count, new vscode.Position(line - 1, 0)),
        );
        const covered = vscode.FileCoverage.fromDetails(vscode.Uri.file(path), statements);
        details.set(covered, statements);
        run.addCoverage(covered);
      }
    }
  }
}
