/**
 * Counts what the house style forbids in comments and Markdown, by room, and fails when a clean
 * room has any. `--room NAME` prints the places of one room. `--fix` first wraps the Markdown pages
 * of clean rooms.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ProseFault, type ProseFaultKind, proseFaults } from './proseFaults.ts';
import { repositoryFiles } from './repositoryFiles.ts';
import { wrapMarkdown } from './wrapMarkdown.ts';

const root = join(import.meta.dirname, '..');

/** Rooms that have no fault. A room that is cleaned joins the list in the same change. */
const CLEAN: string[] = [
  '.',
  '.github',
  'bench',
  'bench/kernels',
  'bench/peers',
  'bin',
  'cli',
  'cli/commands',
  'cookbook',
  'cookbook/bitmap',
  'cookbook/byte-counts',
  'cookbook/distributed-counter',
  'cookbook/draw',
  'cookbook/multi-cloud-deploy',
  'cookbook/object-storage',
  'cookbook/progress',
  'cookbook/rpc-service',
  'cookbook/shared-list',
  'cookbook/stream-pipeline',
  'cookbook/text-table',
  'daemons/fabricbiosd',
  'daemons/helper',
  'daemons/protocol',
  'daemons/scheduler',
  'docs',
  'docs/adr',
  'docs/findings',
  'extension/documents',
  'extension/newProgram',
  'extension/panel',
  'extension/places',
  'extension/shown',
  'extension/stack',
  'language-server',
  'media/dashboard',
  'program',
  'scripts',
  'test/cli',
  'test/conformance',
  'test/contract',
  'test/daemons',
  'test/editor',
  'test/fixtures',
  'test/helpers',
  'test/hostile',
  'test/programs',
  'test/protocol',
  'test/unit',
  'toolchain/account',
  'toolchain/artifacts',
  'toolchain/audit',
  'toolchain/bounded',
  'toolchain/build',
  'toolchain/confirm',
  'toolchain/deploy',
  'toolchain/files',
  'toolchain/fixtures',
  'toolchain/fuel',
  'toolchain/inspect',
  'toolchain/language',
  'toolchain/mcp',
  'toolchain/memory',
  'toolchain/newProgram',
  'toolchain/output',
  'toolchain/places',
  'toolchain/profile',
  'toolchain/replay',
  'toolchain/stack',
  'toolchain/trust',
  'toolchain/user',
  'typescript-plugin',
  'wasm',
];

/**
 * A room is a folder of the first two levels, with all below it; `.` holds the files of the root.
 */
function roomOf(path: string): string {
  const folders = path.split('/').slice(0, -1).slice(0, 2);
  return folders.length === 0 ? '.' : folders.join('/');
}

const { values } = parseArgs({ options: { room: { type: 'string' }, fix: { type: 'boolean', default: false } } });

/** The text of a file, which `--fix` wraps first. */
function textOf(path: string): string {
  const text = readFileSync(join(root, path), 'utf8');
  if (!values.fix || !path.endsWith('.md') || !CLEAN.includes(roomOf(path))) return text;
  const wrapped = wrapMarkdown(text);
  if (wrapped !== text) writeFileSync(join(root, path), wrapped);
  return wrapped;
}

const rooms = new Map<string, Array<ProseFault & { path: string }>>();
for (const path of repositoryFiles(/\.(?:md|[cm]?[jt]s|rs)$/)) {
  const faults = proseFaults(path, textOf(path));
  const room = rooms.get(roomOf(path)) ?? [];
  rooms.set(roomOf(path), room);
  room.push(...faults.map((fault) => ({ ...fault, path })));
}

function print(faults: ReadonlyArray<ProseFault & { path: string }>): void {
  for (const { path, line, kind, text } of faults) console.log(`${path}:${line}: ${kind}: ${text}`);
}

function counts(faults: readonly ProseFault[]): string {
  const count = (kind: ProseFaultKind) => faults.filter((fault) => fault.kind === kind).length;
  return `${count('long')} long, ${count('opening')} openings, ${count('word')} words`;
}

if (values.room === undefined) {
  const gone = CLEAN.filter((room) => !rooms.has(room));
  for (const room of gone) console.log(`prose: the clean room ${room} does not exist`);
  const clean = CLEAN.flatMap((room) => rooms.get(room) ?? []);
  print(clean);
  const others = [...rooms].filter(([room]) => !CLEAN.includes(room));
  const ready = others.filter(([, faults]) => faults.length === 0).map(([room]) => room);
  const rest = others.filter(([, faults]) => faults.length > 0);
  console.log(`prose: ${CLEAN.length} clean rooms: ${counts(clean)}`);
  if (ready.length > 0) console.log(`prose: ready for the list: ${ready.join(', ')}`);
  if (rest.length > 0) {
    const names = rest.map(([room, faults]) => `${room} (${faults.length})`).join(', ');
    console.log(`prose: not yet: ${counts(rest.flatMap(([, faults]) => faults))}, in ${names}`);
  }
  if (clean.length > 0 || gone.length > 0) process.exitCode = 1;
} else print(rooms.get(values.room) ?? []);
