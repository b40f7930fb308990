import { quietService } from './quietService.ts';
import type { PluginInfo, TypeScriptService } from './serverTypes.ts';
import { TaskletFiles } from './taskletFiles.ts';

/** The name under which VS Code's TypeScript server finds the plugin; package.json says it too. */
export const PLUGIN_NAME = 'grafos-typescript-plugin';

/**
 * Makes the plugin of a TypeScript server: it takes the server's own diagnostics off tasklet files.
 *
 * The compiler of tasklets reports every true error already, by the language server. TypeScript
 * repeats those, and refuses valid AssemblyScript besides.
 */
export function createPlugin(): { create(info: PluginInfo): TypeScriptService } {
  return {
    create: ({ languageService, languageServiceHost }) => {
      const files = new TaskletFiles(languageServiceHost, languageService);
      return quietService(languageService, (fileName) => files.has(fileName));
    },
  };
}
