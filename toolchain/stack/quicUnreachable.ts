import { GrafosError } from '../../base/grafosError.ts';

/** Makes the error of a stack that must use QUIC where no UDP gets through. */
export function quicUnreachable(address: string): GrafosError {
  return new GrafosError('quic_unreachable', `QUIC does not connect to ${address}.`, {
    why: 'QUIC needs UDP. A packet filter or a VPN client of this machine lets no UDP through, loopback included.',
    next: 'Use TCP, which works as well: grafos dev up --transport tcp. Without --transport it is taken by itself.',
  });
}
