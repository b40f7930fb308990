import { Readable } from 'node:stream';
import type { ModuleStore } from '../moduleStore.ts';
import { Refused } from '../refused.ts';
import type { Handlers } from './call.ts';

export function moduleRoutes(parts: {
  modules: ModuleStore;
  mustBeActive(): void;
}): Pick<Handlers, 'headModule' | 'getModule' | 'putModule'> {
  const { modules, mustBeActive } = parts;
  return {
    headModule: ({ actor, params }) => {
      const sha256 = params.sha256 ?? '';
      if (!modules.has(actor.name, sha256)) throw new Refused('not_found', 'This tenant has not put this module.');
      return { status: 200, subject: sha256 };
    },
    getModule: async ({ actor, params }) => {
      const sha256 = params.sha256 ?? '';
      if (!modules.has(actor.name, sha256)) throw new Refused('not_found', 'This tenant has not put this module.');
      return { status: 200, type: 'bytes', pieces: [await modules.read(sha256)], subject: sha256 };
    },
    putModule: async ({ actor, params, body }) => {
      mustBeActive();
      const sha256 = params.sha256 ?? '';
      if (!(body instanceof Readable)) {
        throw new Refused('bad_request', "The body is not a module's bytes.", 'Send them as application/wasm.');
      }
      const size = await modules.put(actor.name, sha256, body);
      return { status: 200, json: { module_sha256: sha256, size }, subject: sha256 };
    },
  };
}
