import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, listening, load, proportionalSetSize } from '../measure.ts';
import { httpCallers } from './httpCallers.ts';
import type { PeerFigures } from './peer.ts';
import { spawnPeer } from './spawnPeer.ts';

export const WORKER = `export default { async fetch(request) {
  const input = new Uint8Array(await request.arrayBuffer());
  return Response.json({ ran_in: 'worker', input_bytes: input.length });
} };\n`;

export async function wranglerDev(modules: string, seconds: number): Promise<PeerFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'grafos-bench-'));
  try {
    await writeFile(join(folder, 'worker.mjs'), WORKER);
    await writeFile(
      join(folder, 'wrangler.toml'),
      'name = "hello"\nmain = "worker.mjs"\ncompatibility_date = "2026-01-01"\nsend_metrics = false\n',
    );
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const begun = performance.now();
    await using peer = spawnPeer(
      process.execPath,
      [
        join(modules, 'wrangler/bin/wrangler.js'),
        'dev',
        '--ip',
        '127.0.0.1',
        '--port',
        String(port),
        '--show-interactive-dev-session=false',
      ],
      folder,
      { WRANGLER_SEND_METRICS: 'false', HOME: folder },
    );
    await listening(port);
    using one = httpCallers(url, 1, '{}');
    await one.callers[0]?.();
    const first_answer_ms = performance.now() - begun;
    await delay(500);
    const idle_mib = proportionalSetSize(peer.pid);
    using many = httpCallers(url, 32, '{}');
    await load(many.callers, seconds / 4);
    return { first_answer_ms, idle_mib, loads: [await load(one.callers, seconds), await load(many.callers, seconds)] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
