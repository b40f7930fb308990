import { Agent, ClientRequest } from 'node:http';

/**
 * Asks a helper for its page, and gives the status of the answer.
 *
 * The request has an agent of its own, because `fetch` may use the proxy of the environment. A
 * request to loopback must not go through a proxy.
 */
export function helperAnswers(url: string, signal: AbortSignal): Promise<number> {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: false });
  return new Promise<number>((resolve, reject) => {
    const request = new ClientRequest({ agent, host: hostname, port, path: '/', signal });
    request.once('error', reject);
    request.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.end();
  }).finally(() => agent.destroy());
}
