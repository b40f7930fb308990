import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const EXTENSION = pathToFileURL(join(import.meta.dirname, '../../extension/')).href;
let loads = 0;

/**
 * Loads modules of the extension with a stand-in for the few parts of the editor they use. They are
 * loaded anew, so that tests in one process do not share a stand-in.
 *
 * @param source text of the stand-in, an ECMAScript module
 * @param load imports the modules
 */
export async function withEditor<Editor, Loaded>(
  source: string,
  load: () => Promise<Loaded>,
): Promise<{ editor: Editor; loaded: Loaded }> {
  loads += 1;
  const mark = `?editor=${loads}`;
  const editor = `data:text/javascript,${encodeURIComponent(`${source}\n// ${mark}`)}`;
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'vscode') return { url: editor, shortCircuit: true };
      const found = next(specifier, context);
      return found.url.startsWith(EXTENSION) ? { ...found, url: found.url + mark } : found;
    },
  });
  try {
    return { editor: (await import(editor)) as Editor, loaded: await load() };
  } finally {
    hooks.deregister();
  }
}
