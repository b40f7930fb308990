/** Bundles everything that runs into dist/. `--watch` keeps going. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BuildOptions, build, context, type Plugin } from 'esbuild';
import { noticesText, thirdParties } from '../packaging/thirdParty.ts';
import { builtinModulesByCall } from './builtinModules.ts';
import { standaloneChecks } from './standaloneChecks.ts';

const root = join(import.meta.dirname, '..');
const watching = process.argv.includes('--watch');

/**
 * Packages that stay in node_modules: they have native parts, wasm of their own, or a size that
 * only their users should load.
 */
const external = ['@fails-components/webtransport-transport-http3-quiche', 'assemblyscript', 'binaryen', 'wabt'];

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  external,
  minifySyntax: true,
  keepNames: true,
  legalComments: 'none',
  sourcemap: 'linked',
  sourcesContent: false,
  plugins: [standaloneChecks, builtinModulesByCall],
  // The watch task of the editor waits for the lines that only `info` prints.
  logLevel: watching ? 'info' : 'warning',
  banner: {
    js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);",
  },
} satisfies BuildOptions;

/** Options of CommonJS files. They define the values that only modules have. */
const commonJs = {
  ...common,
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  plugins: [standaloneChecks],
  define: { 'import.meta.url': '__importMetaUrl', 'import.meta.dirname': '__dirname' },
  banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
} satisfies BuildOptions;

/**
 * Puts modules and packages that few need into files of their own beside the bundle, where
 * `import()` names them. A megabyte costs the start of a command 7 ms although it is not evaluated.
 * What they contain is in two bundles, so they share no class with the rest.
 */
function apart(...names: string[]): Plugin {
  const pattern = names.join('|');
  return {
    name: 'apart',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: new RegExp(`/(?:${pattern})(?:\\.ts)?$`) }, ({ kind, path }) =>
        kind === 'dynamic-import' ? { path: basename(path, '.ts'), namespace: 'apart' } : undefined,
      );
      onResolve({ filter: new RegExp(`^\\./(?:${pattern})\\.cjs$`) }, ({ path }) => ({ path, external: true }));
      // By `require`, which is the editor's in the extension: it alone knows `vscode`.
      onLoad({ filter: /./, namespace: 'apart' }, ({ path }) => ({
        contents: `module.exports = require('./${path}.cjs')`,
      }));
    },
  };
}

/**
 * Puts the library of the Model Context Protocol into a file of its own, which `grafos mcp` alone
 * loads.
 */
const modelContextApart: Plugin = {
  name: 'model-context-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/modelContext\.ts$/ }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: './modelContext.cjs', external: true },
    );
  },
};

/**
 * Lets commander load `node:child_process`, and half of Node's network with it, when it starts a
 * command that is a file of its own. There is none.
 */
const commanderWithoutProcesses: Plugin = {
  name: 'commander-without-processes',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer, path }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path, namespace: 'when-used' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'when-used' }, ({ path }) => ({
      contents: `Object.defineProperty(exports, 'spawn', { get: () => require('${path}').spawn });`,
    }));
  },
};

/** A bundle of entries in `dist/daemons`. Its lazily imported parts become files of their own. */
function daemonBundle(entryPoints: Record<string, string>): BuildOptions & { outdir: string } {
  return {
    ...common,
    minifyWhitespace: true,
    keepNames: false,
    entryPoints,
    outdir: 'dist/daemons',
    splitting: true,
    chunkNames: 'part-[hash]',
  };
}

const bundles: Array<BuildOptions & { outdir: string }> = [
  // One CommonJS file, of which a command evaluates only the parts it needs. Half a dozen modules
  // would cost a cold command 15 ms more.
  {
    ...commonJs,
    entryPoints: {
      main: 'cli/main.ts',
      modelContext: 'toolchain/mcp/modelContext.ts',
      webtransport: '@fails-components/webtransport',
    },
    outdir: 'dist/cli',
    plugins: [
      standaloneChecks,
      commanderWithoutProcesses,
      modelContextApart,
      apart('awsClients', 'googleCredentials', 'webtransport'),
    ],
    minifyWhitespace: true,
    minifyIdentifiers: true,
    keepNames: false,
  },
  {
    ...commonJs,
    // The libraries of the clouds: only `grafos cloud` loads them. Their modules, unlike their
    // CommonJS, let what is not used be left out.
    entryPoints: {
      awsClients: 'toolchain/cloud/aws/awsClients.ts',
      googleCredentials: 'toolchain/cloud/gcp/googleCredentials.ts',
    },
    outdir: 'dist/cli',
    mainFields: ['module', 'main'],
    minifyWhitespace: true,
    keepNames: false,
  },
  // Daemons share no files: each loaded file costs a start a millisecond.
  daemonBundle({ fabricbiosd: 'daemons/fabricbiosd/main.ts' }),
  daemonBundle({ scheduler: 'daemons/scheduler/main.ts' }),
  daemonBundle({ helper: 'daemons/helper/main.ts' }),
  daemonBundle({
    bulkWorker: 'daemons/scheduler/bulk/bulkWorker.ts',
    storeReader: 'daemons/scheduler/reader/storeReader.ts',
    runWorker: 'daemons/fabricbiosd/worker/runWorker.ts',
    profileWorker: 'daemons/fabricbiosd/worker/profileWorker.ts',
    trialMain: 'daemons/fabricbiosd/trial/trialMain.ts',
    trialThread: 'daemons/fabricbiosd/trial/trialThread.ts',
  }),
  {
    ...common,
    entryPoints: { main: 'language-server/main.ts', workThread: 'toolchain/bounded/workThread.ts' },
    outdir: 'dist/language-server',
    splitting: true,
    chunkNames: 'part-[hash]',
  },
  {
    ...commonJs,
    // TypeScript's server calls the module itself as the factory. `npm run package` makes the
    // package around the file.
    entryPoints: { index: 'typescript-plugin/main.ts' },
    outdir: 'dist/typescript-plugin',
    footer: { js: 'module.exports = module.exports.createPlugin;' },
    minifyWhitespace: true,
    keepNames: false,
  },
  { ...common, entryPoints: { stackKeeper: 'daemons/keeper/main.ts' }, outdir: 'dist/extension' },
  {
    // The page of the Run panel runs in the editor's browser, with nothing of Node.
    ...common,
    entryPoints: [
      { in: 'extension/panel/page/main.ts', out: 'runPanel' },
      { in: 'extension/panel/page/panel.css', out: 'runPanel' },
    ],
    outdir: 'dist/extension',
    platform: 'browser',
    format: 'iife',
    target: 'es2024',
    external: [],
    banner: {},
    minifyWhitespace: true,
  },
  {
    ...commonJs,
    // The editor loads CommonJS by `require` and brings `vscode`. A smaller file is read sooner.
    entryPoints: { main: 'extension/main.ts', languageClient: 'extension/languageClient.ts' },
    outdir: 'dist/extension',
    external: [...external, 'vscode'],
    plugins: [standaloneChecks, apart('languageClient')],
    minifyWhitespace: true,
    keepNames: false,
  },
];

const dist = join(root, 'dist');
if (watching) {
  await rm(dist, { recursive: true, force: true });
  for (const bundle of bundles) await (await context(bundle)).watch();
} else {
  // The build is made beside the old one and swapped in. A failed build leaves the last good one,
  // and no process reads half of one.
  const fresh = `${dist}.${process.pid}`;
  try {
    const built = await Promise.all(
      bundles.map((bundle) => build({ ...bundle, outdir: bundle.outdir.replace(/^dist/, fresh), metafile: true })),
    );
    const packages = thirdParties(
      root,
      built.map(({ metafile }) => metafile),
    );
    await writeFile(join(fresh, 'third-party.json'), `${JSON.stringify(packages, null, 2)}\n`);
    await writeFile(join(fresh, 'THIRD-PARTY-NOTICES.txt'), noticesText(packages));
    await rm(`${fresh}.old`, { recursive: true, force: true });
    await rename(dist, `${fresh}.old`).catch(() => {});
    await rename(fresh, dist);
  } finally {
    await Promise.all([fresh, `${fresh}.old`].map((folder) => rm(folder, { recursive: true, force: true })));
  }
}
