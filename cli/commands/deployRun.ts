import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { LIMITS } from '../../daemons/protocol/limits.ts';
import { plainText } from '../../daemons/protocol/plainText.ts';
import type { Run } from '../../daemons/protocol/tenantApi.ts';
import { findTasklet, loadProgram } from '../../program/loadProgram.ts';
import { formatSize } from '../../program/size.ts';
import { connectTarget } from '../../toolchain/deploy/connectTarget.ts';
import { deployRun, readModuleFile } from '../../toolchain/deploy/deployRun.ts';
import { readBounded, readInput } from '../../toolchain/deploy/readInput.ts';
import { directTarget, resolveProvider } from '../../toolchain/deploy/resolveProvider.ts';
import { profileRun } from '../../toolchain/profile/profileRun.ts';
import { durationOption, sizeOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { bytesFact, confirmFirstDeploy } from '../confirmFirstDeploy.ts';
import { type DirectOptions, directFiles } from '../direct.ts';
import { PROFILE_ROWS, profileLines } from '../profileLines.ts';
import { runLimits } from '../runLimits.ts';
import { runExitCode, stateText } from '../runLines.ts';
import { hasEnded, shownRun } from '../shownRun.ts';
import { warnIfStale } from '../warnIfStale.ts';
import { wholeLines } from '../wholeLines.ts';

interface Given extends DirectOptions {
  provider: string;
  tasklet?: string;
  mem?: string;
  fuel?: string;
  timeout?: string;
  linearMemory?: string;
  input?: string;
  hold?: string;
  output?: string;
  profile?: boolean;
  detach?: boolean;
  yes?: boolean;
  direct?: boolean;
  tenant?: string;
}

export async function run(context: CommandContext, given: Given): Promise<number> {
  const { cwd, out, signal } = context;
  const program = loadProgram(cwd);
  const tasklet = findTasklet(program, given.tasklet);
  const memBytes = given.mem === undefined ? undefined : sizeOption('--mem', given.mem);
  const limits = runLimits(given);
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
  if (!given.direct) refuseLoneDirectOptions(given);
  if (given.profile && (given.detach || given.direct)) {
    throw new GrafosError(
      'usage',
      'wrong_usage',
      `--profile does not go with --${given.detach ? 'detach' : 'direct'}.`,
      {
        next: given.detach
          ? 'Leave one of them out, or profile the run once it ended: grafos profile <run-id>'
          : 'Leave one of them out.',
      },
    );
  }
  if (given.output !== undefined && given.detach) {
    throw new GrafosError('usage', 'wrong_usage', '--output does not go with --detach.', {
      next: 'Leave it out, and take the output at the end: grafos runs wait <run-id> --output FILE',
    });
  }
  const input =
    given.input === undefined
      ? new Uint8Array()
      : given.input === '-'
        ? await readBounded('Standard input', process.stdin, signal)
        : await readInput(given.input, signal);
  const target = given.direct
    ? await directTarget(...directFiles(given), given.tenant ?? '')
    : await resolveProvider(program.root, given.provider);
  out.progress(`asking ${target.provider}`);
  using client = await connectTarget(target, signal);
  if (target.provider !== 'direct') {
    await confirmFirstDeploy(context, {
      root: program.root,
      provider: target.provider,
      what: `deploy of ${program.manifest.name}`,
      question: `Deploy ${tasklet.name} to ${target.provider}? Module and input leave this machine.`,
      async facts(url) {
        const module = await readModuleFile(program, tasklet);
        const { cell } = await client.health({ signal });
        return [
          ['cell', `${url}${cell === null ? '' : `, ${cell.cell_id} in ${plainText(cell.region)}`}`],
          ['module', `${tasklet.output}, ${bytesFact(module)}`],
          ['input', formatSize(input.length)],
        ];
      },
      yes: given.yes === true,
    });
  }
  out.progress(`running ${tasklet.name} on ${target.provider}`);
  const log = wholeLines((line) => out.note(line));
  const running = deployRun(client, {
    program,
    tasklet,
    input,
    signal,
    limits,
    ...(memBytes === undefined ? {} : { memBytes }),
    ...(holdMs === undefined ? {} : { holdMs }),
    ...(given.detach ? { detach: true } : { onLog: log.add }),
  });
  // Beside the request, which waits for the network: reading and hashing the sources takes as long.
  const looked = warnIfStale(out, program, tasklet);
  const [ended] = await Promise.all([running, looked]);
  log.end();
  if (!hasEnded(ended)) {
    out.result(ended, (paint) => [
      `${stateText(ended.state, paint)}  ${ended.run_id}`,
      `  next: grafos runs wait ${ended.run_id}`,
    ]);
    return runExitCode(ended);
  }
  const { response, isAdvised, lines } = await shownRun(context, client, ended, {
    root: program.root,
    output: given.output,
    isFuelGiven: given.fuel !== undefined,
  });
  if (given.profile) {
    out.progress('counting');
    const profile = await profileRun(program, ended.run_id, given.provider, signal);
    out.result({ ...response, profile }, function* (paint) {
      yield* lines(paint);
      yield '';
      yield* profileLines(profile, PROFILE_ROWS, cwd, paint);
    });
  } else {
    out.result(response, function* (paint) {
      yield* lines(paint);
      if (!isAdvised) yield* nextLines(ended, given.hold);
    });
  }
  return runExitCode(ended);
}

function nextLines({ run_id, state, lease_id }: Run, hold: string | undefined): string[] {
  if (hold !== undefined && lease_id !== null) return [`  held for ${hold}: grafos mem read ${run_id}`];
  return state === 'failed' ? [`  next: its log and input: grafos artifacts ${run_id} --download`] : [];
}

/** Without `--direct` they would be ignored, and the run would go where nobody meant it to. */
function refuseLoneDirectOptions(given: Given): void {
  const lone = (['scheduler', 'ca', 'cert', 'key', 'tenant'] as const).find((option) => given[option] !== undefined);
  if (lone === undefined) return;
  throw new GrafosError('usage', 'wrong_usage', `--${lone} is for --direct only.`, {
    next: 'Give --direct as well, or a --provider alone.',
  });
}
