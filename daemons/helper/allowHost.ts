import type { IncomingMessage } from 'node:http';
import { requestHost } from '../peers/requestHost.ts';
import type { HelperHosts } from '../wire/helperApi.ts';
import type { CallerRules } from './callerRules.ts';
import { HelperRefusedError } from './helperRefusal.ts';
import { readBody } from './readBody.ts';

/**
 * Allows one more name until the helper ends.
 *
 * An editor asks for it once it knows the name of a forwarded port in its user's browser. Pages
 * cannot ask for it, not even the dashboard.
 *
 * @throws {HelperRefusedError} origin_refused, bad_request, and those of {@link readBody}
 */
export async function allowHost(req: IncomingMessage, rules: CallerRules): Promise<HelperHosts> {
  const named = requestHost(req);
  if (req.headers.origin !== undefined || !('host' in named) || !rules.isOwn(named.host)) {
    throw new HelperRefusedError(
      403,
      'origin_refused',
      'A name is allowed by a program on this machine, not by a page.',
      {
        next: 'Ask at the helper’s own loopback address, without an Origin.',
      },
    );
  }
  const { host } = await readBody(req);
  const problem = typeof host === 'string' ? rules.allow(host) : 'it is no text';
  if (problem !== undefined) {
    throw new HelperRefusedError(400, 'bad_request', `\`host\` cannot be allowed: ${problem}.`, {
      next: 'Send {"host": "name.example.dev"}, with the port where the address has one.',
    });
  }
  return { hosts: [...rules.hosts] };
}
