import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';

/** The rooms whose code runs beside a program, which may be a stranger's. */
const ROOMS = ['cli', 'toolchain', 'extension', 'language-server', 'typescript-plugin', 'program'];

/**
 * Files that write by other means than `writeInProgram`, `saveBytes` and `StateFolder`, and why no
 * link of a stranger is followed.
 */
const ALLOWED: Record<string, { uses: string[]; why: string }> = {
  'toolchain/files/writeAtomically.ts': { uses: ['open(', 'rename'], why: 'It makes a new file and renames it.' },
  'toolchain/files/outputFolder.ts': { uses: ['mkdirSync'], why: 'It looks at each folder on the way.' },
  'toolchain/files/writeInProgram.ts': { uses: ['writeAtomically'], why: 'It is the writer.' },
  'toolchain/files/saveBytes.ts': {
    uses: ['openSync', 'writeFile', 'writeAtomically'],
    why: 'It writes to the place that savePlace found: no link of a program leads out of it.',
  },
  'toolchain/compile/writeModule.ts': {
    uses: ['writeAtomically'],
    why: 'It has the folder of module and map from outputFolder.',
  },
  'toolchain/newProgram/newTasklet.ts': {
    uses: ['writeFile'],
    why: 'It makes new files only, in folders from outputFolder.',
  },
  'toolchain/newProgram/layOutProgram.ts': {
    uses: ['writeFile', 'rename'],
    why: 'It makes a new program in a folder that the user named.',
  },
  'toolchain/artifacts/downloadArtifacts.ts': {
    uses: ['writeFile', 'rename'],
    why: 'The folder is of the state, or the user named it; the files are new and renamed.',
  },
  'toolchain/trust/adminCertificates.ts': {
    uses: ['open('],
    why: 'It makes new files only, in a folder that the user named.',
  },
  'toolchain/cloud/enrol/enrolCell.ts': { uses: ['open('], why: 'It reads the bundle.' },
  'toolchain/cell/bundle/makeBundle.ts': {
    uses: ['createWriteStream', 'mkdir', 'rename', 'writeAtomically'],
    why: 'It makes new files and renames them, in a folder that the user named.',
  },
  'toolchain/account/account.ts': { uses: ['writeAtomically'], why: 'The folder is the user’s own.' },
  'toolchain/stack/testRuns.ts': {
    uses: ['copyFile', 'rename'],
    why: 'Both ends are of StateFolder, which looked at them.',
  },
  'toolchain/stack/setStateAside.ts': { uses: ['renameSync'], why: 'It renames the folder itself, link or not.' },
  'toolchain/stack/restoreState.ts': { uses: ['renameSync'], why: 'It renames folders that it looked at.' },
  'toolchain/stack/programState.ts': { uses: ['renameSync'], why: 'It renames a new folder into its place.' },
  'extension/terminalPath.ts': { uses: ['mkdir', 'writeFile'], why: 'The folder is the extension’s own storage.' },
  'extension/panel/shownRunMemory.ts': {
    uses: ['mkdir', 'writeAtomically'],
    why: 'The folder is the extension’s own storage.',
  },
  'extension/panel/panelLinks.ts': { uses: ['workspace.fs'], why: 'The user picked the file in a dialog.' },
};

const WRITES = ['writeFile', 'appendFile', 'mkdir', 'rename', 'copyFile', 'cp', 'symlink', 'link', 'truncate']
  .flatMap((name) => [name, `${name}Sync`])
  .concat('createWriteStream', 'open', 'openSync');

/** Finds the functions that a file writes with, named as in `ALLOWED`. */
function writesOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/[^\n]*/g, '');
  const found = new Set<string>();
  for (const [, names = ''] of code.matchAll(/import\s+(?:type\s+)?([^;]*?)\s+from\s+'(?:node:)?fs(?:\/promises)?'/g)) {
    if (/^(?:\* as )?\w+$/.test(names.trim())) found.add('all of fs');
    // Its members are read later, under names that are not looked for.
    if (/\bpromises\b/.test(names)) found.add('promises');
    for (const name of WRITES) if (new RegExp(`\\b${name}\\b`).test(names)) found.add(name === 'open' ? 'open(' : name);
  }
  if (/import \{[^}]*\bwriteAtomically\b/.test(code)) found.add('writeAtomically');
  if (/\bworkspace\.fs\b/.test(code)) found.add('workspace.fs');
  return [...found].sort();
}

/** Files that open for reading; reads.test.ts looks at them. */
const READERS = new Set(['program/programReader.ts', 'toolchain/deploy/readInput.ts']);

const files = ROOMS.flatMap((room) => globSync(`${room}/**/*.ts`, { cwd: packageRoot }))
  .map((file) => file.split(sep).join('/'))
  .filter((file) => !file.endsWith('.d.ts') && !READERS.has(file));
const textOf = (file: string) => readFileSync(join(packageRoot, file), 'utf8');

describe('writes beside a program', () => {
  it('follow no link of a stranger: each goes by a safe writer, or is named here with its reason', () => {
    assert.ok(files.length > 300);
    const bad = files.flatMap((file) => {
      const uses = ALLOWED[file]?.uses ?? [];
      const own = writesOf(textOf(file)).filter((name) => !uses.includes(name));
      return own.length === 0 ? [] : [`${file}: ${own.join(', ')}`];
    });
    assert.deepEqual(bad, []);
  });

  it('have no exception that is not needed', () => {
    const idle = Object.entries(ALLOWED).flatMap(([file, { uses }]) => {
      const real = writesOf(textOf(file));
      return uses.filter((name) => !real.includes(name)).map((name) => `${file}: ${name}`);
    });
    assert.deepEqual(idle, []);
  });

  const rows: Array<[text: string, found: string[]]> = [
    [`import { writeFile as put } from 'node:fs/promises';`, ['writeFile']],
    [`import {\n  type Stats,\n  appendFileSync,\n} from 'fs';`, ['appendFileSync']],
    [`import { open } from 'node:fs/promises';`, ['open(']],
    [`import { promises } from 'node:fs';`, ['promises']],
    [`import * as fs from 'node:fs';`, ['all of fs']],
    [`import { writeAtomically } from '../files/writeAtomically.ts';`, ['writeAtomically']],
    [`await vscode.workspace.fs.writeFile(uri, bytes);`, ['workspace.fs']],
    [`import { readFile, opendir, rm } from 'node:fs/promises'; // writeFile`, []],
  ];
  for (const [text, found] of rows)
    it(`sees ${found.join() || 'nothing'} in ${text.replaceAll('\n', ' ')}`, () =>
      assert.deepEqual(writesOf(text), found));
});
