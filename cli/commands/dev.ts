import { EXIT_CODE } from '../../base/errorCodes.ts';
import { DAEMON_NAMES } from '../../daemons/wire/devState.ts';
import { formatSize } from '../../program/size.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';
import { pathText, timeText } from '../text.ts';

export async function down({ cwd, out, signal }: CommandContext): Promise<void> {
  const { devDown } = await import('../../toolchain/stack/devDown.ts');
  const { workText } = await import('../../toolchain/stack/stackWork.ts');
  const { stackPaths } = await import('../../toolchain/stack/stackPaths.ts');
  const root = programRootOf(cwd);
  const ended = await devDown(root, signal);
  if (ended.warning !== null) {
    out.warn(
      `${ended.warning} ${pathText(stackPaths(root).state, cwd)} was removed.`,
      '  No process was ended on its word. A daemon whose dev.json is gone ends by itself.',
    );
  }
  out.result({ ...ended, duration_ms: Math.round(ended.duration_ms) }, (paint) => {
    const daemons = Object.entries(ended.daemons);
    if (daemons.length === 0) return ['no local stack was running'];
    const work = workText(ended.ended);
    const lines = daemons.map(([name, how]) => `  ${name.padEnd(12)} ${how === 'absent' ? 'had ended before' : how}`);
    return [
      `stopped ${paint('dim', `in ${Math.round(ended.duration_ms)} ms; logs stay in ${pathText(ended.logs, cwd)}`)}`,
      ...lines,
      ...(work === null ? [] : [`  ${work} ended with it`]),
    ];
  });
}

/** Exit codes of docs/guide/cli.md, by which a script knows whether the stack is up. */
const EXIT_CODES = { running: 0, unhealthy: 1, stopped: 3 } as const;

export async function status({ cwd, out, signal }: CommandContext, given: { bearer?: boolean }): Promise<number> {
  const { devStatus } = await import('../../toolchain/stack/devStatus.ts');
  const { readBearer } = await import('../../toolchain/stack/readBearer.ts');
  const root = programRootOf(cwd);
  if (given.bearer) {
    const { url, bearer } = await readBearer(root);
    out.result({ url, bearer }, () => [`${url}/#${bearer}`]);
    return 0;
  }
  const seen = await devStatus(root, signal);
  out.result(seen, (paint) => {
    const { dev } = seen;
    if (dev === null) return [`stopped  ${paint('dim', 'start it: grafos dev up')}`];
    const state = seen.state === 'running' ? paint('green', 'running') : paint('red', seen.state);
    const mark = (name: string) => (seen.dead.some((dead) => dead === name) ? paint('red', ' ended') : '');
    const leased =
      seen.leased_bytes === null
        ? ''
        : `, ${formatSize(seen.leased_bytes)} of ${formatSize(dev.fabric.mem_capacity)} leased`;
    return [
      `${state}  ${dev.cell_id} ${paint('dim', `since ${timeText(dev.started_at)}`)}`,
      `  fabricbiosd  ${dev.fabric.transport} ${dev.fabric.control}${leased}${mark('fabricbiosd')}`,
      `  scheduler    ${dev.scheduler_url} as ${dev.tenant_name}${mark('scheduler')}`,
      `  helper       ${dev.helper.url}${mark('helper')}`,
      ...(seen.state === 'running'
        ? []
        : ['  next: grafos dev doctor names the fault; grafos dev up starts the stack again']),
    ];
  });
  return EXIT_CODES[seen.state];
}

const SIGN = { ok: ['green', 'ok  '], warn: ['yellow', 'warn'], fail: ['red', 'fail'] } as const;

export async function doctor({ cwd, out, signal }: CommandContext): Promise<number> {
  const { doctor: examine } = await import('../../toolchain/stack/doctor.ts');
  const report = await examine(programRootOf(cwd), signal);
  out.result(report, (paint) =>
    report.checks.flatMap(({ name, status, message, next }) => {
      const [style, word] = SIGN[status];
      const line = `${paint(style, word)}  ${name.padEnd(18)} ${message}`;
      return next === null ? [line] : [line, `${' '.repeat(25)}next: ${next}`];
    }),
  );
  return report.ok ? 0 : 1;
}

export async function logs(
  { cwd, out, signal }: CommandContext,
  given: { daemon?: string; lines: string; follow?: boolean },
): Promise<number> {
  const { choice, countOption } = await import('../arguments.ts');
  const { followLogs, readLogs } = await import('../../toolchain/stack/daemonLogs.ts');
  const root = programRootOf(cwd);
  const names = given.daemon === undefined ? [...DAEMON_NAMES] : [choice('[daemon]', given.daemon, DAEMON_NAMES)];
  const read = await readLogs(root, names, countOption('--lines', given.lines));
  const line = (daemon: string, text: string) => out.item({ daemon, line: text }, () => [text]);
  if (given.follow && out.json) {
    for (const { daemon, lines } of read) for (const text of lines) line(daemon, text);
  } else {
    out.result(
      read.map(({ daemon, file, lines }) => ({ daemon, file, lines })),
      (paint) =>
        read.flatMap(({ daemon, file, lines }, index) => [
          ...(index === 0 ? [] : ['']),
          `${paint('bold', daemon)}  ${paint('dim', pathText(file, cwd))}`,
          ...(lines.length === 0 ? ['no lines'] : lines),
        ]),
    );
  }
  if (!given.follow) return 0;
  await followLogs(root, read, signal, line);
  return EXIT_CODE.interrupted;
}

export async function restore({ cwd, out, signal }: CommandContext, given: { folder: string }): Promise<void> {
  const { restoreState } = await import('../../toolchain/stack/restoreState.ts');
  const restored = await restoreState(programRootOf(cwd), given.folder, signal);
  out.result(restored, (paint) => [
    `${paint('green', 'restored')}  ${restored.from} is .grafos again`,
    `  what .grafos had until now is in ${restored.replaced}`,
    '  next: grafos dev up',
  ]);
}
