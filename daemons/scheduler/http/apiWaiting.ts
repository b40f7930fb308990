import type { Socket } from 'node:net';
import { DOOR_LIMITS } from '../../doors/doorLimits.ts';
import { WaitingRoom } from '../../doors/waitingRoom.ts';

const ASKED = Symbol('asked');
const PROVED = Symbol('proved');

/**
 * The state is kept on the socket itself. HTTP/2 gives each request a stand-in for it, whose
 * properties lead back to the real one.
 */
interface Waiting {
  [ASKED]?: () => void;
  [PROVED]?: () => void;
}

/**
 * Connections of the tenant API that have not asked anything, and those that have not shown a good
 * token.
 */
export class ApiWaiting {
  readonly #silent = new WaitingRoom(DOOR_LIMITS.apiSilent, DOOR_LIMITS.apiSilentMs);
  readonly #unproven = new WaitingRoom(DOOR_LIMITS.apiUnproven);

  enter(socket: Socket & Waiting): void {
    const asked = this.#silent.enter(() => socket.destroy());
    const proved = this.#unproven.enter(() => socket.destroy());
    socket[ASKED] = asked;
    socket[PROVED] = proved;
    socket.once('close', () => {
      asked();
      proved();
    });
  }

  /** A whole head of a request came. */
  asked(socket: object): void {
    (socket as Waiting)[ASKED]?.();
  }

  /** A request came with a good token. */
  proved(socket: object): void {
    (socket as Waiting)[PROVED]?.();
  }
}
