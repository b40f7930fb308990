/** The start of a local cell's process, recorded so that its scheduler can start it again. */
export interface CellProcess {
  pid: number;
  /** See processIdentity.ts. */
  started: string;
  /** Program and arguments, at the addresses that the cell has got. */
  command: string[];
  /** Absolute path; the new process appends to it. */
  log: string;
}

/** A death of a cell's process that its scheduler noticed. */
export interface CellDeath {
  /** RFC 3339. */
  at: string;
  pid: number;
  /** Last words in its log, or that there are none. */
  why: string;
  /** SHA-256 of each module that had a run under way. */
  modules: string[];
  /** The process that took its place; null when none could be started. */
  restarted_pid: number | null;
}

/**
 * Deaths of the cell since the stack was started, in its state folder: {@link CellDeaths} as JSON.
 */
export const CELL_DEATHS_FILE = 'cell-deaths.json';

export interface CellDeaths {
  version: 1;
  /** The newest last, 20 at most. */
  deaths: CellDeath[];
  /** SHA-256 of each module that is set aside. */
  suspects: string[];
}
