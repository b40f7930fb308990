import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../../helpers/chromium.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';
import { packTestExtension } from './packTestExtension.ts';
import { programForEditor } from './programForEditor.ts';
import { type EditorOptions, installExtensions, startEditor } from './startEditor.ts';
import { Workbench } from './workbench.ts';

export interface EditorForTests extends AsyncDisposable {
  /** Folder of the program, a copy; empty text without a recipe. */
  root: string;
  /** The editor's own folder, which its processes name. */
  data: string;
  /** Opens a window of its own on a folder or a `.code-workspace`. */
  open(folder?: string): Promise<Workbench>;
  /** Writes the user's settings anew, for windows opened after. */
  setSettings(settings: Record<string, unknown>): Promise<void>;
}

/**
 * An editor with the packed extension, a browser for it, and a copy of a recipe. Dispose ends all
 * of them, and the stack with them.
 *
 * @param options.beside folder of one more extension
 * @param options.env gets the folder of the copy; empty text without a recipe
 */
export async function editorForTests(
  options: Omit<EditorOptions, 'extensions' | 'env'> & {
    recipe?: string;
    beside?: string;
    env?: (root: string) => Record<string, string>;
  } = {},
): Promise<EditorForTests> {
  const packed = process.env.GRAFOS_EDITOR_EXTENSIONS;
  if (packed === undefined)
    throw new Error('Run these tests by `npm run test:editor`, which packs and installs the extension.');
  await using stack = new AsyncDisposableStack();
  const extensions = options.beside === undefined ? packed : await withExtension(stack, packed, options.beside);
  const program = options.recipe === undefined ? undefined : stack.use(await programForEditor(options.recipe));
  const root = program?.root ?? '';
  const editor = stack.use(await startEditor({ ...options, env: options.env?.(root) ?? {}, extensions }));
  const browser: Browser | undefined = await launchChromium();
  if (browser === undefined) throw new Error('The editor needs a browser to run in; set CHROMIUM to the path of one.');
  stack.defer(() => browser.close());
  const owned = stack.move();
  return {
    root,
    data: editor.data,
    open: (folder) => Workbench.open(browser, editor.url, folder),
    setSettings: editor.setSettings,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Copies the installed extensions, and installs one more beside them. */
async function withExtension(stack: AsyncDisposableStack, packed: string, source: string): Promise<string> {
  const folder = stack.use(await temporaryFolder('grafos-extensions-')).path;
  const [extensions, vsix] = [join(folder, 'extensions'), join(folder, 'one.vsix')];
  await cp(packed, extensions, { recursive: true });
  await packTestExtension(source, vsix);
  await installExtensions(extensions, [vsix]);
  return extensions;
}
