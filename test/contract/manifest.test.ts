import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAEMON_NAMES } from '../../daemons/wire/devState.ts';
import * as ids from '../../extension/ids.ts';
import { WATCH_LINES } from '../../extension/tasks/watchLines.ts';
import { TOOLS } from '../../toolchain/mcp/tools.ts';
import { daemonEntry } from '../../toolchain/stack/spawnDaemon.ts';
import { renderHuman } from '../../toolchain/validate/renderHuman.ts';

const root = join(import.meta.dirname, '..', '..');
const json = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));
const manifest = json('package.json');
const { contributes } = manifest;
const nls: Record<string, string> = json('package.nls.json');
const code = globSync(['extension/**/*.ts', 'language-server/**/*.ts'], { cwd: root })
  .filter((file) => !file.endsWith('ids.ts'))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');

/** Each string anywhere in the value. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(strings) : [];
}

/** Values of the property, at any depth. */
function valuesOf(value: unknown, key: string): unknown[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...valuesOf(inner, key)]);
}

const sorted = (values: Iterable<string>) => [...new Set(values)].sort();
const whens = [...valuesOf(contributes, 'when'), ...valuesOf(contributes, 'enablement')].filter(
  (one) => typeof one === 'string',
);

describe('manifest and code', () => {
  it('contribute the same commands', () => {
    const contributed = contributes.commands.map((one: { command: string }) => one.command);
    assert.deepEqual([...contributed].sort(), sorted(Object.values(ids.COMMANDS)));
    assert.equal(new Set(contributed).size, contributed.length);
  });

  it('name the daemons by what their processes are called, for the ports that no editor forwards', () => {
    const [pattern = '', ...others] = Object.keys(contributes.configurationDefaults['remote.portsAttributes']);
    assert.deepEqual(others, []);
    for (const name of DAEMON_NAMES) {
      const command = [process.execPath, '--expose-gc', daemonEntry(name), '--lifeline'].join(' ');
      assert.match(command, new RegExp(pattern));
      assert.match(command.replaceAll('/', '\\'), new RegExp(pattern));
    }
    assert.doesNotMatch(`${process.execPath} dist/server.js`, new RegExp(pattern));
  });

  it('contribute the tools of `grafos mcp` to language models as they are, and one provider of the server', () => {
    const contributed: Array<{ name: string; modelDescription: string; inputSchema: object }> =
      contributes.languageModelTools;
    assert.deepEqual(
      contributed.map(({ name }) => name),
      ids.LANGUAGE_MODEL_TOOLS,
    );
    for (const { name, modelDescription, inputSchema } of contributed) {
      const tool = TOOLS.find((one) => one.name === name);
      assert.deepEqual(
        { modelDescription, inputSchema },
        { modelDescription: tool?.description, inputSchema: tool?.inputSchema },
      );
    }
    assert.deepEqual(
      contributes.mcpServerDefinitionProviders.map(({ id }: { id: string }) => id),
      [ids.MCP_PROVIDER],
    );
  });

  it('contribute the same colors', () => {
    assert.deepEqual(
      contributes.colors.map(({ id }: { id: string }) => id),
      ids.FUEL_COLORS.map(({ color }) => color),
    );
  });

  it('name commands as the house does: verb first, in the category grafOS, with an icon', () => {
    for (const { command, title, category, icon } of contributes.commands) {
      assert.match(command, /^grafos(\.[a-z][A-Za-z]+){2}$/);
      assert.equal(category, 'grafOS');
      assert.match(nls[title.slice(1, -1)] ?? '', /^[A-Z][a-z]+( [A-Za-z]+)*…?$/, command);
      assert.match(icon, /^\$\([a-z-]+\)$/);
    }
  });

  it('every command is used by the code', () => {
    for (const key of Object.keys(ids.COMMANDS)) assert.ok(code.includes(`COMMANDS.${key}`), `COMMANDS.${key}`);
  });

  it('menus, welcomes and walkthrough name only commands that are there', () => {
    const own = new Set<string>(Object.values(ids.COMMANDS));
    const inMenus = Object.values(contributes.menus).flatMap((menu) => valuesOf(menu, 'command'));
    const linked = [...strings(contributes), ...Object.values(nls)].flatMap((text) =>
      [...text.matchAll(/\(command:(grafos\.[A-Za-z.]+)/g), ...text.matchAll(/^onCommand:(.+)$/g)].map(
        (match) => match[1],
      ),
    );
    for (const command of [...inMenus, ...linked]) assert.ok(own.has(String(command)), String(command));
  });

  it('the palette decides about every command', () => {
    const listed = contributes.menus.commandPalette.map((one: { command: string }) => one.command);
    assert.deepEqual([...listed].sort(), sorted(Object.values(ids.COMMANDS)));
  });

  it('a tree row has three actions at most', () => {
    const states: Record<string, string[]> = {
      stack: ['stopped', 'starting', 'running', 'unhealthy', 'stopping', 'failed'],
      daemon: ['running', 'helper', 'ended'],
      tasklet: ['built', 'stale', 'missing', 'broken'],
      run: ['admitted', 'placed', 'running', 'succeeded', 'failed', 'cancelled'],
      cell: ['used', 'spare'],
      artifact: ['file'],
    };
    for (const [noun, words] of Object.entries(states)) {
      for (const word of words) {
        const inline = contributes.menus['view/item/context'].filter(
          ({ when, group }: { when: string; group: string }) => {
            const pattern = /viewItem =~ \/(.+)\/$/.exec(when)?.[1];
            const exact = /viewItem == '(.+)'$/.exec(when)?.[1];
            assert.ok(pattern !== undefined || exact !== undefined, when);
            const value = `${noun}.${word}`;
            return (
              group.startsWith('inline') &&
              (exact === value || (pattern !== undefined && new RegExp(pattern).test(value)))
            );
          },
        );
        assert.ok(inline.length <= 3, `${noun}.${word} has ${inline.length}`);
      }
    }
  });

  it('have the same views in the same container', () => {
    assert.deepEqual(Object.keys(contributes.views), [ids.VIEW_CONTAINER, ids.PANEL_CONTAINER]);
    const containers = Object.values<Array<{ id: string }>>(contributes.viewsContainers).flat();
    assert.deepEqual(
      containers.map(({ id }) => id),
      [ids.VIEW_CONTAINER, ids.PANEL_CONTAINER],
    );
    const views = Object.values<Array<{ id: string }>>(contributes.views)
      .flat()
      .map(({ id }) => id);
    assert.deepEqual(new Set(views), new Set(Object.values(ids.VIEWS)));
    for (const key of Object.keys(ids.VIEWS)) assert.ok(code.includes(`VIEWS.${key}`), `VIEWS.${key}`);
    for (const { view } of contributes.viewsWelcome) assert.ok(views.includes(view), view);
    for (const when of whens) {
      for (const [, view = ''] of when.matchAll(/\bview == (\S+)/g)) assert.ok(views.includes(view), when);
    }
  });

  it('when clauses use only context keys that the code sets or the editor has', () => {
    const own = new Set<string>(Object.values(ids.CONTEXT_KEYS));
    const editors = new Set([
      'view',
      'viewItem',
      'isWorkspaceTrusted',
      'virtualWorkspace',
      'workspaceFolderCount',
      'resourceFilename',
      'resourcePath',
      'explorerResourceIsFolder',
      'shellExecutionSupported',
      'testMessage',
      'controllerId',
      'false',
      'true',
    ]);
    const used = new Set<string>();
    for (const when of [...whens, ...valuesOf(contributes, 'completionEvents').flatMap(strings)]) {
      const bare = when
        .replace(/^onCommand:.*$/, '')
        .replace(/^onContext:/, '')
        .replace(/=~ \/(?:\\.|\[[^\]]*\]|[^/])+\//g, '')
        .replace(/[=!]= ?('[^']*'|[\w.]+)/g, '');
      for (const [key] of bare.matchAll(/[A-Za-z][\w.]*/g)) {
        assert.ok(own.has(key) || editors.has(key), `${key} in ${when}`);
        used.add(key);
      }
    }
    for (const [name, key] of Object.entries(ids.CONTEXT_KEYS)) {
      assert.ok(used.has(key), `${key} is set and never used`);
      assert.ok(code.includes(`CONTEXT_KEYS.${name}`), `CONTEXT_KEYS.${name} is never set`);
    }
  });

  it('stack states in when clauses are those of the union', () => {
    const union = readFileSync(join(root, 'extension/stack/stackState.ts'), 'utf8');
    const words = new Set([...union.matchAll(/kind: '(\w+)'/g)].map((match) => match[1]));
    for (const when of whens) {
      for (const [, word] of when.matchAll(/grafos\.stackState [=!]= '(\w+)'/g)) assert.ok(words.has(word), when);
    }
  });

  it('have the same settings, each scoped, documented and with a default', () => {
    const properties = Object.assign(
      {},
      ...contributes.configuration.map((one: { properties: object }) => one.properties),
    );
    assert.deepEqual(Object.keys(properties).sort(), sorted(Object.values(ids.SETTINGS)));
    for (const [name, setting] of Object.entries<Record<string, unknown>>(properties)) {
      assert.ok(setting.scope && setting.markdownDescription && 'default' in setting, name);
    }
    // The language client itself reads the trace setting, by its own id.
    assert.ok(code.includes(`new LanguageClient('${ids.SETTINGS.traceServer.split('.')[0]}'`));
    for (const key of Object.keys(ids.SETTINGS)) {
      assert.ok(key === 'traceServer' || code.includes(`SETTINGS.${key}`), `SETTINGS.${key}`);
    }
    for (const name of manifest.capabilities.untrustedWorkspaces.restrictedConfigurations)
      assert.ok(name in properties, name);
  });

  it('says in a sentence what it can do in folders that are not trusted, or not on a disk', () => {
    for (const name of ['untrustedWorkspaces', 'virtualWorkspaces']) {
      const { supported, description } = manifest.capabilities[name];
      assert.equal(supported, 'limited', name);
      assert.match(nls[description.slice(1, -1)] ?? '', /^[A-Z].*\.$/, name);
    }
    assert.match(nls['trust.virtual'] ?? '', /files on a disk.*building and running need them/);
    // A virtual workspace without a machine behind it does not load the extension at all.
    assert.deepEqual(manifest.extensionKind, ['workspace']);
  });

  it('leaves the SDK that a program brings along out of a search, whose own files come first', () => {
    const excluded = contributes.configurationDefaults['search.exclude'];
    assert.deepEqual(excluded, { '**/vendor/grafos': true });
    // It is where New Program puts the crate.
    assert.ok(existsSync(join(root, 'cookbook/local-dev-rust/vendor/grafos/Cargo.toml')));
  });

  it('the task type is the code’s', () => {
    for (const { type, properties } of contributes.taskDefinitions ?? []) {
      assert.equal(type, ids.TASK_TYPE);
      assert.deepEqual(properties.command.enum, ids.TASK_COMMANDS);
      assert.ok(code.includes('TASK_TYPE'));
    }
  });

  it('the problem matcher reads what validate prints', () => {
    const [matcher] = contributes.problemMatchers;
    const [pattern] = matcher.pattern;
    const printed = renderHuman(
      [
        {
          code: 'GRF1005',
          severity: 'error',
          message: 'Unknown key\nIts keys are others.',
          file: join(root, 'cookbook/local-dev/grafos.toml'),
          range: { start: { line: 1, character: 4 }, end: { line: 1, character: 8 } },
        },
      ],
      { base: join(root, 'cookbook/local-dev') },
    );
    const found = printed.flatMap((line) => new RegExp(pattern.regexp).exec(line) ?? []);
    const part = (name: string) => found[pattern[name]];
    assert.deepEqual(['severity', 'code', 'file', 'line', 'column', 'message'].map(part), [
      'error',
      'GRF1005',
      'grafos.toml',
      '2',
      '5',
      'Unknown key',
    ]);
  });

  it('the problem matcher of a watch task knows its checks and their findings', () => {
    const watch = contributes.problemMatchers.find(({ name }: { name: string }) => name === 'grafos-watch');
    const { beginsPattern, endsPattern } = watch.background;
    const found = {
      code: 'GRF1005',
      severity: 'error',
      message: 'Unknown key\nmore',
      file: 'a b/grafos.toml',
    } as const;
    const range = { start: { line: 1, character: 4 }, end: { line: 1, character: 8 } };
    const line = WATCH_LINES.finding({ ...found, range });
    assert.match(WATCH_LINES.begin('demo'), new RegExp(beginsPattern));
    for (const count of [0, 1, 2]) assert.match(WATCH_LINES.end(count), new RegExp(endsPattern));
    for (const pattern of [beginsPattern, endsPattern]) assert.doesNotMatch(line, new RegExp(pattern));
    const [pattern] = watch.pattern;
    assert.deepEqual(new RegExp(pattern.regexp).exec(line)?.slice(1), [
      ...['error', 'GRF1005', 'a b/grafos.toml', '2', '5', 'Unknown key'],
    ]);
  });

  it('every text of package.nls.json is used, and every one used is there', () => {
    const used = strings(manifest).flatMap((text) => /^%(.+)%$/.exec(text)?.[1] ?? []);
    assert.deepEqual(sorted(used), Object.keys(nls).sort());
  });

  it('every file that is named is there', () => {
    const named = [manifest.icon, ...strings(contributes)].filter((text) => /^media\//.test(text));
    assert.ok(named.length > 5);
    for (const file of named) assert.ok(existsSync(join(root, file)), file);
  });

  it('starts only where a program is', () => {
    assert.deepEqual(manifest.activationEvents, ['workspaceContains:**/grafos.toml']);
    assert.deepEqual(manifest.extensionKind, ['workspace']);
    assert.equal(manifest.main, './dist/extension/main.cjs');
  });
});
