import { closeSync, fstatSync, writeSync } from 'node:fs';
import type { StateFolder } from '../../base/files/stateFolder.ts';

/** One line of the log of a cell. */
export interface CellLogLine {
  /** RFC 3339. */
  at: string;
  level: 'info' | 'warn' | 'error';
  /** Name of the daemon, or `cell` for what supervises them. */
  from: string;
  text: string;
}

/** Takes the lines of a cell's log. */
export type CellLog = (line: CellLogLine) => void;

const DAEMON_LINE = /^(\d{4}-\d\d-\d\dT\S{1,20}Z) (info|warn|error) \S+ (.*)$/s;
/** Bytes of a log file before it becomes the previous one. */
const FILE_BYTES = 8 * 1024 * 1024;

/** Reads a line that a daemon wrote. Lines of other form, such as those of a crash, are errors. */
export function readLogLine(from: string, line: string, now: Date): CellLogLine {
  const [, at, level, text = ''] = DAEMON_LINE.exec(line) ?? [];
  if (at === undefined) return { at: now.toISOString(), level: 'error', from, text: line };
  return { at, level: level as CellLogLine['level'], from, text };
}

/**
 * Writes the lines of each daemon to a file of its own in a folder. A file and the one before it
 * have 8 MiB at most.
 */
export function logToFiles(logs: StateFolder): CellLog {
  return ({ at, level, from, text }) => {
    const name = `${from}.log`;
    const fd = logs.openAppend(name);
    let isFull = false;
    try {
      writeSync(fd, `${at} ${level} ${from} ${text}\n`);
      isFull = fstatSync(fd).size >= FILE_BYTES;
    } finally {
      closeSync(fd);
    }
    if (isFull) logs.rename(name, `${from}.previous.log`);
  };
}
