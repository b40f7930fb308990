import type { Readable, Writable } from 'node:stream';
import { jsonLine } from '../../base/text/jsonLine.ts';
import { streamLines } from '../../base/text/streamLines.ts';
import {
  INVALID_REQUEST,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  type JSONRPCMessage,
  PARSE_ERROR,
  type Transport,
} from './modelContext.ts';

/**
 * JSON-RPC 2.0 over two streams, one message a line.
 *
 * The transport of the library is silent about a line that is no message, and its writer loses the
 * digits of a number that no double holds. This one answers such a line, batches included, and
 * writes with {@link jsonLine}. No revision that the server agrees to has batches.
 */
export class LineTransport implements Transport {
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #ended = Promise.withResolvers<void>();
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'];

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#output = output;
  }

  /** Settles when the input has ended or the transport is closed. Rejects when reading failed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  async start(): Promise<void> {
    this.#read().then(this.#ended.resolve, this.#ended.reject);
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#output.write(jsonLine(message));
  }

  async close(): Promise<void> {
    this.#input.destroy();
  }

  async #read(): Promise<void> {
    try {
      for await (const line of streamLines(this.#input)) {
        if (line.trim() !== '') this.#take(line);
      }
      // What is answered without waiting for anything is answered before the connection ends.
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      this.onclose?.();
    }
  }

  #take(line: string): void {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      this.#refuse(null, PARSE_ERROR, 'The line is not JSON.');
      return;
    }
    if (isJSONRPCRequest(message) || isJSONRPCNotification(message) || isJSONRPCResponse(message))
      this.onmessage?.(message);
    else if (Array.isArray(message))
      this.#refuse(null, INVALID_REQUEST, 'Batches are not taken; send one message a line.');
    else this.#refuse(idOf(message), INVALID_REQUEST, 'The message is no JSON-RPC 2.0 request.');
  }

  #refuse(id: string | number | null, code: number, message: string): void {
    this.#output.write(jsonLine({ jsonrpc: '2.0', id, error: { code, message } }));
  }
}

function idOf(message: unknown): string | number | null {
  const id = typeof message === 'object' && message !== null && 'id' in message ? message.id : null;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}
