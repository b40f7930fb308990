import { EXIT_CODE } from '../../base/errorCodes.ts';
import { DAEMON_NAMES } from '../../daemons/wire/devState.ts';
import { followLogs, readLogs } from '../../toolchain/stack/daemonLogs.ts';
import { choice, countOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { pathText } from '../pathText.ts';
import { programRootOf } from '../programRootOf.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { daemon?: string; lines: string; follow?: boolean },
): Promise<number> {
  const root = programRootOf(cwd);
  const names = given.daemon === undefined ? [...DAEMON_NAMES] : [choice('[daemon]', given.daemon, DAEMON_NAMES)];
  const logs = await readLogs(root, names, countOption('--lines', given.lines));
  const line = (daemon: string, text: string) => out.item({ daemon, line: text }, () => [text]);
  if (given.follow && out.json) {
    for (const { daemon, lines } of logs) for (const text of lines) line(daemon, text);
  } else {
    out.result(
      logs.map(({ daemon, file, lines }) => ({ daemon, file, lines })),
      (paint) =>
        logs.flatMap(({ daemon, file, lines }, index) => [
          ...(index === 0 ? [] : ['']),
          `${paint('bold', daemon)}  ${paint('dim', pathText(file, cwd))}`,
          ...(lines.length === 0 ? ['no lines'] : lines),
        ]),
    );
  }
  if (!given.follow) return 0;
  await followLogs(root, logs, signal, line);
  return EXIT_CODE.interrupted;
}
