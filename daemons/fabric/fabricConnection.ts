import { createMessageConnection, type Message, type MessageConnection } from 'vscode-jsonrpc/node';
import { BlobExchange } from './blobExchange.ts';
import type { ControlLink } from './controlLink.ts';
import { Backlog, RpcReader, RpcWriter } from './rpcChannel.ts';

/** A control link with JSON-RPC and payloads on it. Register handlers, then call `rpc.listen()`. */
export interface FabricConnection {
  readonly link: ControlLink;
  readonly rpc: MessageConnection;
  readonly blobs: BlobExchange;
}

export function createFabricConnection(link: ControlLink): FabricConnection {
  const backlog = new Backlog();
  const writer = new RpcWriter(link.rpc, backlog);
  const rpc = createMessageConnection(new RpcReader(link.rpc, backlog), writer, undefined, {
    messageStrategy: {
      handleMessage: (message: Message, next: (message: Message) => void | Promise<void>) => {
        backlog.begun(message);
        return next(message);
      },
    },
  });
  const blobs = new BlobExchange(link.blobs);
  void link.closed.then((reason) => {
    blobs.end(reason);
    writer.end();
    rpc.dispose();
  });
  return { link, rpc, blobs };
}
