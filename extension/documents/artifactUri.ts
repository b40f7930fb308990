import * as vscode from 'vscode';
import type { ArtifactName } from '../../daemons/wire/tenantApi.ts';
import type { ProviderName } from '../../toolchain/deploy/resolveProvider.ts';
import { SCHEMES } from '../ids.ts';
import type { RunEntry } from '../runs/runsModel.ts';

/**
 * The read-only document of an artifact: `grafos-artifact:/<run>/<name>?<program and provider>`.
 */
export function artifactUri({ root, provider, cell, run }: RunEntry, name: ArtifactName): vscode.Uri {
  return vscode.Uri.from({
    scheme: SCHEMES.artifact,
    path: `/${run.run_id}/${name}`,
    query: JSON.stringify({ root, provider, cell }),
  });
}

/** @throws when the address is not one of {@link artifactUri} */
export function readArtifactUri(uri: vscode.Uri): {
  root: string;
  provider: ProviderName;
  cell: string | undefined;
  runId: string;
  name: ArtifactName;
} {
  const [, runId = '', name = ''] = uri.path.split('/');
  const { root, provider, cell } = JSON.parse(uri.query) as { root: string; provider: ProviderName; cell?: string };
  return { root, provider, cell, runId, name: name as ArtifactName };
}
