import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { packageRoot } from '../../base/packageRoot.ts';

/**
 * The parts of LSP 3.17 the tests look at; deliberately not the types of the server's own library.
 */
export interface LspRange {
  start: { line: number; character: number };
  end: { line: number; character: number };
}
export interface LspDiagnostic {
  range: LspRange;
  severity: number;
  code: string;
  codeDescription: { href: string };
  source: string;
  message: string;
}
export interface Published {
  uri: string;
  version?: number;
  diagnostics: LspDiagnostic[];
}

/** The built server: what a person gets. */
export const SERVER = join(packageRoot, 'dist', 'language-server', 'main.js');
const DEADLINE_MS = 30_000;

export function uriOf(path: string): string {
  return pathToFileURL(path).href;
}

export interface ClientOptions {
  /** Instead of the server itself, e.g. `grafos lsp --stdio`. */
  command?: string[];
  /** Words in front of the command, e.g. those of a memory group. */
  prefix?: string[];
  capabilities?: object;
  initializationOptions?: object;
  env?: NodeJS.ProcessEnv;
}

/**
 * A plain LSP client over the standard input and output of a server of its own, by `vscode-jsonrpc`
 * alone.
 */
export async function languageClient(options: ClientOptions = {}): Promise<LanguageClient> {
  const command = options.command ?? [SERVER, '--stdio'];
  const [program = process.execPath, ...args] = [...(options.prefix ?? []), process.execPath, ...command];
  const child = spawn(program, args, {
    stdio: 'pipe',
    env: { ...process.env, ...options.env },
  });
  const client = new LanguageClient(child);
  client.capabilities = await client.request('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: options.capabilities ?? {},
    initializationOptions: options.initializationOptions ?? {},
  });
  client.notify('initialized', {});
  return client;
}

export class LanguageClient implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly published: Published[] = [];
  /** Other notifications and requests of the server, as they came. */
  readonly received: Array<{ method: string; params: unknown }> = [];
  capabilities: { capabilities: Record<string, unknown> } = { capabilities: {} };
  stderr = '';
  readonly ended: Promise<number | null>;
  readonly #connection;
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    if (child.stdout === null || child.stdin === null) throw new Error('the server has no pipes');
    this.child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => child.once('close', resolve));
    child.stdin.on('error', () => {});
    this.#connection = createMessageConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    this.#connection.onNotification((method, params) => {
      if (method === 'textDocument/publishDiagnostics') this.published.push(params as Published);
      else this.received.push({ method, params });
      for (const look of this.#waiting) look();
    });
    this.#connection.onRequest((method, params) => {
      this.received.push({ method, params });
      for (const look of this.#waiting) look();
      return null;
    });
    this.#connection.listen();
  }

  async request<Answer>(method: string, params: unknown): Promise<Answer> {
    const gone = this.ended.then((code): never => {
      throw new Error(`the server ended with ${code} before it answered ${method}\n${this.stderr}`);
    });
    return await Promise.race([this.#connection.sendRequest<Answer>(method, params), gone]);
  }

  /** A request that is cancelled in the same turn. */
  async cancelled(method: string, params: unknown): Promise<unknown> {
    const { CancellationTokenSource } = await import('vscode-jsonrpc/node');
    const source = new CancellationTokenSource();
    const sent = this.#connection.sendRequest(method, params, source.token);
    source.cancel();
    return await sent;
  }

  notify(method: string, params: unknown): void {
    this.#connection.sendNotification(method, params).catch(() => {});
  }

  open(path: string, text: string, languageId = path.endsWith('.toml') ? 'toml' : 'typescript'): void {
    this.notify('textDocument/didOpen', { textDocument: { uri: uriOf(path), languageId, version: 1, text } });
  }

  change(path: string, version: number, text: string): void {
    this.notify('textDocument/didChange', {
      textDocument: { uri: uriOf(path), version },
      contentChanges: [{ text }],
    });
  }

  save(path: string): void {
    this.notify('textDocument/didSave', { textDocument: { uri: uriOf(path) } });
  }

  close(path: string): void {
    this.notify('textDocument/didClose', { textDocument: { uri: uriOf(path) } });
  }

  at(path: string, line: number, character: number): object {
    return { textDocument: { uri: uriOf(path) }, position: { line, character } };
  }

  /**
   * Resolves once the newest diagnostics of a file are as wanted. At the deadline it fails with the
   * last ones.
   */
  async diagnostics(
    path: string,
    wanted: (diagnostics: LspDiagnostic[], version: number | undefined) => boolean,
  ): Promise<LspDiagnostic[]> {
    const uri = uriOf(path);
    const last = () => this.published.findLast((one) => one.uri === uri);
    await this.until(
      () => {
        const one = last();
        return one !== undefined && wanted(one.diagnostics, one.version);
      },
      () => `${path}: ${JSON.stringify(last())}`,
    );
    return last()?.diagnostics ?? [];
  }

  /** Resolves once the codes of a file are exactly these. */
  async codes(path: string, ...codes: string[]): Promise<LspDiagnostic[]> {
    return await this.diagnostics(
      path,
      (all) =>
        all
          .map(({ code }) => code)
          .sort()
          .join() === codes.sort().join(),
    );
  }

  async until(holds: () => boolean, otherwise: () => string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const done = (act: () => void) => {
        this.#waiting.delete(look);
        clearTimeout(deadline);
        act();
      };
      const look = () => {
        if (holds()) done(resolve);
      };
      const deadline = setTimeout(
        () => done(() => reject(new Error(`not so within ${DEADLINE_MS} ms: ${otherwise()}\n${this.stderr}`))),
        DEADLINE_MS,
      );
      this.#waiting.add(look);
      look();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      await Promise.race([this.request('shutdown', null).catch(() => {}), this.ended]);
      this.notify('exit', null);
      const timer = setTimeout(() => this.child.kill('SIGKILL'), 5000);
      await this.ended;
      clearTimeout(timer);
    }
    this.#connection.dispose();
  }
}
