import { createVSIX } from '@vscode/vsce';

/** Packs an extension that is for tests alone, from its folder, into a VSIX file. */
export async function packTestExtension(folder: string, vsix: string): Promise<void> {
  await createVSIX({
    cwd: folder,
    packagePath: vsix,
    dependencies: false,
    allowMissingRepository: true,
    skipLicense: true,
  });
}
