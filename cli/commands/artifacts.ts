import { resolve } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { loadProgram } from '../../program/loadProgram.ts';
import { formatSize } from '../../program/size.ts';
import { downloadArtifacts } from '../../toolchain/artifacts/downloadArtifacts.ts';
import { findRun } from '../../toolchain/deploy/findRun.ts';
import { saveBytes } from '../../toolchain/files/saveBytes.ts';
import { endedRun } from '../../toolchain/replay/endedRun.ts';
import { writeRunBundle } from '../../toolchain/replay/runBundle.ts';
import { makeProgramState } from '../../toolchain/stack/programState.ts';
import type { CommandContext } from '../command.ts';
import { outputFile } from '../outputFile.ts';
import { programRootOf } from '../programRootOf.ts';
import { table } from '../table.ts';
import { pathText } from '../text.ts';

interface Given {
  runId: string;
  provider?: string;
  cell?: string;
  download?: boolean;
  out?: string;
  bundle?: string;
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<void> {
  const root = programRootOf(cwd);
  if (given.bundle !== undefined) {
    if (given.download || given.out !== undefined) {
      const what = `--bundle does not go with ${given.download ? '--download' : '--out'}.`;
      throw new GrafosError('wrong_usage', what, { next: 'Give the command twice, once with each.' });
    }
    const fault = `${given.bundle} cannot be written`;
    const file = outputFile(cwd, '--bundle', given.bundle, fault);
    const ended = await endedRun(loadProgram(cwd), given.runId, given, signal, true);
    const bytes = Buffer.from(writeRunBundle(ended));
    await saveBytes(file, bytes, fault);
    out.result({ run_id: given.runId, file, bytes: bytes.length }, () => [
      `${pathText(file, cwd)}  ${formatSize(bytes.length)}`,
      `  next: grafos replay ${pathText(file, cwd)}`,
    ]);
    return;
  }
  const found = await findRun(root, given.runId, given, signal);
  using client = found.client;
  // The id that was asked for, and not one of an answer: it becomes the name of a folder.
  const run_id = given.runId;
  if (!given.download && given.out === undefined) {
    const artifacts = await client.listArtifacts(run_id, { signal });
    out.result({ run_id, dir: null, artifacts }, () =>
      artifacts.length === 0
        ? [`run ${run_id} has not ended yet`]
        : table(
            [
              ['ARTIFACT', 'SIZE', 'SHA-256'],
              ...artifacts.map(({ name, size, sha256 }) => [name, formatSize(size), sha256]),
            ],
            [1],
          ),
    );
    return;
  }
  const dir =
    given.out === undefined ? (await makeProgramState(root, 'artifacts', run_id)).path : resolve(cwd, given.out);
  const artifacts = await downloadArtifacts(client, found.run, dir, signal);
  out.result({ run_id, dir, artifacts }, () => [
    pathText(dir, cwd),
    ...artifacts.map(({ name, size }) => `  ${name.padEnd(14)} ${formatSize(size)}`),
  ]);
}
