import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { LIMITS } from '../../daemons/protocol/limits.ts';
import { findTasklet, loadProgram } from '../../program/loadProgram.ts';
import { connectTarget } from '../../toolchain/deploy/connectTarget.ts';
import { deployRun } from '../../toolchain/deploy/deployRun.ts';
import { readInput } from '../../toolchain/deploy/readInput.ts';
import { directTarget, resolveProvider } from '../../toolchain/deploy/resolveProvider.ts';
import { durationOption, sizeOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { type DirectOptions, directFiles } from '../direct.ts';
import { readStdin } from '../readStdin.ts';
import { responseLines, runExitCode } from '../runLines.ts';

interface Given extends DirectOptions {
  provider: string;
  tasklet?: string;
  mem?: string;
  input?: string;
  hold?: string;
  detach?: boolean;
  direct?: boolean;
  tenant?: string;
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<number> {
  const program = loadProgram(cwd);
  const tasklet = findTasklet(program, given.tasklet);
  const memBytes = given.mem === undefined ? undefined : sizeOption('--mem', given.mem);
  const holdMs = given.hold === undefined ? undefined : durationOption('--hold', given.hold);
  if (holdMs !== undefined && holdMs > LIMITS.holdMs) {
    throw new GrafosError(
      'usage',
      'wrong_usage',
      `--hold "${given.hold}" is longer than ${LIMITS.holdMs / 60_000} minutes.`,
      { next: 'Give a shorter one.' },
    );
  }
  if (holdMs !== undefined && (memBytes ?? tasklet.mem_bytes) === 0) {
    throw new GrafosError(
      'usage',
      'wrong_usage',
      '--hold keeps the fabric memory of the run, but the run leases none.',
      { next: 'Give --mem as well.' },
    );
  }
  const input =
    given.input === undefined
      ? new Uint8Array()
      : given.input === '-'
        ? await readStdin()
        : await readInput(given.input);
  const target = given.direct
    ? await directTarget(...directFiles(given), given.tenant ?? '')
    : await resolveProvider(program.root, given.provider);
  using client = await connectTarget(target);
  out.progress(`running ${tasklet.name} on ${target.provider}`);
  const ended = await deployRun(client, {
    program,
    tasklet,
    input,
    signal,
    ...(memBytes === undefined ? {} : { memBytes }),
    ...(holdMs === undefined ? {} : { holdMs }),
    ...(given.detach ? { detach: true } : {}),
  });
  const { response } = ended;
  if (response === null) out.result(ended, () => `${ended.state}  ${ended.run_id}`);
  else out.result(response, (paint) => responseLines(response, paint));
  return runExitCode(ended);
}
