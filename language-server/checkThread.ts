/**
 * The thread that checks tasklets. A compile takes all of its thread, and the server must answer at
 * the same time.
 */
import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { GrafosError } from '../base/grafosError.ts';
import { MANIFEST_NAME } from '../program/loadProgram.ts';
import { parseManifest } from '../program/manifest.ts';
import { warmCompiler } from '../toolchain/compile/assemblyScriptCompiler.ts';
import { createProgramFiles } from '../toolchain/validate/programFiles.ts';
import { scriptFiles } from '../toolchain/validate/scriptFile.ts';
import { validate } from '../toolchain/validate/validate.ts';
import type { CheckAnswer, CheckRequest } from './checkMessages.ts';

export function serveChecks(): void {
  const port = parentPort;
  if (port === null) throw new Error('checks are served in a worker thread only');
  const running = new Map<number, AbortController>();
  port.on('message', (request: CheckRequest) => {
    switch (request.kind) {
      case 'cancel':
        running.get(request.id)?.abort();
        return;
      case 'warm':
        warmCompiler().catch(() => {
          // The first compile fails in the same way and says so.
        });
        return;
      case 'check': {
        const cancel = new AbortController();
        running.set(request.id, cancel);
        answerTo(request, cancel.signal)
          .then((answer) => {
            running.delete(request.id);
            port.postMessage(answer);
          })
          .catch((error: unknown) => {
            // An answer that cannot be sent: the thread ends, and the server says why.
            throw error;
          });
      }
    }
  });
}

/** Never rejects. */
async function answerTo(request: Extract<CheckRequest, { kind: 'check' }>, signal: AbortSignal): Promise<CheckAnswer> {
  try {
    return await check(request, signal);
  } catch (error) {
    if (signal.aborted) return { id: request.id, state: 'cancelled' };
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { id: request.id, state: 'failed', message };
  }
}

async function check(
  { id, root, tasklet, overlay }: Extract<CheckRequest, { kind: 'check' }>,
  signal: AbortSignal,
): Promise<CheckAnswer> {
  try {
    const options = tasklet === null ? { overlay, signal } : { overlay, signal, tasklet };
    const findings = await validate(root, options);
    return { id, state: 'done', findings, sources: tasklet === null ? [] : sourcesOf(root, tasklet, overlay) };
  } catch (error) {
    // Renamed or removed since it was asked for.
    if (error instanceof GrafosError && error.code === 'tasklet_unknown')
      return { id, state: 'done', findings: [], sources: [] };
    throw error;
  }
}

function sourcesOf(root: string, name: string, overlay: ReadonlyMap<string, string>): string[] {
  const files = createProgramFiles(root, overlay);
  const manifest = files.text(join(root, MANIFEST_NAME), 'manifest');
  if (manifest.state !== 'ok') return [];
  const one = parseManifest(manifest.text).tasklets.find(({ tasklet }) => tasklet?.name === name)?.tasklet;
  if (one == null) return [];
  const entry = join(root, one.source);
  if (one.kind !== 'assemblyscript') return [entry];
  const text = files.text(entry, 'checkedSource');
  return text.state === 'ok' ? scriptFiles(entry, text.text, files).map(({ file }) => file) : [entry];
}
