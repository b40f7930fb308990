import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { freePort, listening } from '../../test/helpers/measure.ts';
import { measureServer } from './measureServer.ts';
import type { PeerFigures } from './peer.ts';
import { spawnPeer } from './spawnPeer.ts';

/**
 * Measures a durable call with one journaled step: the fair peer of a run, which is on disk before
 * it is acknowledged.
 */
export async function restate(modules: string, seconds: number): Promise<PeerFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'grafos-bench-'));
  try {
    const [servicePort, ingress, admin, node] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    const sdk = pathToFileURL(join(modules, '@restatedev/restate-sdk/dist/index.js')).href;
    await writeFile(
      join(folder, 'service.mjs'),
      `import * as restate from ${JSON.stringify(sdk)};
const hello = restate.service({ name: 'hello', handlers: { run: async (context, input) =>
  context.run('hello', () => ({ ran_in: 'restate', input_bytes: JSON.stringify(input ?? null).length })) } });
restate.serve({ services: [hello], port: ${servicePort} });\n`,
    );
    const begun = performance.now();
    await using server = spawnPeer(
      join(modules, `@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`),
      ['--base-dir', join(folder, 'data')],
      folder,
      {
        RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
        RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
        RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
        RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
        RESTATE_DISABLE_TELEMETRY: 'true',
        RESTATE_LOG_FILTER: 'error',
      },
    );
    await using service = spawnPeer(process.execPath, [join(folder, 'service.mjs')], folder, {
      RESTATE_LOGGING: 'ERROR',
    });
    await Promise.all([listening(admin), listening(ingress), listening(servicePort)]);
    await register(admin, servicePort);
    const url = `http://127.0.0.1:${ingress}/hello/run`;
    return await measureServer(url, begun, [server.pid, service.pid], seconds);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The server refuses registrations until it has formed its cluster of one. */
async function register(admin: number, service: number): Promise<void> {
  for (const until = performance.now() + 30_000; ; await delay(50)) {
    try {
      const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ uri: `http://127.0.0.1:${service}` }),
      });
      if (answer.ok) return;
      if (performance.now() > until)
        throw new Error(`restate refused the service: ${answer.status} ${await answer.text()}`);
    } catch (error) {
      if (performance.now() > until) throw error;
    }
  }
}
