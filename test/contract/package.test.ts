import assert from 'node:assert/strict';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listFiles, PackageManager } from '@vscode/vsce';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

const root = join(import.meta.dirname, '..', '..');

/** All that the VSIX may hold; more than `.vscodeignore` by nothing. */
const allowed = [
  /^(package\.json|package\.nls\.json|README\.md|CHANGELOG\.md|LICENSE|bin\/grafos\.cjs)$/,
  /^dist\/THIRD-PARTY-NOTICES\.txt$/,
  /^dist\/(cli\/(main|modelContext|awsClients|googleCredentials|webtransport)\.cjs|(daemons|language-server)\/[\w-]+\.js)$/,
  /^dist\/extension\/(main\.cjs|languageClient\.cjs|stackKeeper\.js|runPanel\.(js|css))$/,
  /^docs\/((guide|internals|adr|reference(\/findings)?)\/)?[\w-]+\.md$/,
  /^docs\/guide\/screenshots\/[\w-]+\.png$/,
  /^cookbook\/README\.md$/,
  /^cookbook\/[\w-]+\/(\.gitignore|README\.md|grafos\.toml|tsconfig\.json|Cargo\.(toml|lock))$/,
  /^cookbook\/[\w-]+\/(tasklets|fixtures|inputs|vendor)\/[\w./-]+$/,
  /^media\/(icon\.png|grafos\.svg|grafos-cell\.service|(?:grafos|run)\.schema\.json|cell\/door\.py|(dashboard|manifest-language|walkthrough)\/[\w.-]+)$/,
  /^sdk\/(assemblyscript\/\w+\.ts|rust\/(Cargo\.lock|((std|macros)\/)?(Cargo\.toml|src\/\w+\.rs)))$/,
  /^node_modules\/(assemblyscript|binaryen|long|wabt)\/(package\.json|LICENSE|NOTICE|index\.js)$/,
  /^node_modules\/assemblyscript\/(dist\/(asc|assemblyscript)\.js|lib\/binaryen\.js|std\/assembly\/index\.d\.ts)$/,
  /^node_modules\/@matrixai\/quic-[\w-]+\/(package\.json|[\w.]+\.node)$/,
];

describe('what the VSIX holds', () => {
  it('is what it needs, and nothing else', async () => {
    const files = await listFiles({ cwd: root, packageManager: PackageManager.Npm });
    assert.deepEqual(
      files.filter((file) => !allowed.some((one) => one.test(file))),
      [],
    );
    for (const one of allowed)
      assert.ok(
        files.some((file) => one.test(file)),
        String(one),
      );
    for (const file of [
      'dist/extension/languageClient.cjs',
      'dist/extension/main.cjs',
      'dist/extension/runPanel.css',
      'dist/extension/runPanel.js',
      'dist/extension/stackKeeper.js',
      'dist/language-server/main.js',
      'dist/cli/main.cjs',
      'dist/cli/modelContext.cjs',
      'dist/cli/awsClients.cjs',
      'dist/cli/googleCredentials.cjs',
      'dist/cli/webtransport.cjs',
      'media/cell/door.py',
      'dist/daemons/fabricbiosd.js',
      'node_modules/binaryen/index.js',
      'docs/guide/cli.md',
      'docs/reference/findings/README.md',
      'docs/guide/editor.md',
      'cookbook/local-dev/fixtures/local-dev/any-bytes.input.bin',
    ]) {
      assert.ok(files.includes(file), file);
    }
  });

  it('is nothing of a recipe that was built and run here', async () => {
    await using folder = await temporaryFolder();
    for (const file of ['.vscodeignore', 'package.json']) await copyFile(join(root, file), join(folder.path, file));
    const kept = ['cookbook/demo/grafos.toml', 'cookbook/demo/tasklets/a.ts'];
    const own = [
      '.grafos/dev/audit.jsonl',
      '.grafos/owner',
      'build/a.wasm',
      'target/a',
      'node_modules/a/index.js',
      'a.log',
    ];
    for (const file of [...kept, ...own.map((name) => `cookbook/demo/${name}`)]) {
      await mkdir(dirname(join(folder.path, file)), { recursive: true });
      await writeFile(join(folder.path, file), '{}');
    }
    const files = await listFiles({ cwd: folder.path, packageManager: PackageManager.None });
    assert.deepEqual(files.toSorted(), [...kept, 'package.json']);
  });
});
