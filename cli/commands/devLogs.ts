import { DAEMON_NAMES } from '../../daemons/protocol/devState.ts';
import { followLogs, readLogs } from '../../toolchain/stack/daemonLogs.ts';
import { choice, countOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { daemon?: string; lines: string; follow?: boolean },
): Promise<void> {
  const root = programRootOf(cwd);
  const names = given.daemon === undefined ? [...DAEMON_NAMES] : [choice('Daemon', given.daemon, DAEMON_NAMES)];
  const logs = await readLogs(root, names, countOption('--lines', given.lines));
  out.result(logs, (paint) =>
    logs.map(({ daemon, file, lines }) => [paint('bold', `${daemon}  ${file}`), ...lines].join('\n')).join('\n\n'),
  );
  if (given.follow) await followLogs(root, names, signal, (_daemon, text) => out.raw(text));
}
