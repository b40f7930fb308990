import { Agent, request } from 'node:http';

export interface HttpCallers extends Disposable {
  callers: Array<() => Promise<unknown>>;
}

/**
 * `count` callers of one URL, each with a keep-alive connection of its own; anything but a 2xx
 * answer fails the measurement.
 */
export function startHttpCallers(url: string, count: number, body?: string): HttpCallers {
  const agents = Array.from({ length: count }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  const callers = agents.map(
    (agent) => () =>
      new Promise<string>((resolve, reject) => {
        const headers =
          body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
        const call = request(url, { agent, method: body === undefined ? 'GET' : 'POST', headers }, (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          answer.on('end', () => {
            if (answer.statusCode !== undefined && answer.statusCode < 300) resolve(text);
            else reject(new Error(`${url} answered ${answer.statusCode}: ${text.slice(0, 200)}`));
          });
        });
        call.on('error', reject);
        call.end(body);
      }),
  );
  return {
    callers,
    [Symbol.dispose]: () =>
      agents.forEach((agent) => {
        agent.destroy();
      }),
  };
}
