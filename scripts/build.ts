/** Bundles everything that runs into dist/. `--watch` keeps going. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build, context } from 'esbuild';

const root = join(import.meta.dirname, '..');
const watching = process.argv.includes('--watch');

/** Packages with native parts, wasm of their own, or a size that must only be paid when used: left in node_modules. */
const external = [
  '@matrixai/quic',
  '@fails-components/webtransport',
  '@fails-components/webtransport-transport-http3-quiche',
  'assemblyscript',
  'binaryen',
  'wabt',
];

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
  metafile: true,
  logLevel: 'warning',
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
} satisfies BuildOptions;

const bundles: BuildOptions[] = [
  { ...common, entryPoints: { main: 'cli/main.ts' }, outdir: 'dist/cli', splitting: true, chunkNames: 'part-[hash]' },
  {
    ...common,
    entryPoints: {
      fabricbiosd: 'daemons/fabricbiosd/main.ts',
      scheduler: 'daemons/scheduler/main.ts',
      helper: 'daemons/helper/main.ts',
      runWorker: 'daemons/fabricbiosd/runtime/runWorker.ts',
    },
    outdir: 'dist/daemons',
    splitting: true,
    chunkNames: 'part-[hash]',
  },
];

await rm(join(root, 'dist'), { recursive: true, force: true });
if (watching) {
  for (const bundle of bundles) await (await context(bundle)).watch();
} else {
  await Promise.all(bundles.map((bundle) => build(bundle)));
}
