import { join, sep } from 'node:path';
import { MANIFEST_NAME } from '../program/loadProgram.ts';
import { type ParsedManifest, parseManifest, type Tasklet } from '../program/manifest.ts';
import { rustSource } from '../program/rustSource.ts';
import { manifestFindings } from '../toolchain/validate/checkManifest.ts';
import { compareFindings, type Finding } from '../toolchain/validate/finding.ts';
import { createProgramFiles } from '../toolchain/validate/programFiles.ts';
import { moveFindings } from './movedFindings.ts';
import type { OpenTexts } from './openTexts.ts';

/** Findings of one check, and the open texts they speak of. */
interface CheckResult {
  findings: Finding[];
  /** Open texts as they were when the check began, by path. */
  texts: ReadonlyMap<string, string>;
}

/**
 * The server's knowledge of one program: its manifest as it is written now, and the last findings
 * of each of its tasklets.
 */
export class ProgramState {
  readonly root: string;
  readonly manifestPath: string;
  readonly #open: OpenTexts;
  /** Null when there is no text that could be read. */
  parsed: ParsedManifest | null = null;
  /**
   * The last manifest that was valid TOML. The tasklets are checked with it while a line is being
   * typed.
   */
  #lastReadable: string | null = null;
  #lastTasklets: Tasklet[] = [];
  #manifestFindings: Finding[] = [];
  readonly #checks = new Map<string, CheckResult>();
  readonly #cargo = new Map<string, CheckResult>();
  readonly #sources = new Map<string, Set<string>>();

  constructor(root: string, open: OpenTexts) {
    this.root = root;
    this.manifestPath = join(root, MANIFEST_NAME);
    this.#open = open;
  }

  /** The tasklets without faults, of the last manifest that was valid TOML. */
  tasklets(): readonly Tasklet[] {
    return this.parsed === null ? [] : this.#lastTasklets;
  }

  /**
   * Reads the manifest again.
   *
   * @returns the names of the tasklets that must be checked again, or null when the manifest cannot
   *   be read
   */
  readManifest(): string[] | null {
    const unsaved = this.#open.at(this.manifestPath)?.getText();
    const overlay = unsaved === undefined ? undefined : new Map([[this.manifestPath, unsaved]]);
    const read = createProgramFiles(this.root, overlay).text(this.manifestPath, 'manifest');
    if (read.state !== 'ok') {
      this.parsed = null;
      this.#manifestFindings = [];
      return null;
    }
    const before = new Map(this.tasklets().map((one) => [one.name, JSON.stringify(one)]));
    this.parsed = parseManifest(read.text);
    this.#manifestFindings = manifestFindings(this.parsed, this.manifestPath);
    if (!this.#readable(this.parsed)) return [];
    this.#lastReadable = read.text;
    const now = this.parsed.tasklets.flatMap(({ tasklet }) => tasklet ?? []);
    this.#lastTasklets = now;
    const names = new Set(now.map(({ name }) => name));
    for (const map of [this.#checks, this.#cargo, this.#sources])
      for (const name of map.keys()) if (!names.has(name)) map.delete(name);
    return now
      .filter((one) => before.get(one.name) !== JSON.stringify(one) || this.#speaksOfManifest(one.name))
      .map(({ name }) => name);
  }

  /**
   * The texts to check a tasklet with instead of the files: unsaved texts, and the last manifest
   * that can be read.
   */
  overlay(): Map<string, string> {
    const inside = this.#open.paths().filter((path) => path.startsWith(this.root + sep));
    const overlay = this.#open.unsaved(this.root, inside);
    if (this.parsed !== null && !this.#readable(this.parsed) && this.#lastReadable !== null)
      overlay.set(this.manifestPath, this.#lastReadable);
    return overlay;
  }

  /** The open texts of the program, for {@link setCheck}. */
  texts(): Map<string, string> {
    const texts = new Map<string, string>();
    for (const path of this.#open.paths()) {
      const text = path.startsWith(this.root + sep) ? this.#open.at(path)?.getText() : undefined;
      if (text !== undefined) texts.set(path, text);
    }
    if (this.#lastReadable !== null && texts.has(this.manifestPath)) texts.set(this.manifestPath, this.#lastReadable);
    return texts;
  }

  /**
   * @param tasklet `''` for a check of the whole program, made where the manifest cannot be read
   */
  setCheck(
    tasklet: string,
    findings: readonly Finding[],
    sources: readonly string[],
    texts: CheckResult['texts'],
  ): void {
    if (tasklet === '') {
      this.#manifestFindings = [...findings];
      return;
    }
    if (!this.tasklets().some(({ name }) => name === tasklet)) return;
    // What the manifest alone tells is known already, of its newest text.
    this.#checks.set(tasklet, { findings: findings.filter(({ code }) => !code.startsWith('GRF1')), texts });
    this.#sources.set(tasklet, new Set(sources));
  }

  /** Keeps the findings of `cargo check`; null forgets them. */
  setCargo(tasklet: string, findings: readonly Finding[] | null, texts: CheckResult['texts'] = new Map()): void {
    if (findings === null) this.#cargo.delete(tasklet);
    else this.#cargo.set(tasklet, { findings: [...findings], texts });
  }

  /** The tasklets a file belongs to: made from it, a case of it, or the module built of it. */
  taskletsOf(path: string): Tasklet[] {
    return this.tasklets().filter((one) => this.isSource(one, path) || this.#isProduct(one, path));
  }

  /**
   * Says whether the findings of a file are known: it is the manifest, or all tasklets made from it
   * were checked.
   */
  isChecked(path: string): boolean {
    if (path === this.manifestPath) return this.parsed !== null;
    const made = this.tasklets().filter((one) => this.isSource(one, path));
    return made.length > 0 && made.every(({ name }) => this.#checks.has(name));
  }

  isSource(one: Tasklet, path: string): boolean {
    const source = join(this.root, one.source);
    if (path === source || path.startsWith(source + sep)) return true;
    if (one.kind === 'rust' && path.startsWith(join(this.root, rustSource(one.source).crate, 'src') + sep)) return true;
    return this.#sources.get(one.name)?.has(path) ?? false;
  }

  /**
   * AssemblyScript tasklets whose last check found an error. A new file may be the one that they
   * lacked.
   */
  failingScripts(): Tasklet[] {
    return this.tasklets().filter(
      ({ name, kind }) =>
        kind === 'assemblyscript' && this.#checks.get(name)?.findings.some(({ code }) => code === 'GRF2101'),
    );
  }

  /** All findings, each once, at their places in the texts as they are now. */
  findings(): Finding[] {
    const all = [...this.#manifestFindings];
    for (const results of [this.#checks, this.#cargo])
      for (const { findings, texts } of results.values()) all.push(...this.#moved(findings, texts));
    return all.sort(compareFindings).filter((one, index) => {
      const before = all[index - 1];
      return before === undefined || compareFindings(before, one) !== 0;
    });
  }

  /** Those with a fix whose edits were made for the texts as they are now. */
  fixable(): Finding[] {
    const results = [...this.#checks.values(), ...this.#cargo.values()];
    const holds = ({ fix }: Finding, texts: CheckResult['texts']) =>
      fix?.edits.every(({ file }) => {
        const now = this.#open.at(file)?.getText();
        return now === undefined || now === texts.get(file);
      });
    return [
      ...this.#manifestFindings.filter(({ fix }) => fix !== undefined),
      ...results.flatMap(({ findings, texts }) => findings.filter((one) => holds(one, texts))),
    ];
  }

  #moved(findings: readonly Finding[], texts: CheckResult['texts']): Finding[] {
    const files = Map.groupBy(findings, ({ file }) => file);
    return [...files].flatMap(([file, some]) => {
      const before = texts.get(file);
      const now = this.#open.at(file)?.getText();
      return before === undefined || now === undefined ? some : moveFindings(some, before, now);
    });
  }

  #speaksOfManifest(tasklet: string): boolean {
    const result = this.#checks.get(tasklet);
    return result === undefined || result.findings.some(({ file }) => file === this.manifestPath);
  }

  #isProduct({ output, fixtures }: Tasklet, path: string): boolean {
    return path === join(this.root, output) || path.startsWith(join(this.root, fixtures) + sep);
  }

  #readable({ problems }: ParsedManifest): boolean {
    return !problems.some(({ kind }) => kind === 'toml-syntax' || kind === 'duplicate-key');
  }
}
