import { GrafosError } from '../base/grafosError.ts';
import { layOutJson } from './layOutJson.ts';
import { type Paint, paintMarked, pieceEnd, printedLine, safeJson } from './printedLine.ts';

/** Characters of a JSON document that a terminal is given. */
const JSON_SHOWN = 64 * 1024;
/** Characters that are written at once. */
const PIECE = 64 * 1024;

/** Where results have colour. */
export type Colour = 'never' | 'terminal' | 'always';

/**
 * The two channels of a command: results on stdout, all else on stderr; human or JSON, coloured
 * only on a terminal unless asked otherwise.
 *
 * This is the only place of the command that writes, and every line goes through {@link
 * printedLine}: a command gives lines, not text, so that no name, message or output of a stranger
 * can end a line, steer a terminal or give a CI job an order.
 */
export class Output {
  readonly json: boolean;
  readonly #color: Colour;
  #progressShown = false;

  /** True when results go to a terminal, where long ones are cut. */
  get isTerminal(): boolean {
    return process.stdout.isTTY === true;
  }

  constructor(options: { json: boolean; color: Colour }) {
    this.json = options.json;
    this.#color = options.color;
  }

  /** Prints the result of the command: `value` as JSON, or the lines that `human` makes of it. */
  result(value: unknown, human: (paint: Paint) => Iterable<string>): void {
    if (this.json) this.document(value);
    else this.#print(process.stdout, human(this.paint(process.stdout)));
  }

  /**
   * Prints one of many results as it comes: `value` as a line of JSON, or the lines that `human`
   * makes of it.
   */
  item(value: unknown, human: (paint: Paint) => readonly string[]): void {
    if (this.json) this.jsonText(`${JSON.stringify(value)}\n`);
    else this.#print(process.stdout, human(this.paint(process.stdout)));
  }

  /** Prints a document that is JSON whatever the options say, such as SARIF. */
  document(value: unknown): void {
    this.#json((take) => {
      layOutJson(value, take);
      take('\n');
    });
  }

  /**
   * Prints JSON that a cell wrote, with its own numbers and spacing.
   *
   * A terminal gets the beginning of a long text.
   */
  jsonText(text: string): void {
    this.#json((take) => {
      for (let from = 0, isWanted = true; from < text.length && isWanted; ) {
        const to = pieceEnd(text, from, PIECE);
        isWanted = take(text.slice(from, to));
        from = to;
      }
    });
  }

  /**
   * Prints workflow commands of our own making for GitHub, one a line; their parts were escaped by
   * its rules.
   */
  annotations(lines: readonly string[]): void {
    this.#clearProgress();
    for (const line of lines) process.stdout.write(`${line}\n`);
  }

  /**
   * Passes bytes that were asked for as they are to whatever reads standard output, which must not
   * be a terminal.
   */
  bytes(content: Uint8Array): void {
    if (process.stdout.isTTY) throw new Error('bytes as they are do not belong on a terminal');
    this.#clearProgress();
    process.stdout.write(content);
  }

  /** Prints a fact for people beside the result. */
  note(...lines: readonly string[]): void {
    this.#print(process.stderr, lines);
  }

  warn(text: string, ...more: readonly string[]): void {
    this.note(`${this.paint(process.stderr)('yellow', 'warning')}: ${text}`, ...more);
  }

  /** Shows on a terminal what goes on right now. */
  progress(text: string): void {
    if (this.json || !process.stderr.isTTY) return;
    // A line that wraps could not be taken back.
    const line = printedLine(`${text} …`).slice(0, (process.stderr.columns ?? 80) - 1);
    process.stderr.write(`\r\x1b[2K${printedLine(this.paint(process.stderr)('dim', line))}`);
    this.#progressShown = true;
  }

  /** @returns the exit code that the error asks for. */
  error(error: unknown): number {
    const paint = this.paint(process.stderr);
    if (error instanceof GrafosError) {
      const { code, message, why, next } = error;
      if (this.json) this.document({ error: { code, message, why: why ?? null, next: next ?? null } });
      else {
        this.note(
          `${paint('red', 'error')}: ${message} ${paint('dim', `[${code}]`)}`,
          ...(why === undefined ? [] : indented('why:  ', why)),
          ...(next === undefined ? [] : indented('next: ', next)),
        );
      }
      return error.exitCode;
    }
    const message = error instanceof Error ? error.message : String(error);
    if (this.json) this.document({ error: { code: 'internal_error', message, why: null, next: null } });
    const stack = process.env.GRAFOS_DEBUG && error instanceof Error ? error.stack : undefined;
    this.note(
      `${paint('red', 'error')}: this is a fault of grafos, not yours: ${message} ${paint('dim', '[internal_error]')}`,
      ...(stack?.split('\n') ?? ['  next: Run it again with GRAFOS_DEBUG=1 and report what it prints.']),
    );
    return 1;
  }

  paint(stream: NodeJS.WriteStream): Paint {
    const colours = this.#color === 'always' || (this.#color === 'terminal' && stream.isTTY === true);
    return (style, text) => (colours ? paintMarked(style, text) : text);
  }

  /** @param pieces gives the text piece by piece until no more is wanted */
  #json(pieces: (take: (piece: string) => boolean) => void): void {
    this.#clearProgress();
    if (!this.isTerminal) {
      pieces((piece) => process.stdout.write(safeJson(piece)) || true);
      return;
    }
    let shown = '';
    pieces((piece) => {
      shown += piece;
      return shown.length <= JSON_SHOWN;
    });
    if (shown.length <= JSON_SHOWN) {
      process.stdout.write(safeJson(shown));
      return;
    }
    const whole = shown.lastIndexOf('\n', JSON_SHOWN);
    process.stdout.write(`${safeJson(shown.slice(0, whole > 0 ? whole : JSON_SHOWN))}\n`);
    this.note(`… cut after ${JSON_SHOWN} characters; a pipe or a file gets all of them`);
  }

  #print(stream: NodeJS.WriteStream, lines: Iterable<string>): void {
    this.#clearProgress();
    let text = '';
    for (const line of lines) {
      text += `${printedLine(line)}\n`;
      if (text.length < PIECE) continue;
      stream.write(text);
      text = '';
    }
    if (text !== '') stream.write(text);
  }

  #clearProgress(): void {
    if (this.#progressShown) process.stderr.write('\r\x1b[2K');
    this.#progressShown = false;
  }
}

/** An error's own lines, such as a compiler's, each below its label. */
function indented(label: string, text: string): string[] {
  return text.split('\n').map((line, index) => `  ${index === 0 ? label : ' '.repeat(label.length)}${line}`);
}
