/** A fact about a program's state folder that a person should know, and that is no error. */
export interface StateNotice {
  /** A `note` is no more than a line of a log to an editor; a terminal shows both. */
  kind: 'warning' | 'note';
  text: string;
}

let listener: ((notice: StateNotice) => void) | undefined;
const announced = new Set<string>();

/** Sets how this process tells a person of notices. Without it they are dropped. */
export function onStateNotice(listen: (notice: StateNotice) => void): void {
  listener = listen;
}

/** Gives a notice, once in this process. */
export function giveStateNotice(kind: StateNotice['kind'], text: string): void {
  if (listener === undefined || announced.has(text)) return;
  announced.add(text);
  listener({ kind, text });
}
