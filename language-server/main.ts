/**
 * The language server: `node dist/language-server/main.js --stdio`, or with `--node-ipc` when an
 * editor forks it. `grafos lsp` is the former. The same module is its checking thread.
 */
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const { serve } = await import('./server.ts');
  const { openConnection } = await import('./openConnection.ts');
  serve(openConnection(process.argv), new URL(import.meta.url));
} else {
  const { serveChecks } = await import('./checkThread.ts');
  serveChecks();
}
