import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freePort, listening } from '../../test/helpers/measure.ts';
import { measureServer } from './measureServer.ts';
import type { PeerFigures } from './peer.ts';
import { spawnPeer } from './spawnPeer.ts';
import { WORKER } from './wranglerDev.ts';

export async function miniflare(modules: string, seconds: number): Promise<PeerFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'grafos-bench-'));
  try {
    const port = await freePort();
    const library = pathToFileURL(join(modules, 'miniflare/dist/src/index.js')).href;
    await writeFile(
      join(folder, 'serve.mjs'),
      `import { Miniflare } from ${JSON.stringify(library)};
const mf = new Miniflare({ modules: true, script: ${JSON.stringify(WORKER)}, host: '127.0.0.1', port: ${port}, compatibilityDate: '2026-01-01', cf: false });
await mf.ready;
process.on('SIGTERM', () => mf.dispose().then(() => process.exit(0)));\n`,
    );
    const url = `http://127.0.0.1:${port}/`;
    const begun = performance.now();
    await using peer = spawnPeer(process.execPath, [join(folder, 'serve.mjs')], folder);
    await listening(port);
    return await measureServer(url, begun, [peer.pid], seconds);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
