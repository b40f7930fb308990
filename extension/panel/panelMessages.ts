/**
 * Messages between the extension and the page of the Run panel. Both sides import their shapes from
 * here.
 */
import type { ArtifactName } from '../../daemons/wire/tenantApi.ts';

/** A place in a source that a failed run names. */
export interface PlaceShown {
  file: string;
  line: number;
  column: number;
  /** The function's name; empty where it is not known. */
  name: string;
  /** The line of the source; empty where it is not known. */
  excerpt: string;
  /** True where the place is shown as text, without a link. */
  isPlain?: boolean;
}

/** The actions of the panel's buttons. The page offers those that the head names. */
export const PANEL_ACTIONS = [
  'again',
  'with',
  'cancel',
  'saveFixture',
  'acceptOutput',
  'reproduce',
  'profile',
  'download',
  'saveFile',
  'pin',
  'unpin',
  'startStack',
  'showInSource',
] as const;
export type PanelAction = (typeof PANEL_ACTIONS)[number];

/** The small facts of the shown run. They are sent again whenever one of them changes. */
export interface RunHead {
  /** Id of the run; an id of the panel's own until the run exists. */
  runId: string;
  tasklet: string;
  /** CSS class of the state: `preparing` or the run's state. */
  state: string;
  stateText: string;
  /** Short facts under the title: provider, duration, fuel of its budget, memory, time. */
  summary: string[];
  /**
   * Milliseconds from the beginning of the run to the sending of the message; null for an ended
   * run.
   */
  elapsedMs: number | null;
  error: { word: string; message: string; next: string; places: PlaceShown[] } | null;
  /**
   * A sentence about the run, as the reason why its output is missing; empty where there is none.
   */
  notice: string;
  /** A sentence that names the newest run since this one was pinned; empty where there is none. */
  newer: string;
  /** Names and values for the fold "Details", in reading order. */
  details: Array<[name: string, value: string]>;
  artifacts: Array<{ name: ArtifactName; size: string }>;
  buttons: Array<{ action: PanelAction; label: string }>;
}

export interface OutputShown {
  /** The beginning of the output, or all of it. */
  bytes: Uint8Array;
  /** Bytes of the whole output. */
  size: number;
  /** Size of the output, and a notice where only its beginning is sent. */
  note: string;
}

export interface InputShown {
  /** Source of the input, as `fixture hello`; empty where it is not known. */
  name: string;
  /** The input as editable text; null where it is no text or too large. */
  text: string | null;
  note: string;
  /** True where no run takes the text: it is of a file. */
  isReadOnly?: boolean;
}

/** A box of the flame graph. */
export interface FlameFrame {
  name: string;
  /** Index of the caller in the list; -1 for the root. Callers come first. */
  parent: number;
  /** Fuel of the function's own instructions. */
  self: number;
  /** Fuel of the function's own instructions and of all that it called. */
  total: number;
}

export interface ProfileShown {
  /**
   * The heads of the columns, then the rows. The last column is a name; the others are numbers as
   * text.
   */
  functions: string[][];
  lines: Array<{ cells: string[]; file: string; line: number; isPlain?: boolean }>;
  lineHeads: string[];
  flame: FlameFrame[];
  /** Sentences under the tables. */
  notes: string[];
}

/** Words of the page that do not depend on the run, in the editor's language. */
export interface PanelWords {
  empty: string;
  output: string;
  noOutput: string;
  log: string;
  noLog: string;
  input: string;
  inputLabel: string;
  profile: string;
  functions: string;
  lines: string;
  flame: string;
  details: string;
  artifacts: string;
  error: string;
  places: string;
  actions: string;
  views: string;
  tree: string;
  table: string;
  text: string;
  picture: string;
  hex: string;
  copy: string;
  save: string;
  more: string;
  showNewer: string;
  edited: string;
}

export type ToPage =
  | { kind: 'words'; words: PanelWords }
  /** A null head: no run is shown. */
  | { kind: 'head'; head: RunHead | null }
  | { kind: 'output'; runId: string; output: OutputShown }
  | { kind: 'log'; runId: string; text: string; isWhole: boolean }
  | { kind: 'input'; runId: string; input: InputShown }
  | { kind: 'profile'; runId: string; profile: ProfileShown }
  /** A sentence for screen readers. */
  | { kind: 'announce'; text: string };

export type FromPage =
  | { kind: 'ready' }
  /** `input` is the edited input; absent where it was not edited. */
  | { kind: 'action'; action: PanelAction; input?: string }
  | { kind: 'artifact'; name: ArtifactName }
  | { kind: 'place'; file: string; line: number; column: number }
  | { kind: 'copyOutput'; text: string }
  | { kind: 'saveOutput' }
  | { kind: 'showNewer' };
