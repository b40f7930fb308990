import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../base/packageRoot.ts';
import { COMMANDS } from '../../../extension/ids.ts';
import { SUPERSEDED_MS } from '../../../language-server/checkQueue.ts';
import {
  BUILD,
  CHECKING,
  FUEL_CHANGED,
  FUEL_LINES,
  LENS_COMMANDS,
  readServerOptions,
} from '../../../language-server/customMessages.ts';

const page = readFileSync(join(packageRoot, 'docs/reference/protocol.md'), 'utf8');

/** Cells of the table under a heading, without its head. */
function table(heading: string): string[][] {
  const part = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...part.matchAll(/^\|(.*)\|$/gm)]
    .slice(2)
    .map(([, row]) => (row ?? '').split('|').map((cell) => cell.trim()));
}

describe('docs/reference/protocol.md', () => {
  it('has every option with its default, and no other', () => {
    const rows = table('`initializationOptions`').map(([name, value]) => [name, value]);
    const options = Object.entries(readServerOptions(undefined)).map(([name, value]) => [
      `\`${name}\``,
      `\`${value}\``,
    ]);
    assert.deepEqual(rows, options);
  });

  it('has every command of the lenses, and no other', () => {
    const rows = table('Code lenses');
    assert.deepEqual(
      rows,
      Object.values(LENS_COMMANDS).map(({ title, command }) => [title, `\`${command}\``]),
    );
  });

  it('has every message, and no other', () => {
    const source = readFileSync(join(packageRoot, 'language-server/customMessages.ts'), 'utf8');
    const methods = [...source.matchAll(/'(grafos\/\w+)'/g)].map(([, method]) => `\`${method}\``);
    assert.deepEqual(
      methods,
      [CHECKING, FUEL_LINES, FUEL_CHANGED, BUILD].map((one) => `\`${one}\``),
    );
    assert.deepEqual(
      table('Messages beyond LSP').map(([method]) => method),
      methods,
    );
  });

  it('is what the extension speaks', () => {
    const client = readFileSync(join(packageRoot, 'extension/languageClient.ts'), 'utf8');
    for (const one of [CHECKING, FUEL_LINES, FUEL_CHANGED, BUILD]) assert.ok(client.includes(`'${one}'`), one);
    const known: string[] = Object.values(COMMANDS);
    assert.deepEqual(
      Object.values(LENS_COMMANDS).filter(({ command }) => !known.includes(command)),
      [],
    );
    const given = /initializationOptions: \(\) => \(\{([\s\S]*?)\}\)/.exec(client)?.[1] ?? '';
    const names = [...given.matchAll(/^ *(\w+):/gm)].map(([, name]) => name);
    assert.deepEqual(names.sort(), Object.keys(readServerOptions(undefined)).sort());
  });

  it('says how long a check of an older text may go on', () =>
    assert.match(page, new RegExp(`after ${SUPERSEDED_MS / 1000} seconds it is ended`)));
});

describe('options of the language server', () => {
  const defaults = {
    commands: false,
    checking: false,
    cargoCheck: true,
    validateOnType: true,
    fuel: false,
    typeScriptHovers: false,
    builds: false,
  };
  for (const [what, given, wanted] of [
    ['nothing', undefined, defaults],
    ['null', null, defaults],
    ['a text', 'commands', defaults],
    ['values of another type', { commands: 'yes', cargoCheck: 0, other: true }, defaults],
    ['names of the prototype', JSON.parse('{"__proto__": true, "constructor": true}'), defaults],
    ['what is known', { commands: true, cargoCheck: false }, { ...defaults, commands: true, cargoCheck: false }],
  ] as const)
    it(`reads ${what}`, () => assert.deepEqual(readServerOptions(given), wanted));
});
