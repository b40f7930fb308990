/** The documents of artifacts, with the few parts of the editor that they use. */
import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

interface Provider {
  provideTextDocumentContent(uri: object, token: object): Promise<string>;
}

interface Editor {
  workspace: { isTrusted: boolean; provider?: Provider };
}

const EDITOR = `
  export const workspace = {
    isTrusted: false,
    registerTextDocumentContentProvider(_, provider) { workspace.provider = provider; },
  };
  export const l10n = { t: (text) => text };
`;

describe('the document of an artifact', () => {
  let editor: Editor;
  before(async () => {
    const url = `data:text/javascript,${encodeURIComponent(EDITOR)}`;
    const hooks = registerHooks({
      resolve: (specifier, context, next) =>
        specifier === 'vscode' ? { url, shortCircuit: true } : next(specifier, context),
    });
    try {
      editor = (await import(url)) as Editor;
      const { artifactDocuments } = await import('../../../../extension/documents/artifactDocuments.ts');
      artifactDocuments();
    } finally {
      hooks.deregister();
    }
  });

  for (const [isTrusted, provider, message] of [
    [false, 'local', /not trusted/],
    [false, 'aws', /not trusted/],
    [true, 'local', /The local stack does not run/],
    [true, 'aws', /aws/],
  ] as const) {
    it(`${isTrusted ? 'asks' : 'asks nothing of'} ${provider} in a folder that is ${isTrusted ? '' : 'not '}trusted`, async () => {
      await using program = await temporaryFolder();
      editor.workspace.isTrusted = isTrusted;
      const uri = { path: '/run-1/output.b64', query: JSON.stringify({ root: program.path, provider }) };
      const token = { onCancellationRequested: () => ({ dispose() {} }) };
      await assert.rejects(async () => editor.workspace.provider?.provideTextDocumentContent(uri, token), { message });
    });
  }
});
