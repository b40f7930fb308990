/** The checks that every request passes before its body is read. */
import { noteStep } from '../../../base/bulkTurns.ts';
import { endRefusedBody } from '../../doors/endRefusedBody.ts';
import { requestHost } from '../../peers/requestHost.ts';
import type { Authenticate } from '../auth/authenticate.ts';
import type { Actor } from '../auth/connection.ts';
import { RefusedError } from '../refused.ts';
import { type App, operationOf, type Request } from './apiRequest.ts';
import type { ApiWaiting } from './apiWaiting.ts';
import { connectionOf } from './connectionOf.ts';

/** The requests that have no answer yet. */
export class UnderWay {
  #count = 0;
  #isDraining = false;
  #onIdle: (() => void) | undefined;

  get isDraining(): boolean {
    return this.#isDraining;
  }

  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#onIdle?.();
  }

  /** Refuses new requests; resolves when none is under way, or after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      setTimeout(resolve, graceMs);
    });
  }
}

export interface HookParts {
  authenticate: Authenticate;
  waiting: ApiWaiting;
  underWay: UnderWay;
}

export function addRequestHooks(app: App, parts: HookParts): void {
  const { waiting, underWay } = parts;
  app.addHook('onRequest', (request, reply, done) => {
    underWay.begin();
    noteStep();
    waiting.asked(request.raw.socket);
    endRefusedBody(request.raw, reply.raw);
    reply.raw.once('close', () => underWay.end());
    done();
  });
  app.addHook('onRequest', (request, _reply, done) => admitRequest(parts, request as Request, done));
}

function admitRequest(
  { authenticate, waiting, underWay }: HookParts,
  request: Request,
  done: (error?: Error) => void,
): void {
  const operation = operationOf(request);
  if (underWay.isDraining) {
    done(new RefusedError('shutting_down', 'The scheduler is stopping.', 'Try again once it is back.'));
    return;
  }
  const host = requestHost(request.raw);
  if ('problem' in host) {
    done(new RefusedError('bad_request', host.problem, 'Send one Host header, with the host of the address.'));
    return;
  }
  if (operation?.who === 'certificate') {
    done();
    return;
  }
  let actor: Actor | Promise<Actor>;
  try {
    actor = authenticate(connectionOf(request.raw.socket), request.headers.authorization);
  } catch (error) {
    done(error as Error);
    return;
  }
  const admit = (found: Actor): void => {
    request.actor = found;
    waiting.proved(request.raw.socket);
    const mayAsk = operation === undefined || operation.who.includes(found.role);
    done(mayAsk ? undefined : new RefusedError('role_required', `This is not for the role ${found.role}.`));
  };
  if (actor instanceof Promise) actor.then(admit, done);
  else admit(actor);
}
