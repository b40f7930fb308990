import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../base/packageRoot.ts';
import { CELL_COMMANDS } from '../../../cli/cellCommands.ts';
import { parseSize } from '../../../program/size.ts';
import { BUNDLE_TARGETS } from '../../../toolchain/cell/bundle/bundleParts.ts';

const optionsOf = (name: string) => CELL_COMMANDS.find((one) => one.name === name)?.options ?? [];
const option = (name: string, flag: string) => optionsOf(name).find(({ flags }) => flags.startsWith(`${flag} `));

describe('the commands of a cell on a server', () => {
  for (const name of ['cell init', 'cell run', 'cell status', 'cell renew']) {
    it(`${name} works on the state folder that is named`, () => assert.ok(option(name, '--state')));
  }

  it('sign and bundle work on files, away from the state', () => {
    for (const name of ['cell sign', 'cell bundle']) assert.equal(option(name, '--state'), undefined);
  });

  it('make bundles for the systems that there are parts for', () =>
    assert.deepEqual(option('cell bundle', '--target')?.choices, BUNDLE_TARGETS));

  it('have defaults that are ports and a size', () => {
    const ports = ['--port', '--memory-port', '--control-port'].map((flag) =>
      Number(option('cell init', flag)?.default),
    );
    assert.ok(
      ports.every((port) => Number.isInteger(port) && port > 1_024 && port < 65_536),
      ports.join(),
    );
    assert.equal(new Set(ports).size, ports.length);
    assert.equal(parseSize(option('cell init', '--mem-capacity')?.default ?? ''), 128 * 1024 * 1024);
    // The guide tells which of them to open.
    const guide = readFileSync(join(packageRoot, 'docs/guide/own-server.md'), 'utf8');
    for (const port of ports) assert.ok(guide.includes(`port ${port} |`), `${port}`);
  });

  it('ask for everything that a signature goes by', () => {
    for (const flag of ['--cell-id', '--host', '--ca', '--ca-key', '--out'])
      assert.equal(option('cell sign', flag)?.required, true, flag);
    // A cell can make its own certificates, or ask for them.
    for (const flag of ['--ca', '--ca-key', '--cert']) assert.notEqual(option('cell init', flag)?.required, true, flag);
  });
});
