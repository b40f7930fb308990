import { dirname, join, sep } from 'node:path';
import { findProgram, MANIFEST_NAME } from '../program/loadProgram.ts';
import type { Tasklet } from '../program/manifest.ts';
import type { Finding } from '../toolchain/validate/finding.ts';
import { givenUp } from '../toolchain/validate/givenUp.ts';
import type { CheckQueue, Urgency } from './checkQueue.ts';
import type { OpenTexts } from './openTexts.ts';
import { ProgramState } from './programState.ts';

/** A few keystrokes that come at once, as a paste or a completion makes them, are one edit. */
export const TYPING_MS = 15;
/**
 * Pause in the typing, milliseconds, after which a changed manifest starts the checks of its
 * tasklets. Each takes a compiler.
 */
export const MANIFEST_RESTS_MS = 150;

export interface CheckerOptions {
  open: OpenTexts;
  queue: CheckQueue;
  /** Checks of sources as they are typed. */
  onType: boolean;
  publish(file: string, findings: Finding[]): void;
  /** A file of a Rust tasklet was saved. */
  rustSaved(program: ProgramState, tasklet: Tasklet): void;
}

/**
 * Decides which tasklet is checked when. It takes the programs of the open documents, each tasklet
 * by itself, newest text first.
 */
export class Checker {
  readonly #options: CheckerOptions;
  readonly #programs = new Map<string, ProgramState>();
  readonly #published = new Map<string, Set<string>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(options: CheckerOptions) {
    this.#options = options;
  }

  /** The program a file belongs to: that of the nearest manifest, on the disk or open. */
  programOf(path: string): ProgramState | undefined {
    const root = this.#rootOf(path);
    return root === null ? undefined : this.#programs.get(root);
  }

  opened(path: string): void {
    const root = this.#rootOf(path);
    if (root === null) return;
    const known = this.#programs.get(root);
    if (known === undefined) this.#addProgram(root, path);
    else if (path === known.manifestPath) this.#manifestChanged(known);
    else {
      // It may differ from the disk from the start: editors keep unsaved texts.
      this.#request(known, known.taskletsOf(path), 'typed');
      this.#publish(known);
    }
  }

  changed(path: string): void {
    const program = this.programOf(path);
    if (program === undefined) return;
    if (path === program.manifestPath) this.#manifestChanged(program);
    else if (this.#options.onType && program.taskletsOf(path).length > 0)
      this.#later(`typing\n${path}`, TYPING_MS, () => this.#request(program, program.taskletsOf(path), 'typed'));
  }

  saved(path: string): void {
    const program = this.programOf(path);
    if (program === undefined) return;
    if (path === program.manifestPath) {
      this.#request(program, program.tasklets(), 'background');
      return;
    }
    const tasklets = program.taskletsOf(path);
    this.#request(program, tasklets, 'typed');
    for (const one of tasklets)
      if (one.kind === 'rust' && program.isSource(one, path)) this.#options.rustSaved(program, one);
  }

  closed(path: string): void {
    const program = this.programOf(path);
    if (program === undefined) return;
    if (!this.#options.open.paths().some((other) => this.#rootOf(other) === program.root)) {
      this.#forget(program);
      return;
    }
    // What counts now is what the disk has.
    if (path === program.manifestPath) this.#manifestChanged(program);
    else this.#request(program, program.taskletsOf(path), 'background');
  }

  /** Files were made, written or removed by something else than the open documents. */
  filesChanged(paths: readonly string[]): void {
    for (const path of paths) {
      if (path.endsWith(`${sep}${MANIFEST_NAME}`)) this.#manifestOnDisk(path);
    }
    for (const program of this.#programs.values()) {
      // Of an open document the text that is open counts.
      const inside = paths.filter(
        (path) =>
          path.startsWith(program.root + sep) &&
          path !== program.manifestPath &&
          this.#options.open.at(path) === undefined,
      );
      if (inside.length === 0) continue;
      const state = join(program.root, '.grafos') + sep;
      // The stack and the cells of clouds; what else is there is made by builds and checks.
      const all = inside.some((path) => path.startsWith(state) && path.endsWith('.json'));
      const own = inside.filter((path) => !path.startsWith(state));
      const touched = all ? program.tasklets() : own.flatMap((path) => program.taskletsOf(path));
      const lacking = own.some((path) => path.endsWith('.ts')) ? program.failingScripts() : [];
      this.#request(program, [...new Set([...touched, ...lacking])], 'background');
    }
  }

  /** Publishes anew what is known, for instance after `cargo check`. */
  publish(program: ProgramState): void {
    if (this.#programs.get(program.root) === program) this.#publish(program);
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #rootOf(path: string): string | null {
    const { open } = this.#options;
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      if (open.at(join(folder, MANIFEST_NAME)) !== undefined) {
        const saved = findProgram(dirname(path));
        return saved !== null && saved.length > folder.length ? saved : folder;
      }
      if (dirname(folder) === folder) return findProgram(dirname(path));
    }
  }

  #addProgram(root: string, opened: string): void {
    const program = new ProgramState(root, this.#options.open);
    this.#programs.set(root, program);
    this.#checkManifest(program);
    this.#publish(program);
    const first = program.taskletsOf(opened);
    this.#request(program, first, 'typed');
    this.#request(
      program,
      program.tasklets().filter((one) => !first.includes(one)),
      'background',
    );
  }

  /** Says at once what the manifest alone tells; its tasklets follow when the typing rests. */
  #manifestChanged(program: ProgramState): void {
    const names = this.#checkManifest(program);
    this.#publish(program);
    if (names.length === 0) return;
    this.#later(`manifest\n${program.root}`, MANIFEST_RESTS_MS, () =>
      this.#request(
        program,
        program.tasklets().filter(({ name }) => names.includes(name)),
        'background',
      ),
    );
  }

  #checkManifest(program: ProgramState): string[] {
    const names = program.readManifest();
    if (names !== null) return names;
    this.#options.queue.request(
      {
        root: program.root,
        tasklet: null,
        overlay: () => program.overlay(),
        done: ({ findings }) => {
          if (program.parsed !== null) return;
          program.setCheck('', findings, [], new Map());
          this.#publish(program);
        },
        // Only the manifest is looked at, whose size is bounded: the log says what went wrong.
        givenUp: () => {},
      },
      'typed',
    );
    return [];
  }

  #manifestOnDisk(path: string): void {
    const { open } = this.#options;
    const root = dirname(path);
    const known = this.#programs.get(root);
    // A manifest that comes or goes changes which program the files below it belong to.
    const isThere = open.at(path) !== undefined || findProgram(root) === root;
    if (known !== undefined && !isThere) this.#forget(known);
    else if (known !== undefined) {
      if (open.at(path) === undefined) this.#manifestChanged(known);
      return;
    }
    for (const other of open.paths()) if (other.startsWith(root + sep)) this.opened(other);
  }

  #request(program: ProgramState, tasklets: readonly Tasklet[], urgency: Urgency): void {
    if (this.#programs.get(program.root) !== program) return;
    for (const tasklet of tasklets) {
      const { name } = tasklet;
      let texts = new Map<string, string>();
      this.#options.queue.request(
        {
          root: program.root,
          tasklet: name,
          overlay: () => {
            texts = program.texts();
            return program.overlay();
          },
          done: ({ findings, sources }) => {
            program.setCheck(name, findings, sources, texts);
            this.#publish(program);
          },
          givenUp: (why) => {
            const finding = givenUp(program.root, tasklet, why, 'check');
            program.setCheck(name, [finding], [join(program.root, tasklet.source)], texts);
            this.#publish(program);
          },
        },
        urgency,
      );
    }
  }

  #publish(program: ProgramState): void {
    const files = Map.groupBy(program.findings(), ({ file }) => file);
    const before = this.#published.get(program.root) ?? new Set();
    // An open file without findings gets an empty list once that is known: its client waits for it.
    const open = this.#options.open
      .paths()
      .filter((path) => this.#rootOf(path) === program.root && program.isChecked(path));
    for (const file of new Set([...before, ...files.keys(), ...open]))
      this.#options.publish(file, files.get(file) ?? []);
    this.#published.set(program.root, new Set(files.keys()));
  }

  #forget(program: ProgramState): void {
    this.#programs.delete(program.root);
    this.#options.queue.forget(program.root);
    for (const file of this.#published.get(program.root) ?? []) this.#options.publish(file, []);
    this.#published.delete(program.root);
  }

  #later(key: string, ms: number, act: () => void): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => {
        this.#timers.delete(key);
        act();
      }, ms),
    );
  }
}
