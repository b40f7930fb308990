/**
 * All messages of the server beyond LSP 3.17.
 *
 * A client that asks for none of them gets a plain language server. They are documented in
 * docs/reference/protocol.md; test/unit/language-server/customMessages.test.ts compares that page
 * with this file.
 */
import type { ErrorCode, ErrorKind } from '../base/errorCodes.ts';

/** `initializationOptions` of `initialize`. All of them may be left out. */
export interface ServerOptions {
  /**
   * The client has the commands of {@link LENS_COMMANDS}; without them there are no code lenses.
   * Default false.
   */
  commands?: boolean;
  /** The client wants {@link CHECKING}. Default false. */
  checking?: boolean;
  /**
   * Run `cargo check` when a file of a Rust tasklet is saved. It runs the build scripts of the
   * crate, so it is off in a workspace that is not trusted. Default true.
   */
  cargoCheck?: boolean;
  /**
   * Check sources as they are typed; otherwise when they are opened and saved. `grafos.toml` is
   * always checked as it is typed. Default true.
   */
  validateOnType?: boolean;
  /**
   * Answer inlay hints and {@link FUEL_LINES} from the newest profile, and send
   * {@link FUEL_CHANGED}. Default false.
   */
  fuel?: boolean;
  /**
   * The client's TypeScript service hovers on tasklets too. In a program with types in
   * `.grafos/types` the server leaves names of grafos-std to it. Default false.
   */
  typeScriptHovers?: boolean;
  /**
   * The client wants {@link BUILD}, which writes into the program: only for trusted folders.
   * Default false.
   */
  builds?: boolean;
}

/** Notification from the server: whether checks are going on, sent when that changes. */
export const CHECKING = 'grafos/checking';

export interface CheckingParams {
  busy: boolean;
}

/**
 * Request to the server: the fuel that the newest profile has for the lines of a document. Empty
 * while the text differs from the built one.
 */
export const FUEL_LINES = 'grafos/fuelLines';

export interface FuelLinesParams {
  uri: string;
}

/** Lines from 0, and their part of the run's fuel, 0 to 1. */
export type FuelLinesResult = Array<{ line: number; share: number }>;

/**
 * Notification from the server, without parameters: the answer to {@link FUEL_LINES} may have
 * changed.
 */
export const FUEL_CHANGED = 'grafos/fuelChanged';

/**
 * Request to the server: build a tasklet from the files on disk as `grafos tasklet build` does,
 * with a loaded compiler. The client saves first. For Rust the command does as well, because cargo
 * is a process of its own.
 */
export const BUILD = 'grafos/build';

export interface BuildParams {
  /** Absolute path of the program's folder. */
  program: string;
  /** Name of the tasklet. */
  tasklet: string;
}

/** The answer to {@link BUILD}. `error` is the error that the command would report. */
export type BuildAnswer =
  | { built: { tasklet: string; output: string; bytes: number; sha256: string; duration_ms: number } }
  | { error: { kind: ErrorKind; code: ErrorCode; message: string; why: string | null; next: string | null } };

/**
 * Commands of the code lenses above `compute`; the client executes them. Their one argument is a
 * {@link LensArgument}.
 */
export const LENS_COMMANDS = {
  build: { command: 'grafos.tasklet.build', title: 'Build' },
  run: { command: 'grafos.tasklet.run', title: 'Run' },
  deploy: { command: 'grafos.tasklet.deploy', title: 'Deploy to…' },
} as const;

export interface LensArgument {
  /** Absolute path of the program's folder. */
  program: string;
  /** Name of the tasklet. */
  tasklet: string;
}

/** The default of each option, and the reading of what a client sent, which may be anything. */
export function readServerOptions(given: unknown): Required<ServerOptions> {
  const defaults = {
    commands: false,
    checking: false,
    cargoCheck: true,
    validateOnType: true,
    fuel: false,
    typeScriptHovers: false,
    builds: false,
  };
  if (typeof given !== 'object' || given === null) return defaults;
  const options: Required<ServerOptions> = defaults;
  for (const [name, value] of Object.entries(given))
    if (Object.hasOwn(defaults, name) && typeof value === 'boolean') options[name as keyof ServerOptions] = value;
  return options;
}
