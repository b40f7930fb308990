import { constants, type Http2SecureServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { DOOR_LIMITS } from './doorLimits.ts';

/**
 * The key of a property on the socket. A session shows a stand-in for the socket, which leads back
 * to its properties and to nothing that ends it.
 */
const CUT = Symbol('cut');

interface Cut {
  [CUT]?: () => void;
}

/**
 * Ends HTTP/2 connections on which no stream was open for `idleMs`, and those that send SETTINGS
 * and PING in floods, which the engine answers one by one. Node bounds neither.
 */
export function boundHttp2(server: Http2SecureServer, idleMs: number): void {
  server.prependListener('secureConnection', (socket: TLSSocket & Cut) => {
    socket[CUT] = () => socket.destroy();
  });
  server.on('session', (session: ServerHttp2Session) => {
    const { [CUT]: cut } = session.socket as Cut;
    let streams = 0;
    let timer: NodeJS.Timeout | undefined;
    const idle = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => end(session, cut, constants.NGHTTP2_NO_ERROR), idleMs);
      timer.unref();
    };
    session.on('stream', (stream: ServerHttp2Stream) => {
      streams++;
      clearTimeout(timer);
      stream.once('close', () => {
        streams--;
        if (streams === 0 && !session.destroyed) idle();
      });
    });
    let frames = 0;
    let second = 0;
    const count = (): void => {
      const now = Math.floor(performance.now() / 1000);
      frames = now === second ? frames + 1 : 1;
      second = now;
      if (frames > DOOR_LIMITS.http2ControlFrames) end(session, cut, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    };
    session.on('ping', count);
    session.on('remoteSettings', count);
    session.once('close', () => clearTimeout(timer));
    idle();
  });
}

/** Time for the goodbye to leave, milliseconds: the peer may not read it. */
const GOODBYE_MS = 100;

function end(session: ServerHttp2Session, cut: (() => void) | undefined, code: number): void {
  session.destroy(undefined, code);
  if (cut !== undefined) setTimeout(cut, GOODBYE_MS).unref();
}
