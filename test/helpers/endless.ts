import type { Writable } from 'node:stream';

/** Writes the same piece again and again, as fast as the other end reads, until that is gone. */
export function endless(stream: Writable, piece: string | Uint8Array): void {
  const more = () => {
    while (!stream.destroyed && stream.write(piece));
  };
  stream.on('drain', more);
  more();
}
