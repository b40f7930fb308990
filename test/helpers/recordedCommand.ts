import type { CommandContext } from '../../cli/command.ts';
import { Output } from '../../cli/output.ts';

/** The printer of a command, which keeps everything instead of printing it. */
export class RecordedOutput extends Output {
  /** Values of the JSON form. */
  readonly values: unknown[] = [];
  /** Lines of the form for people, without colours. */
  readonly lines: string[] = [];
  /** Notes and warnings. */
  readonly notes: string[] = [];

  constructor() {
    super({ json: false, color: 'never' });
  }

  override result(value: unknown, human: Parameters<Output['result']>[1]): void {
    this.values.push(value);
    this.lines.push(...human((_, text) => text));
  }

  override item(value: unknown, human: Parameters<Output['item']>[1]): void {
    this.result(value, human);
  }

  override note(...lines: readonly string[]): void {
    this.notes.push(...lines);
  }

  override progress(): void {}
}

/** The context of a command in a folder, and what it printed. */
export function recordedCommand(cwd: string): CommandContext & { out: RecordedOutput } {
  return { cwd, out: new RecordedOutput(), signal: new AbortController().signal };
}
