import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../base/packageRoot.ts';

export interface McpAnswer {
  id: number | string | null;
  result?: unknown;
  error?: { code: number; message: string };
}

export interface McpToolAnswer {
  content: Array<{ type: string; text: string }>;
  structuredContent?: unknown;
  isError?: boolean;
}

const DEADLINE_MS = 60_000;

/**
 * Speaks lines of JSON-RPC with `grafos mcp`, the built command in a process of its own. Dispose
 * closes its input and waits for its end.
 */
export class McpClient implements AsyncDisposable {
  readonly #child;
  readonly #waiting = new Map<unknown, (answer: McpAnswer) => void>();
  readonly ended: Promise<number | null>;
  /** Every line that came on standard output. */
  readonly lines: string[] = [];
  stderr = '';
  #next = 0;

  constructor(cwd: string) {
    this.#child = spawn(process.execPath, [join(packageRoot, 'bin/grafos.cjs'), 'mcp'], { cwd, stdio: 'pipe' });
    this.ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.lines.push(line);
      const answer = JSON.parse(line) as McpAnswer;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  write(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  notify(method: string, params: object = {}): void {
    this.write(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  /**
   * The answer to a request of this id that is written by other means; `null` for a line without an
   * id.
   */
  answerTo(id: number | string | null): Promise<McpAnswer> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(
        () => reject(new Error(`no answer to ${id} in ${DEADLINE_MS} ms\n${this.stderr}`)),
        DEADLINE_MS,
      );
      this.#waiting.set(id, (answer) => {
        clearTimeout(deadline);
        resolve(answer);
      });
    });
  }

  async request(method: string, params: object = {}): Promise<McpAnswer> {
    const id = this.#next++;
    const answer = this.answerTo(id);
    this.write(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return await answer;
  }

  /**
   * Opens the session.
   *
   * @returns the answer to `initialize`
   */
  async open(protocolVersion = '2025-06-18'): Promise<McpAnswer> {
    const answer = await this.request('initialize', {
      protocolVersion,
      capabilities: {},
      clientInfo: { name: 'test', version: '0' },
    });
    this.notify('notifications/initialized');
    return answer;
  }

  /**
   * Calls a tool.
   *
   * @throws {Error} when the protocol itself refuses
   */
  async tool(name: string, given?: object): Promise<McpToolAnswer> {
    const { result, error } = await this.request('tools/call', { name, ...(given && { arguments: given }) });
    if (error !== undefined) throw new Error(`${error.code} ${error.message}`);
    return result as McpToolAnswer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    const force = setTimeout(() => this.#child.kill('SIGKILL'), DEADLINE_MS);
    await this.ended;
    clearTimeout(force);
  }
}
