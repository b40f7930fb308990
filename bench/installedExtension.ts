import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFor } from '../packaging/vsix.ts';
import { installEditor } from '../test/editor/support/installEditor.ts';
import { installExtensions } from '../test/editor/support/startEditor.ts';

/**
 * Packs the extension and installs it for the editor.
 *
 * @param folder an empty folder
 * @returns the folder of the extensions
 */
export async function installedExtension(folder: string): Promise<string> {
  await installEditor((line) => console.log(line));
  const extensions = join(folder, 'extensions');
  await mkdir(extensions);
  await installExtensions(extensions, [await packageFor(`${process.platform}-${process.arch}`)]);
  return extensions;
}
