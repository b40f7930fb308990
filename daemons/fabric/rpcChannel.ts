/**
 * JSON-RPC 2.0 messages as frames on a byte channel: the reader and the writer for
 * `vscode-jsonrpc`.
 */
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc/node';
import { noteStep } from '../../base/bulkTurns.ts';
import { CoalescingWriter } from '../streams/coalescingWriter.ts';
import { FrameInvalidError, FrameReader, frameHead } from '../streams/frames.ts';
import type { ByteChannel } from './controlLink.ts';

/** Longest message, bytes: a full log of a run, escaped, fits. */
export const RPC_MESSAGE_BYTES_MAX = 1024 * 1024;

/**
 * Counts the messages that the connection got and has not begun to handle. It handles one in each
 * turn of the event loop.
 */
export class Backlog {
  waiting = 0;

  arrived(message: Message): void {
    if (!isCancellation(message)) this.waiting++;
  }

  begun(message: Message): void {
    if (!isCancellation(message)) this.waiting--;
  }
}

/** Cancellations are handled the moment they arrive, most of them past the queue. */
function isCancellation(message: Message): boolean {
  return 'method' in message && message.method === '$/cancelRequest';
}

export class RpcReader extends AbstractMessageReader implements MessageReader {
  readonly #channel: ByteChannel;
  readonly #backlog: Backlog;

  constructor(channel: ByteChannel, backlog: Backlog) {
    super();
    this.#channel = channel;
    this.#backlog = backlog;
  }

  listen(callback: DataCallback): Disposable {
    let isOpen = true;
    const frames = new FrameReader(RPC_MESSAGE_BYTES_MAX, (body) => {
      const message = parseMessage(body);
      if (!isOpen) return;
      noteStep();
      this.#backlog.arrived(message);
      callback(message);
    });
    this.#channel.receive((chunk) => frames.push(chunk));
    return {
      dispose: () => {
        isOpen = false;
      },
    };
  }
}

function parseMessage(body: Buffer): Message {
  let message: unknown;
  try {
    message = JSON.parse(body.toString('utf8'));
  } catch {
    throw new FrameInvalidError('a message that is not JSON');
  }
  if (typeof message !== 'object' || message === null || !('jsonrpc' in message) || message.jsonrpc !== '2.0') {
    throw new FrameInvalidError('a message that is not JSON-RPC 2.0');
  }
  return message as Message;
}

export class RpcWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #out: CoalescingWriter;

  constructor(channel: ByteChannel, backlog: Backlog) {
    super();
    // Answers to requests that arrived together leave together.
    this.#out = new CoalescingWriter(
      (chunk) => channel.write(chunk),
      () => backlog.waiting > 0,
    );
  }

  write(message: Message): Promise<void> {
    const body = Buffer.from(JSON.stringify(message), 'utf8');
    if (body.length > RPC_MESSAGE_BYTES_MAX) {
      return Promise.reject(
        new FrameInvalidError(`a message of ${body.length} bytes; ${RPC_MESSAGE_BYTES_MAX} are allowed`),
      );
    }
    noteStep();
    this.#out.push(frameHead(body.length), body);
    return Promise.resolve();
  }

  end(): void {
    this.#out.close();
  }
}
