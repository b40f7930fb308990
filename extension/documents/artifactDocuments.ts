import * as vscode from 'vscode';
import type { ArtifactName } from '../../daemons/wire/tenantApi.ts';
import { SCHEMES } from '../ids.ts';
import { readArtifactUri } from './artifactUri.ts';
import { readableBytes } from './readableBytes.ts';

/** Artifacts as read-only documents, fetched when one is opened. */
export function artifactDocuments(): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(SCHEMES.artifact, {
    provideTextDocumentContent: async (uri, token) => {
      // The cell is asked with the tenant's key, and documents of a window before open again.
      if (!vscode.workspace.isTrusted) throw new Error(vscode.l10n.t('This workspace is not trusted.'));
      const abort = new AbortController();
      const cancelled = token.onCancellationRequested(() => abort.abort());
      try {
        const { root, provider, cell, runId, name } = readArtifactUri(uri);
        const { connectTarget } = await import('../../toolchain/deploy/connectTarget.ts');
        const { resolveProvider } = await import('../../toolchain/deploy/resolveProvider.ts');
        using client = await connectTarget(await resolveProvider(root, provider, cell));
        return artifactText(name, await client.artifact(runId, name, { signal: abort.signal }));
      } finally {
        cancelled.dispose();
      }
    },
  });
}

/**
 * The text that is shown for an artifact. `output.b64` is shown decoded: a person does not read
 * base64.
 */
export function artifactText(name: ArtifactName, bytes: Uint8Array): string {
  const content = name === 'output.b64' ? Buffer.from(Buffer.from(bytes).toString('latin1'), 'base64') : bytes;
  return readableBytes(content).text;
}
