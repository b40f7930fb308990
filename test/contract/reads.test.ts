import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';

/** The rooms that touch what comes from a program. */
const ROOMS = [
  'toolchain/bounded',
  'toolchain/compile',
  'toolchain/validate',
  'toolchain/cases',
  'toolchain/inspect',
  'toolchain/language',
  'toolchain/profile',
  'toolchain/replay',
  'toolchain/deploy',
  'toolchain/mcp',
  'language-server',
  'typescript-plugin',
  'extension',
  'program',
  'daemons/helper',
];

/** Files that read by other means, what they may use, and why that is nothing of a program. */
const ALLOWED: Record<string, { uses: string[]; why: string }> = {
  'program/programReader.ts': {
    uses: ['openSync', 'readSync', 'opendirSync', 'promises'],
    why: 'It is the reader.',
  },
  'toolchain/compile/assemblyScriptCompiler.ts': {
    uses: ['import(variable'],
    why: 'It loads the compiler.',
  },
  'toolchain/compile/assemblyScriptVersion.ts': {
    uses: ['readFileSync', 'createRequire'],
    why: 'It reads the version of the compiler in our own package.',
  },
  'toolchain/compile/standardLibrary.ts': { uses: ['readdirSync', 'readFileSync'], why: 'It reads our own sdk.' },
  'toolchain/compile/editorTypes.ts': {
    uses: ['readFileSync', 'createRequire'],
    why: 'It reads the types of our own compiler.',
  },
  'toolchain/deploy/readInput.ts': {
    uses: ['open(', 'openSync', 'createReadStream'],
    why: 'It reads the pipe or device that somebody named on the command line.',
  },
  'toolchain/mcp/tools.ts': { uses: ['readFile'], why: 'It reads the pages of findings in our own package.' },
  'extension/deploy/addCell.ts': { uses: ['readFile'], why: 'It reads the key that the user picked in a dialog.' },
  'extension/panel/panelLinks.ts': {
    uses: ['workspace.fs'],
    why: 'It writes an output to the file that the user picked in a dialog.',
  },
  'extension/terminalPath.ts': { uses: ['readFile'], why: 'It reads what the extension wrote to its own storage.' },
  'extension/panel/shownRunMemory.ts': {
    uses: ['readFile'],
    why: 'It reads what the extension wrote to its own storage.',
  },
  'extension/commands/diagnosticsCopy.ts': { uses: ['readFile'], why: 'It reads the log of the extension.' },
  'extension/commands/guideOpen.ts': {
    uses: ['readFile', 'readdir'],
    why: 'It reads the pages of the guide in our own package.',
  },
  'extension/newProgram/parentFolder.ts': {
    uses: ['readdir'],
    why: 'It looks whether the folder that the user picked is empty.',
  },
  'daemons/helper/bearer.ts': { uses: ['readFile', 'open('], why: 'It reads the bearer that it wrote itself.' },
  'daemons/helper/dashboardFiles.ts': { uses: ['readFile'], why: 'It reads the dashboard in our own package.' },
};

/** The names under which Node reads files and folders, and loads modules. */
const READS = [
  'readFileSync',
  'readFile',
  'createReadStream',
  'openSync',
  'open',
  'readSync',
  'readv',
  'readdirSync',
  'readdir',
  'opendirSync',
  'opendir',
  'openAsBlob',
  'globSync',
  'glob',
  'cpSync',
  'cp',
  'copyFileSync',
  'copyFile',
];

/** Finds the functions that a file reads with, named as in `ALLOWED`. */
function readsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/[^\n]*/g, '');
  const found = new Set<string>();
  const imports = [...code.matchAll(/import\s+(?:type\s+)?([^;]*?)\s+from\s+'(?:node:)?fs(?:\/promises)?'/g)];
  for (const [, names = ''] of imports) {
    const whole = /^(?:\* as )?(\w+)$/.exec(names.trim());
    // All of the module under one name hides which part of it is used.
    if (whole !== null) found.add('all of fs');
    // Its members are read later, under names that are not looked for.
    if (/\bpromises\b/.test(names)) found.add('promises');
    for (const name of READS)
      if (new RegExp(`\\b${name}\\b`).test(names)) found.add(name === 'open' || name === 'opendir' ? `${name}(` : name);
  }
  if (/\.createReadStream\(/.test(code)) found.add('createReadStream');
  if (/\bworkspace\.fs\b/.test(code)) found.add('workspace.fs');
  if (/\bcreateRequire\b/.test(code)) found.add('createRequire');
  if (/\bprocess\.(?:binding|getBuiltinModule)\b/.test(code)) found.add('a hidden module');
  // A module whose name is no literal may be one of the program.
  if (/\bimport\(\s*[^'"\s)]/.test(code.replace(/typeof import\(/g, ''))) found.add('import(variable');
  if (/(?<![.\w])require\(\s*[^'"\s)]/.test(code)) found.add('require(variable');
  return [...found].sort();
}

const files = ROOMS.flatMap((room) => globSync(`${room}/**/*.ts`, { cwd: packageRoot }))
  .map((file) => file.split(sep).join('/'))
  .filter((file) => !file.endsWith('.d.ts'));
const textOf = (file: string) => readFileSync(join(packageRoot, file), 'utf8');

describe('reads of what comes from a program', () => {
  it('finds the rooms', () => {
    for (const room of ROOMS)
      assert.ok(
        files.some((file) => file.startsWith(`${room}/`)),
        room,
      );
  });

  it('go by the bounded reader, but for what is named here with its reason', () => {
    const bad = files.flatMap((file) => {
      const uses = ALLOWED[file]?.uses ?? [];
      const own = readsOf(textOf(file)).filter((name) => !uses.includes(name));
      return own.length === 0 ? [] : [`${file}: ${own.join(', ')}`];
    });
    assert.deepEqual(bad, []);
  });

  it('have no exception that is not needed', () => {
    const idle = Object.entries(ALLOWED).flatMap(([file, { uses }]) => {
      const real = readsOf(textOf(file));
      return uses.filter((name) => !real.includes(name)).map((name) => `${file}: ${name}`);
    });
    assert.deepEqual(idle, []);
  });

  const broken: Array<[text: string, found: string[]]> = [
    [`import { readFileSync } from 'node:fs';`, ['readFileSync']],
    [`import { stat, readFile } from 'node:fs/promises';`, ['readFile']],
    [`import {\n  type Stats,\n  openSync as start,\n} from 'fs';`, ['openSync']],
    [`import * as fs from 'node:fs';`, ['all of fs']],
    [`import fs from 'node:fs/promises';`, ['all of fs']],
    [`import { promises as files } from 'node:fs';`, ['promises']],
    [`await vscode.workspace.fs.readFile(uri);`, ['workspace.fs']],
    [`const made = await import(path);`, ['import(variable']],
    [`const made = require(join(root, 'asconfig.js'));`, ['require(variable']],
    [`import { createRequire } from 'node:module';`, ['createRequire']],
    [`const { x } = await import('./x.ts'); type T = typeof import('y'); // readFileSync`, []],
    [`import { statSync, existsSync } from 'node:fs';`, []],
  ];
  for (const [text, found] of broken)
    it(`sees ${found.join() || 'nothing'} in ${text.replaceAll('\n', ' ')}`, () =>
      assert.deepEqual(readsOf(text), found));
});
