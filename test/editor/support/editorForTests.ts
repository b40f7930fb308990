import type { Browser } from 'playwright-core';
import { launchChromium } from '../../helpers/chromium.ts';
import { programForEditor } from './programForEditor.ts';
import { type EditorOptions, startEditor } from './startEditor.ts';
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
 */
export async function editorForTests(
  options: Omit<EditorOptions, 'extensions'> & { recipe?: string } = {},
): Promise<EditorForTests> {
  const extensions = process.env.GRAFOS_EDITOR_EXTENSIONS;
  if (extensions === undefined)
    throw new Error('Run these tests by `npm run test:editor`, which packs and installs the extension.');
  await using stack = new AsyncDisposableStack();
  const program = options.recipe === undefined ? undefined : stack.use(await programForEditor(options.recipe));
  const editor = stack.use(await startEditor({ ...options, extensions }));
  const browser: Browser | undefined = await launchChromium();
  if (browser === undefined) throw new Error('The editor needs a browser to run in; set CHROMIUM to the path of one.');
  stack.defer(() => browser.close());
  const owned = stack.move();
  return {
    root: program?.root ?? '',
    data: editor.data,
    open: (folder) => Workbench.open(browser, editor.url, folder),
    setSettings: editor.setSettings,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
