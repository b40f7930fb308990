import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { importCircle, importFaults, importsOf, type RoomRule, ruleCircle } from '../helpers/importFaults.ts';

const root = resolve(import.meta.dirname, '../..');

/** The rooms that daemons and their clients share. */
const shared = (...names: string[]) => names.map((name) => `daemons/${name}`);

/** The rules of docs/internals/architecture.md, "Who imports whom". */
const RULES: RoomRule[] = [
  { room: 'base', rule: 'base is below everything and imports nothing', may: [] },
  { room: 'wasm', rule: 'the meter knows WebAssembly and nothing else', may: [] },
  { room: 'program', rule: 'a program is read without any daemon', may: ['base', 'wasm'] },
  { room: 'daemons/wire', rule: 'what goes over a wire is types and checks, without sockets', may: ['base'] },
  { room: 'daemons/doors', rule: 'a door bounds strangers and knows no protocol', may: [] },
  { room: 'daemons/streams', rule: 'frames and writers carry bytes of any protocol', may: [] },
  { room: 'daemons/audit', rule: 'the audit log is files and a chain', may: ['base'] },
  {
    room: 'daemons/peers',
    rule: 'certificates and tokens are judged in one room, below every protocol',
    may: ['base', ...shared('wire', 'doors')],
  },
  {
    room: 'daemons/fabric',
    rule: 'fabric control is authenticated links and what goes over them',
    may: ['base', ...shared('wire', 'doors', 'streams', 'peers')],
  },
  {
    room: 'daemons/memory',
    rule: 'the memory data plane has a transport of its own',
    may: ['base', ...shared('doors', 'streams')],
  },
  {
    room: 'daemons/tenant',
    rule: 'the client of the tenant API opens no link to a cell',
    may: ['base', ...shared('wire', 'peers')],
  },
  {
    room: 'daemons/kit',
    rule: 'the kit is what every daemon is made of, and knows none of them',
    may: ['base', ...shared('wire', 'doors', 'streams', 'peers')],
  },
  {
    room: 'daemons/fabricbiosd/boundary',
    rule: 'all that crosses between the threads of a cell is in one room, below both',
    may: ['base', 'daemons/wire', 'wasm'],
  },
  {
    room: 'daemons/fabricbiosd/worker',
    rule: 'code inside the seal reaches no socket, no key and no other thread',
    may: ['base', 'daemons/wire', 'wasm', 'daemons/fabricbiosd/boundary'],
  },
  {
    room: 'daemons/fabricbiosd/trial',
    rule: 'the trial process compiles as a worker does, and reaches no more',
    may: ['daemons/wire', 'wasm', 'daemons/fabricbiosd/boundary', 'daemons/fabricbiosd/worker'],
  },
  {
    room: 'daemons/fabricbiosd/pool',
    rule: 'the main thread never loads the code of a worker',
    may: ['base', ...shared('wire', 'kit'), 'wasm', 'daemons/fabricbiosd/boundary'],
  },
  {
    room: 'daemons/fabricbiosd',
    rule: 'a cell imports no other daemon, and no client of the tenant API',
    may: [
      'base',
      'program',
      'wasm',
      ...shared('wire', 'doors', 'streams', 'peers', 'fabric', 'memory', 'kit'),
      ...['boundary', 'pool'].map((name) => `daemons/fabricbiosd/${name}`),
    ],
  },
  {
    room: 'daemons/scheduler',
    rule: 'a scheduler imports no other daemon, no program and no module',
    may: ['base', ...shared('wire', 'doors', 'streams', 'peers', 'fabric', 'audit', 'kit')],
  },
  {
    room: 'daemons/helper',
    rule: 'the helper imports no other daemon; the toolchain finds the places of a failed run for it',
    may: ['base', 'program', 'toolchain', ...shared('wire', 'doors', 'streams', 'peers', 'tenant', 'kit')],
  },
  {
    room: 'toolchain',
    rule: 'the toolchain starts daemons as processes and imports none',
    may: ['base', 'program', 'wasm', ...shared('wire', 'peers', 'memory', 'tenant', 'audit')],
  },
  {
    room: 'daemons/keeper',
    rule: 'the keeper of a stack stops it as the command does, by the toolchain',
    may: ['base', 'toolchain'],
  },
  {
    room: 'cli',
    rule: 'the command is thin',
    may: ['base', 'program', 'toolchain', ...shared('wire', 'peers', 'tenant')],
  },
  { room: 'language-server', rule: 'the language server is thin', may: ['base', 'program', 'toolchain'] },
  { room: 'typescript-plugin', rule: 'the plugin only finds the tasklets', may: ['program', 'toolchain'] },
  {
    room: 'extension',
    rule: 'the editor side is thin',
    may: ['base', 'program', 'toolchain', ...shared('wire', 'tenant')],
  },
];

/** The rooms of the product that a tool may import. */
const PRODUCT = RULES.map(({ room }) => room);

/** Rooms that build, pack and measure. `test` is free to import what it tests. */
const TOOLS: RoomRule[] = [
  { room: 'packaging', rule: 'packing is below scripts and bench, and knows one name', may: ['typescript-plugin'] },
  { room: 'scripts', rule: 'scripts import nothing of bench', may: [...PRODUCT, 'packaging', 'test'] },
  { room: 'bench', rule: 'bench imports no script', may: [...PRODUCT, 'packaging', 'test'] },
];
/** Rooms that tools import from, and that have no rule here. */
const FREE: RoomRule[] = [{ room: 'test', rule: 'tests are below scripts and bench', may: [] }];

/** Heavy or awkward packages, and the only file (or folder) that may import each. */
const BEHIND_ONE_FILE: Record<string, string> = {
  '@matrixai/quic': 'daemons/fabric/controlQuic.ts',
  '@fails-components/webtransport': 'daemons/memory/webTransport.ts',
  'node-forge': 'toolchain/trust/certificateDer.ts',
  assemblyscript: 'toolchain/compile/',
  '@assemblyscript/loader': 'toolchain/compile/',
  'node:sqlite': 'daemons/scheduler/store/',
  'toml-eslint-parser': 'program/tomlDocument.ts',
  commander: 'cli/createCommandTree.ts',
  ajv: 'daemons/wire/schemaCheck.ts',
  'eventsource-parser': 'daemons/tenant/eventStream.ts',
  '@modelcontextprotocol/server': 'toolchain/mcp/modelContext.ts',
  vscode: 'extension/',
  '@aws-sdk/client-cloudformation': 'toolchain/cloud/aws/',
  '@aws-sdk/client-ec2': 'toolchain/cloud/aws/',
  '@aws-sdk/client-sts': 'toolchain/cloud/aws/',
  'google-auth-library': 'toolchain/cloud/gcp/googleCredentials.ts',
};

const TOP = [
  'base',
  'cli',
  'daemons',
  'extension',
  'language-server',
  'program',
  'toolchain',
  'typescript-plugin',
  'wasm',
];
const sourcesOf = (folders: string[]) =>
  new Map(
    folders
      .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
      .map((file) => file.split(sep).join('/'))
      .filter((file) => !file.endsWith('.d.ts'))
      .map((file) => [file, readFileSync(join(root, file), 'utf8')] as const),
  );
const sources = sourcesOf(TOP);
const tools = sourcesOf(TOOLS.map(({ room }) => room));
const withFile = (file: string, text: string) => new Map([...sources, [file, text]]);

describe('who imports whom', () => {
  const faults = importFaults(RULES, sources);

  it('finds every source in a room', () => {
    assert.ok(sources.size > 700, `${sources.size} files`);
    const homeless = [...sources.keys()].filter((file) => !RULES.some(({ room }) => file.startsWith(`${room}/`)));
    assert.deepEqual(homeless, []);
  });

  for (const { room, rule } of RULES) {
    it(`${room}: ${rule}`, () => {
      assert.ok([...sources.keys()].some((file) => file.startsWith(`${room}/`)));
      const own = (file: string) => !RULES.some((one) => one.room.startsWith(`${room}/`) && file.startsWith(one.room));
      assert.deepEqual(
        faults.filter((fault) => fault.startsWith(`${room}/`) && own(fault)),
        [],
      );
    });
  }

  for (const { room, rule } of TOOLS) {
    it(`${room}: ${rule}`, () => {
      const own = [...tools].filter(([file]) => file.startsWith(`${room}/`));
      assert.ok(own.length > 0);
      assert.deepEqual(importFaults([...RULES, ...TOOLS, ...FREE], new Map(own)), []);
    });
  }

  it('the rooms make no circle', () => assert.deepEqual(ruleCircle(RULES), []));
  it('the files make no circle', () => assert.deepEqual(importCircle(sources), []));

  for (const [name, home] of Object.entries(BEHIND_ONE_FILE)) {
    it(`${name} is imported in ${home} only`, () => {
      const isIt = (one: string) => one === name || one.startsWith(`${name}/`);
      const users = [...sources].filter(([, text]) => importsOf(text).some(isIt)).map(([file]) => file);
      assert.ok(users.length > 0, `nothing imports ${name}`);
      assert.deepEqual(
        users.filter((file) => !file.startsWith(home)),
        [],
      );
    });
  }
});

describe('the import test fails', () => {
  const rows: Array<[string, string, string, string]> = [
    [
      'when a daemon imports another',
      'daemons/helper/startRun.ts',
      "import { readFlags } from '../scheduler/flags.ts';",
      'daemons/helper/startRun.ts -> daemons/scheduler/flags.ts',
    ],
    [
      'when worker/ imports outside of its list',
      'daemons/fabricbiosd/worker/runLog.ts',
      "import type { DaemonLog } from '../../kit/daemonLog.ts';",
      'daemons/fabricbiosd/worker/runLog.ts -> daemons/kit/daemonLog.ts',
    ],
    [
      'when a worker is loaded later',
      'daemons/fabricbiosd/pool/runtime.ts',
      "const worker = await import('../worker/runTasklet.ts');",
      'daemons/fabricbiosd/pool/runtime.ts -> daemons/fabricbiosd/worker/runTasklet.ts',
    ],
    [
      'when a file has no room',
      'base/limits.ts',
      "export * from '../scripts/build.ts';",
      'base/limits.ts -> scripts/build.ts',
    ],
  ];
  it('when bench imports a script, or a script bench', () => {
    const circle = new Map([
      ['bench/main.ts', "import { createSbom } from '../scripts/package.ts';"],
      ['scripts/package.ts', "const { median } = await import('../bench/main.ts');"],
    ]);
    assert.deepEqual(importFaults([...RULES, ...TOOLS, ...FREE], circle), [
      'bench/main.ts -> scripts/package.ts',
      'scripts/package.ts -> bench/main.ts',
    ]);
  });

  for (const [name, file, line, fault] of rows)
    it(name, () => assert.deepEqual(importFaults(RULES, withFile(file, line)), [fault]));

  it('when a circle appears', () => {
    const closed = withFile('base/limits.ts', "import { isDeepJson } from './json/isDeepJson.ts';");
    assert.deepEqual(importCircle(closed).sort(), ['base/json/isDeepJson.ts', 'base/limits.ts', 'base/limits.ts']);
  });

  it('when the rules themselves make a circle', () => {
    const rules = RULES.map((one) => (one.room === 'base' ? { ...one, may: ['daemons/wire'] } : one));
    assert.deepEqual(ruleCircle(rules), ['base', 'daemons/wire', 'base']);
  });
});
