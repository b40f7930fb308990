import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, listening } from '../../test/helpers/measure.ts';
import { measureServer } from './measureServer.ts';
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
    return await measureServer(url, begun, [peer.pid], seconds);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
