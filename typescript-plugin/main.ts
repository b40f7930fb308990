import { createQuietService } from './createQuietService.ts';
import type { PluginInfo, TypeScriptService } from './serverTypes.ts';
import { TaskletFiles } from './taskletFiles.ts';

/** The name under which VS Code's TypeScript server finds the plugin; package.json says it too. */
export const PLUGIN_NAME = 'grafos-typescript-plugin';

/**
 * Makes the plugin of a TypeScript server. The plugin removes TypeScript's diagnostics from tasklet
 * files.
 *
 * The language server already reports every true error of the compiler of tasklets. TypeScript
 * repeats those errors and also refuses valid AssemblyScript.
 */
export function createPlugin(): { create(info: PluginInfo): TypeScriptService } {
  return {
    create: ({ languageService, languageServiceHost }) => {
      const files = new TaskletFiles(languageServiceHost, languageService);
      return createQuietService(languageService, (fileName) => files.has(fileName));
    },
  };
}
