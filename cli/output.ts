import { styleText } from 'node:util';
import { GrafosError } from '../daemons/protocol/grafosError.ts';

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

/** The two channels of a command: results on stdout, all else on stderr; human or JSON, coloured only on a terminal. */
export class Output {
  readonly json: boolean;
  readonly #color: boolean;
  #progressShown = false;

  constructor(options: { json: boolean; color: boolean }) {
    this.json = options.json;
    this.#color = options.color;
  }

  /** The result of the command: `value` as JSON, or what `human` makes of it. */
  result(value: unknown, human: (paint: Paint) => string): void {
    this.#clearProgress();
    process.stdout.write(this.json ? `${JSON.stringify(value, null, 2)}\n` : ended(human(this.paint(process.stdout))));
  }

  /** Bytes or text passed through as they are. */
  raw(content: string | Uint8Array): void {
    this.#clearProgress();
    process.stdout.write(content);
  }

  /** A fact for people beside the result. */
  note(text: string): void {
    this.#clearProgress();
    process.stderr.write(ended(text));
  }

  warn(text: string): void {
    this.note(`${this.paint(process.stderr)('yellow', 'warning')}: ${text}`);
  }

  /** What goes on right now; shown on a terminal only. */
  progress(text: string): void {
    if (this.json || !process.stderr.isTTY) return;
    // A line that wraps could not be taken back.
    const line = `${text} …`.slice(0, (process.stderr.columns ?? 80) - 1);
    process.stderr.write(`\r\x1b[2K${this.paint(process.stderr)('dim', line)}`);
    this.#progressShown = true;
  }

  /** @returns the exit code that the error asks for. */
  error(error: unknown): number {
    this.#clearProgress();
    const paint = this.paint(process.stderr);
    if (error instanceof GrafosError) {
      const { code, message, why, next } = error;
      if (this.json)
        process.stdout.write(
          `${JSON.stringify({ error: { code, message, why: why ?? null, next: next ?? null } }, null, 2)}\n`,
        );
      else {
        const lines = [`${paint('red', 'error')}: ${message} ${paint('dim', `[${code}]`)}`];
        if (why !== undefined) lines.push(...indented('why:  ', why));
        if (next !== undefined) lines.push(...indented('next: ', next));
        process.stderr.write(`${lines.join('\n')}\n`);
      }
      return error.exitCode;
    }
    const message = error instanceof Error ? error.message : String(error);
    if (this.json)
      process.stdout.write(
        `${JSON.stringify({ error: { code: 'internal_error', message, why: null, next: null } }, null, 2)}\n`,
      );
    const detail = process.env.GRAFOS_DEBUG && error instanceof Error ? `\n${error.stack}` : '';
    process.stderr.write(
      `${paint('red', 'error')}: this is a fault of grafos, not yours: ${message} ${paint('dim', '[internal_error]')}${detail}\n` +
        (detail === '' ? '  next: Run it again with GRAFOS_DEBUG=1 and report what it prints.\n' : ''),
    );
    return 1;
  }

  paint(stream: NodeJS.WriteStream): Paint {
    return (style, text) => (this.colours(stream) ? styleText(style, text, { stream }) : text);
  }

  colours(stream: NodeJS.WriteStream): boolean {
    return this.#color && stream.isTTY === true;
  }

  #clearProgress(): void {
    if (this.#progressShown) process.stderr.write('\r\x1b[2K');
    this.#progressShown = false;
  }
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function indented(label: string, text: string): string[] {
  return text.split('\n').map((line, index) => `  ${index === 0 ? label : ' '.repeat(label.length)}${line}`);
}
