import * as vscode from 'vscode';
import { callTool } from './callTool.ts';
import type { Grafos } from './grafos.ts';
import { LANGUAGE_MODEL_TOOLS } from './ids.ts';

/**
 * The tools a language model of the editor may use on the active program. They read; none changes
 * anything.
 */
export function languageModelTools({ context, programs }: Grafos): vscode.Disposable {
  const tool = (name: string): vscode.LanguageModelTool<object> => ({
    async invoke({ input }, token) {
      await programs.found;
      const program = programs.active;
      if (program === undefined) throw new Error(vscode.l10n.t('No grafos.toml was found in this workspace.'));
      if (!vscode.workspace.isTrusted) throw new Error(vscode.l10n.t('This workspace is not trusted.'));
      const abort = new AbortController();
      const cancelled = token.onCancellationRequested(() => abort.abort());
      try {
        const { extensionPath: packageFolder } = context;
        const { text, isError } = await callTool({
          packageFolder,
          programRoot: program.root,
          name,
          input,
          signal: abort.signal,
        });
        if (isError) throw new Error(text);
        return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
      } finally {
        cancelled.dispose();
      }
    },
  });
  return vscode.Disposable.from(...LANGUAGE_MODEL_TOOLS.map((name) => vscode.lm.registerTool(name, tool(name))));
}
