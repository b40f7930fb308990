import { GrafosError } from '../../base/grafosError.ts';
import { LIMITS } from '../../base/limits.ts';
import { plainText } from '../../base/text/plainText.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { Run, RunResponse } from '../../daemons/wire/tenantApi.ts';
import { findTasklet, loadProgram, type Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { formatSize } from '../../program/size.ts';
import { profileBounded } from '../../toolchain/bounded/profileBounded.ts';
import { connectTarget } from '../../toolchain/deploy/connectTarget.ts';
import type { DeployPlace } from '../../toolchain/deploy/deployPlaces.ts';
import { type DeployRun, followSubmitted, readModuleFile, submitRun } from '../../toolchain/deploy/deployRun.ts';
import { deployToProvider } from '../../toolchain/deploy/deployToProvider.ts';
import { readInput } from '../../toolchain/deploy/readInput.ts';
import { directTarget } from '../../toolchain/deploy/resolveProvider.ts';
import { durationOption, runLimits, sizeOption } from '../arguments.ts';
import { warnIfStale } from '../builds.ts';
import type { CommandContext } from '../command.ts';
import { bytesFact, confirmFirstDeploy } from '../confirmFirstDeploy.ts';
import { type DirectOptions, directFiles } from '../direct.ts';
import { OUTPUT_FAULT, outputFile } from '../outputFile.ts';
import { PROFILE_ROWS, profileLines, warnUnwritten } from '../profileLines.ts';
import { runExitCode, stateText } from '../runLines.ts';
import { hasEnded, shownRun } from '../shownRun.ts';
import { createWholeLines } from '../wholeLines.ts';

interface Given extends DirectOptions {
  provider: string;
  cell?: string;
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
  const figures = readFigures(given, tasklet);
  refuseCombinations(given);
  const output = outputFile(cwd, '--output', given.output, OUTPUT_FAULT);
  const input = given.input === undefined ? new Uint8Array() : await readInput(given.input, signal);
  const log = createWholeLines((line) => out.note(line));
  const following = given.detach ? { detach: true } : { onLog: log.add };
  let looked: Promise<void> | undefined;
  const prepare = async (place: DeployPlace): Promise<DeployRun> => {
    await confirmDeploy(context, place, { program, tasklet, input, yes: given.yes === true });
    out.progress(`running ${tasklet.name} on ${place.target.provider}`);
    // Beside the request, which waits for the network: reading and hashing the sources takes as
    // long.
    looked ??= warnIfStale(out, program, tasklet);
    return { program, tasklet, input, signal, ...figures, ...following };
  };
  const { run: begun, client } = await deployed(context, given, program, prepare);
  using _client = client;
  const [run] = await Promise.all([followSubmitted(client, begun, { signal, ...following }), looked]);
  log.end();
  if (hasEnded(run)) {
    await showEnded(context, client, { program, run, given, output });
  } else {
    const next = `  next: grafos runs wait ${run.run_id}`;
    out.result(run, (paint) => [`${stateText(run.state, paint)}  ${run.run_id}`, next]);
  }
  return runExitCode(run);
}

/** Submits the run to the scheduler given by hand, or to a cell of the provider with room. */
async function deployed(
  { out, signal }: CommandContext,
  given: Given,
  program: Program,
  prepare: (place: DeployPlace) => Promise<DeployRun>,
): Promise<{ run: Run; client: DeployPlace['client'] }> {
  if (given.direct) {
    const target = await directTarget(...directFiles(given), given.tenant ?? '');
    out.progress(`asking ${target.provider}`);
    const client = await connectTarget(target, signal);
    try {
      return { run: await submitRun(client, await prepare({ target, client })), client };
    } catch (error) {
      client[Symbol.dispose]();
      throw error;
    }
  }
  out.progress(`asking ${given.provider}`);
  const skipped = (cell: string, { message }: GrafosError) => out.note(`cell ${cell} does not take it: ${message}`);
  const to = { provider: given.provider, cell: given.cell, signal, skipped };
  const { run, place } = await deployToProvider(program.root, to, prepare);
  return { run, client: place.client };
}

/** @throws {GrafosError} wrong_usage */
function readFigures(given: Given, tasklet: Tasklet): Pick<DeployRun, 'limits' | 'memBytes' | 'holdMs'> {
  const memBytes = given.mem === undefined ? undefined : sizeOption('--mem', given.mem);
  const limits = runLimits(given);
  if (given.hold === undefined) return { limits, ...(memBytes === undefined ? {} : { memBytes }) };
  const holdMs = durationOption('--hold', given.hold);
  if (holdMs > LIMITS.holdMs) {
    const what = `--hold "${given.hold}" is longer than ${LIMITS.holdMs / 60_000} minutes.`;
    throw wrongUsage(what, 'Give a shorter one.');
  }
  if ((memBytes ?? tasklet.mem_bytes) === 0) {
    throw wrongUsage('--hold keeps the fabric memory of the run, but the run leases none.', 'Give --mem as well.');
  }
  return { limits, holdMs, ...(memBytes === undefined ? {} : { memBytes }) };
}

/** @throws {GrafosError} wrong_usage */
function refuseCombinations(given: Given): void {
  if (!given.direct) refuseLoneDirectOptions(given);
  if (given.cell !== undefined && given.direct) throw wrongUsage('--cell does not go with --direct.', 'Leave one out.');
  if (given.profile && given.detach) {
    const next = 'Leave one of them out, or profile the run once it ended: grafos profile <run-id>';
    throw wrongUsage('--profile does not go with --detach.', next);
  }
  if (given.profile && given.direct) throw wrongUsage('--profile does not go with --direct.', 'Leave one of them out.');
  if (given.output !== undefined && given.detach) {
    const next = 'Leave it out, and take the output at the end: grafos runs wait <run-id> --output FILE';
    throw wrongUsage('--output does not go with --detach.', next);
  }
}

async function confirmDeploy(
  context: CommandContext,
  { client, target: { provider, cell: name } }: DeployPlace,
  deploy: { program: Program; tasklet: Tasklet; input: Uint8Array; yes: boolean },
): Promise<void> {
  if (provider === 'direct') return;
  const { program, tasklet, input, yes } = deploy;
  await confirmFirstDeploy(context, {
    root: program.root,
    provider,
    cell: name,
    what: `deploy of ${program.manifest.name}`,
    question: `Deploy ${tasklet.name} to ${provider}? Module and input leave this machine.`,
    async facts(url) {
      const module = await readModuleFile(program, tasklet);
      const { cell } = await client.health({ signal: context.signal });
      return [
        ['cell', `${url}${cell === null ? '' : `, ${cell.cell_id} in ${plainText(cell.region)}`}`],
        ['module', `${tasklet.output}, ${bytesFact(module)}`],
        ['input', formatSize(input.length)],
      ];
    },
    yes,
  });
}

interface Ended {
  program: Program;
  run: Run & { response: RunResponse };
  given: Given;
  /** File of `--output`, absolute. */
  output: string | undefined;
}

async function showEnded(
  context: CommandContext,
  client: SchedulerClient,
  { program, run, given, output }: Ended,
): Promise<void> {
  const { cwd, out, signal } = context;
  const { response, isAdvised, lines } = await shownRun(context, client, run, {
    root: program.root,
    output,
    isFuelGiven: given.fuel !== undefined,
  });
  if (!given.profile) {
    out.result(response, function* (paint) {
      yield* lines(paint);
      if (!isAdvised) yield* nextLines(run, given.hold);
    });
    return;
  }
  out.progress('counting');
  const profile = await profileBounded(program, run.run_id, given, signal);
  warnUnwritten(out, profile);
  out.result({ ...response, profile }, function* (paint) {
    yield* lines(paint);
    yield '';
    yield* profileLines(profile, PROFILE_ROWS, cwd, paint);
  });
}

function nextLines({ run_id, state, lease_id }: Run, hold: string | undefined): string[] {
  if (hold !== undefined && lease_id !== null) return [`  held for ${hold}: grafos mem read ${run_id}`];
  return state === 'failed' ? [`  next: its log and input: grafos artifacts ${run_id} --download`] : [];
}

/** Without `--direct` they would be ignored, and the run would go where nobody meant it to. */
function refuseLoneDirectOptions(given: Given): void {
  const lone = (['scheduler', 'ca', 'cert', 'key', 'tenant'] as const).find((option) => given[option] !== undefined);
  if (lone === undefined) return;
  throw wrongUsage(`--${lone} is for --direct only.`, 'Give --direct as well, or a --provider alone.');
}

function wrongUsage(what: string, next: string): GrafosError {
  return new GrafosError('wrong_usage', what, { next });
}
