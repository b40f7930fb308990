import { fstatSync } from 'node:fs';
import { CELL_FILES, cellFolderPath, openCellFolder } from '../../toolchain/cell/cellFolder.ts';
import { type CellLog, type CellLogLine, logToFiles } from '../../toolchain/cell/cellLog.ts';
import { runCell } from '../../toolchain/cell/runCell.ts';
import type { CommandContext } from '../command.ts';
import type { Output } from '../output.ts';

interface Given {
  state?: string;
  log: 'stdout' | 'files';
}

/** Levels of syslog, which the journal reads at the beginning of a line (sd-daemon(3)). */
const JOURNAL_LEVEL: Record<CellLogLine['level'], string> = { error: '<3>', warn: '<4>', info: '<6>' };

export async function run({ out, signal }: CommandContext, { state, log }: Given): Promise<void> {
  const path = cellFolderPath(state);
  const toFiles = log === 'files';
  await runCell(path, {
    signal,
    log: toFiles ? logToFiles(openCellFolder(path).make(CELL_FILES.logs)) : logToOutput(out),
    onReady: ({ cell_id, ports }) => {
      if (toFiles) out.note(`${cell_id} runs; its scheduler has port ${ports.scheduler}. Ctrl-C stops it.`);
    },
  });
}

function logToOutput(out: Output): CellLog {
  const isJournal = goesToJournal(process.env.JOURNAL_STREAM);
  return (line) =>
    out.item(line, () => [
      isJournal
        ? `${JOURNAL_LEVEL[line.level]}${line.from}: ${line.text}`
        : `${line.at} ${line.level} ${line.from} ${line.text}`,
    ]);
}

/** Says that standard output is the journal: its device and inode are those that systemd names. */
function goesToJournal(stream: string | undefined): boolean {
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(1);
  return stream === `${dev}:${ino}`;
}
