import { type ByteChannel, type ControlLink, Inbox } from '../../daemons/fabric/controlLink.ts';

export interface PairedChannel extends ByteChannel {
  /** The written bytes, chunk by chunk. */
  readonly writes: Uint8Array[];
}

/**
 * Two ends of one stream in memory. Each write arrives as one chunk, in a later turn. A fault of
 * the listener goes to `onFault`.
 */
export function channelPair(
  onFault: (why: string) => void = (why) => assertNever(why),
): [PairedChannel, PairedChannel] {
  const inboxes = [new Inbox(onFault), new Inbox(onFault)] as const;
  const end = (mine: Inbox, other: Inbox): PairedChannel => {
    const writes: Uint8Array[] = [];
    return {
      writes,
      receive: (listener) => mine.receive(listener),
      write: (...chunks) => {
        const chunk = Buffer.concat(chunks);
        writes.push(chunk);
        return new Promise((resolve) => {
          setImmediate(() => {
            other.deliver(chunk);
            resolve();
          });
        });
      },
    };
  };
  return [end(inboxes[0], inboxes[1]), end(inboxes[1], inboxes[0])];
}

function assertNever(why: string): never {
  throw new Error(`the stream was malformed: ${why}`);
}

export interface PairedLink extends ControlLink {
  readonly rpc: PairedChannel;
  readonly blobs: PairedChannel;
}

/** Both ends of a control link in memory; closing one closes the other. */
export function linkPair(): [PairedLink, PairedLink] {
  let closeBoth: (reason: string) => void = () => {};
  const closed = new Promise<string>((resolve) => {
    closeBoth = resolve;
  });
  const [rpcA, rpcB] = channelPair((why) => closeBoth(why));
  const [blobsA, blobsB] = channelPair((why) => closeBoth(why));
  const peer = { role: 'scheduler', name: 's', x5tS256: '', spkiSha256: '', notAfter: new Date(0) } as const;
  const end = (rpc: PairedChannel, blobs: PairedChannel): PairedLink => ({
    transport: 'tcp',
    peer,
    address: 'memory:0',
    rpc,
    blobs,
    closed,
    refusal: undefined,
    close: closeBoth,
  });
  return [end(rpcA, blobsA), end(rpcB, blobsB)];
}
