import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { samePort } from '../../daemons/fabric/samePort.ts';

export interface PortRelay extends AsyncDisposable {
  /** One number, of UDP and TCP. */
  readonly port: number;
  /** Ends the TCP connections there are. */
  cutTcp(): void;
}

const HOST = '127.0.0.1';

/**
 * A relay before a listener, as a firewall is. UDP is passed on to the port `udp`, TCP to the port
 * `tcp`, or refused, or accepted and never answered. It relays datagrams of one client at a time.
 */
export async function portRelay({ udp, tcp }: { udp: number; tcp: number | 'refused' | 'mute' }): Promise<PortRelay> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    return socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((inside) => {
    keep(inside);
    if (typeof tcp !== 'number') return;
    const outside = keep(connect(tcp, HOST));
    inside.pipe(outside).once('close', () => inside.destroy());
    outside.pipe(inside).once('close', () => outside.destroy());
  });
  const bindUdp = async (port: number) => {
    const socket = createSocket('udp4').bind(port, HOST);
    await once(socket, 'listening');
    return { socket, port: socket.address().port, close: async () => socket.close() };
  };
  const [{ socket: inside, port }] = await samePort(0, bindUdp, async (wanted) => {
    await once(server.listen(wanted, HOST), 'listening');
  });
  if (tcp === 'refused') server.close();
  const outside: UdpSocket = createSocket('udp4');
  let client = 0;
  inside.on('message', (data, from) => {
    client = from.port;
    outside.send(data, udp, HOST);
  });
  outside.on('message', (data) => inside.send(data, client, HOST));
  const cutTcp = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    cutTcp,
    [Symbol.asyncDispose]: async () => {
      cutTcp();
      inside.close();
      outside.close();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
