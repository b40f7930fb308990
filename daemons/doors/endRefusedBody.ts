import type { IncomingMessage } from 'node:http';
import { constants, type Http2ServerRequest } from 'node:http2';
import type { Socket } from 'node:net';
import { DOOR_LIMITS } from './doorLimits.ts';

const LOOK_MS = 100;

/**
 * Ends what comes of a body after its request was answered. Node reads it to the end, however
 * slowly it comes. Call it before the request is answered. HTTP/2 has a word for it (RFC 9113,
 * section 8.1); over HTTP/1.1 a little of the body is let pass, so that a client that writes before
 * it reads finds the answer, and the connection is ended where more comes.
 */
export function endRefusedBody(request: IncomingMessage | Http2ServerRequest, answer: NodeJS.EventEmitter): void {
  if ('stream' in request) {
    const { stream } = request;
    answer.once('finish', () => {
      if (!stream.destroyed && stream.state.remoteClose === 0) stream.close(constants.NGHTTP2_NO_ERROR);
    });
  } else {
    // A request that is done has none any more.
    const { socket } = request;
    answer.once('finish', () => watchRest(request, socket));
  }
}

function watchRest(request: IncomingMessage, socket: Socket): void {
  if (request.complete || socket.destroyed) return;
  const { bytesRead } = socket;
  const until = performance.now() + DOOR_LIMITS.refusedBodyMs;
  const looking = setInterval(() => {
    if (request.complete || socket.destroyed) clearInterval(looking);
    else if (performance.now() > until || socket.bytesRead - bytesRead > DOOR_LIMITS.refusedBodyBytes) {
      clearInterval(looking);
      socket.destroy();
    }
  }, LOOK_MS);
}
