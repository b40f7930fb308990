import type { Handlers } from '../http/call.ts';
import type { CellDoor } from './cellDoor.ts';

/** The operations that renew the certificates of a cell. */
export function renewalRoutes(door: CellDoor): Pick<Handlers, 'requestRenewal' | 'renew'> {
  return {
    requestRenewal: async () => ({ status: 200, json: { request: await door.request() } }),
    renew: async ({ body }) => {
      await door.take((body as { answer: string }).answer);
      return { status: 200, json: { taken: true } };
    },
  };
}
