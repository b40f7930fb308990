import {
  type DataCallback,
  type Disposable,
  ErrorCodes,
  type Event,
  Message,
  type MessageReader,
  type MessageWriter,
  type PartialMessageInfo,
} from 'vscode-languageserver/node';

type Stage = 'new' | 'open' | 'shut-down';

/**
 * Reads messages and enforces the life cycle of LSP 3.17 ("Lifecycle Messages"), which the library
 * does not. A request out of order is answered with an error; a notification out of order is
 * dropped.
 */
export class LifecycleReader implements MessageReader {
  readonly #inner: MessageReader;
  readonly #writer: MessageWriter;
  readonly onError: Event<Error>;
  readonly onClose: Event<void>;
  readonly onPartialMessage: Event<PartialMessageInfo>;
  #stage: Stage = 'new';

  /**
   * @param writer sends the errors to the client
   */
  constructor(inner: MessageReader, writer: MessageWriter) {
    this.#inner = inner;
    this.#writer = writer;
    this.onError = inner.onError;
    this.onClose = inner.onClose;
    this.onPartialMessage = inner.onPartialMessage;
  }

  /** True after the client asked for the shutdown. */
  get isShutDown(): boolean {
    return this.#stage === 'shut-down';
  }

  listen(callback: DataCallback): Disposable {
    return this.#inner.listen((message) => {
      if (!Message.isRequest(message)) {
        if (!Message.isNotification(message) || this.#stage === 'open' || message.method === 'exit') callback(message);
        return;
      }
      const fault = this.#faultOf(message.method, message.params);
      if (fault === null) callback(message);
      else void this.#writer.write({ jsonrpc: '2.0', id: message.id, error: fault } as Message).catch(() => {});
    });
  }

  dispose(): void {
    this.#inner.dispose();
  }

  #faultOf(method: string, params: unknown): { code: number; message: string } | null {
    if (this.#stage === 'shut-down')
      return { code: ErrorCodes.InvalidRequest, message: `"${method}" came after "shutdown"; only "exit" may follow.` };
    if (method === 'initialize') {
      if (this.#stage === 'open')
        return { code: ErrorCodes.InvalidRequest, message: 'The server is initialized already, which is done once.' };
      if (!hasCapabilities(params))
        return { code: ErrorCodes.InvalidParams, message: '"initialize" needs an object "capabilities".' };
      this.#stage = 'open';
    } else if (this.#stage === 'new')
      return { code: ErrorCodes.ServerNotInitialized, message: `"${method}" came before "initialize".` };
    else if (method === 'shutdown') this.#stage = 'shut-down';
    return null;
  }
}

function hasCapabilities(params: unknown): boolean {
  const capabilities = (params as { capabilities?: unknown } | null | undefined)?.capabilities;
  return typeof capabilities === 'object' && capabilities !== null;
}
