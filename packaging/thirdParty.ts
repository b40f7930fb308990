/**
 * Third-party packages in the bundles or beside them, read from esbuild's metafiles, with their
 * licences.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

export interface ThirdParty {
  name: string;
  version: string;
  /** SPDX expression that the package gives; `unknown` where it gives none. */
  license: string;
  /** Texts of its licence and notice files; empty where it ships none. */
  texts: string[];
}

/** Packages that stay folders beside the bundles, and the packages they depend on. */
const KEPT = ['assemblyscript', 'binaryen', 'long', 'wabt'];
const LICENCE_FILE = /^(licen[cs]e|notice|copying|copyright)([.-].*)?$/i;

/**
 * Reads the third-party packages of bundles.
 *
 * @param root absolute path of the repository
 */
export function thirdParties(root: string, metafiles: readonly Metafile[]): ThirdParty[] {
  const folders = new Set(KEPT.map((name) => `node_modules/${name}`));
  for (const { inputs } of metafiles) {
    for (const input of Object.keys(inputs)) {
      const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(
        input.replace(/^.*?(?=node_modules\/)/, ''),
      )?.[0];
      if (folder !== undefined) folders.add(folder);
    }
  }
  // The native half of QUIC is no input of a bundle.
  const scope = 'node_modules/@matrixai';
  for (const name of existsSync(join(root, scope)) ? readdirSync(join(root, scope)) : [])
    if (name.startsWith('quic-')) folders.add(`${scope}/${name}`);
  const found = new Map<string, ThirdParty>();
  for (const folder of folders) {
    const one = readPackage(join(root, folder));
    found.set(`${one.name}@${one.version}`, one);
  }
  return [...found.values()].sort((left, right) => (left.name + left.version < right.name + right.version ? -1 : 1));
}

function readPackage(folder: string): ThirdParty {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return { name, version, license: typeof license === 'string' ? license : (license?.type ?? 'unknown'), texts };
}

/** Makes the text of notices that ships with the packages of grafOS. */
export function noticesText(packages: readonly ThirdParty[]): string {
  const head = `grafOS holds these ${packages.length} packages of others, each under its own licence.\n`;
  const parts = packages.map(({ name, version, license, texts }) => {
    const words = texts.length === 0 ? 'The package ships no licence text.' : texts.join('\n\n');
    return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${words}\n`;
  });
  return [head, ...parts].join('\n');
}
