import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** Which rooms a file of a room may import from, its own always included (docs/architecture.md). */
const MAY_IMPORT: Record<string, string[]> = {
  'daemons/protocol': [],
  wasm: [],
  program: ['daemons/protocol', 'wasm'],
  'daemons/fabricbiosd': ['daemons/protocol', 'program', 'wasm'],
  'daemons/scheduler': ['daemons/protocol', 'program', 'wasm'],
  'daemons/helper': ['daemons/protocol', 'program', 'wasm'],
  toolchain: ['daemons/protocol', 'program', 'wasm'],
  cli: ['toolchain', 'daemons/protocol', 'program'],
  'language-server': ['toolchain', 'daemons/protocol', 'program'],
  'typescript-plugin': ['toolchain', 'program'],
  extension: ['toolchain', 'daemons/protocol', 'program'],
};

/** Heavy or awkward packages, and the only file (or folder) that may import each. */
const BEHIND_ONE_FILE: Record<string, string> = {
  '@matrixai/quic': 'daemons/protocol/controlQuic.ts',
  '@fails-components/webtransport': 'daemons/protocol/webTransport.ts',
  'node-forge': 'toolchain/trust/certificateDer.ts',
  assemblyscript: 'toolchain/build/',
  '@assemblyscript/loader': 'toolchain/build/',
  'node:sqlite': 'daemons/scheduler/store/',
  'toml-eslint-parser': 'program/tomlDocument.ts',
  commander: 'cli/commandTree.ts',
  vscode: 'extension/',
};

const rooms = Object.keys(MAY_IMPORT);
const roomOf = (file: string) => rooms.find((room) => file.startsWith(`${room}/`));
const files = rooms
  .flatMap((room) => globSync(`${room}/**/*.ts`, { cwd: root }))
  .map((file) => file.split(sep).join('/'))
  .filter((file) => !file.endsWith('.d.ts'));

/** Module names in import and export statements and in `import()`. */
function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom\s*|\bimport\s*\(\s*|^import\s+)'([^']+)'/gm)].map(([, name]) => name ?? '');
}

describe('who imports whom', () => {
  it('finds the rooms', () => assert.ok(files.length > 50, `${files.length} files`));

  for (const room of rooms) {
    it(`${room} imports only from ${['itself', ...(MAY_IMPORT[room] ?? [])].join(', ')}`, () => {
      const bad = files
        .filter((file) => roomOf(file) === room)
        .flatMap((file) =>
          importsOf(readFileSync(join(root, file), 'utf8'))
            .filter((name) => name.startsWith('.'))
            .map((name) =>
              relative(root, resolve(root, file, '..', name))
                .split(sep)
                .join('/'),
            )
            .filter((target) => target !== 'package.json')
            .filter((target) => roomOf(target) !== room && !(MAY_IMPORT[room] ?? []).includes(roomOf(target) ?? ''))
            .map((target) => `${file} -> ${target}`),
        );
      assert.deepEqual(bad, []);
    });
  }

  for (const [name, home] of Object.entries(BEHIND_ONE_FILE)) {
    it(`${name} is imported in ${home} only`, () => {
      const bad = files.filter(
        (file) =>
          !file.startsWith(home) &&
          importsOf(readFileSync(join(root, file), 'utf8')).some((one) => one === name || one.startsWith(`${name}/`)),
      );
      assert.deepEqual(bad, []);
    });
  }
});
