import { Readable } from 'node:stream';
import type { ModuleStore } from '../moduleStore.ts';
import { RefusedError } from '../refused.ts';
import type { Call, Handlers } from './call.ts';

export function createModuleRoutes(parts: {
  modules: ModuleStore;
  mustBeActive(): void;
}): Pick<Handlers, 'headModule' | 'getModule' | 'putModule'> {
  const { modules, mustBeActive } = parts;
  const find = ({ actor, params }: Call): string => {
    const sha256 = params.sha256 ?? '';
    if (modules.has(actor.name, sha256)) return sha256;
    throw new RefusedError('not_found', 'This tenant has not put this module.');
  };
  return {
    headModule: (call) => ({ status: 200, subject: find(call) }),
    getModule: async (call) => {
      const sha256 = find(call);
      return { status: 200, type: 'bytes', pieces: [await modules.read(sha256)], subject: sha256 };
    },
    putModule: async ({ actor, params, body }) => {
      mustBeActive();
      const sha256 = params.sha256 ?? '';
      if (!(body instanceof Readable)) {
        throw new RefusedError('bad_request', "The body is not a module's bytes.", 'Send them as application/wasm.');
      }
      const size = await modules.put(actor.name, sha256, body);
      return { status: 200, json: { module_sha256: sha256, size }, subject: sha256 };
    },
  };
}
