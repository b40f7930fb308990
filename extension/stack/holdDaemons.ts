import { connect, type Socket } from 'node:net';
import type { DevState } from '../../daemons/wire/devState.ts';

/**
 * Notices the end of daemons that are not our children. An idle connection to each breaks at the
 * moment its process ends, without any polling.
 *
 * A daemon may also close a silent connection and live on. The receiver therefore looks, and holds
 * it again.
 */
export function holdDaemons(dev: DevState, on: { broke(): void; look(): void }): { dispose(): void } {
  const sockets: Socket[] = [];
  const hold = (url: string): void => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) });
    socket.unref();
    // Nothing is sent over it. The other end's words (that it waited long enough) do not matter.
    socket.resume();
    socket.on('error', () => {});
    socket.once('close', on.broke);
    sockets.push(socket);
  };
  let clock: NodeJS.Timeout | undefined;
  hold(dev.scheduler_url);
  hold(dev.helper.url);
  if (dev.fabric.mem_dataplane_transport === 'http2') hold(dev.fabric.mem_dataplane);
  else {
    // HTTP/3 and QUIC have no connection that the kernel breaks. Here, and only here, a timer has
    // to look.
    clock = setInterval(on.look, LOOK_MS);
    clock.unref();
  }
  return {
    dispose: () => {
      clearInterval(clock);
      for (const socket of sockets) {
        socket.removeAllListeners('close');
        socket.destroy();
      }
    },
  };
}

const LOOK_MS = 900;
