import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli } from '../../../extension/runCli.ts';
import type { FindingsJson } from '../../../toolchain/validate/findingsJson.ts';
import { scratchProgram } from '../../helpers/scratchProgram.ts';

const ECHO = 'export function compute(input: Uint8Array): Uint8Array {\n  return input;\n}\n';

const packageFolder = join(import.meta.dirname, '../../..');

const signal = () => AbortSignal.timeout(30_000);

const scratch = () => scratchProgram('tasklets/demo.ts', { 'tasklets/demo.ts': ECHO });

describe('the command line from the editor', function () {
  this.timeout(60_000);

  it('gives its answer, builds, and throws its errors as they are', async () => {
    await using program = await scratch();
    const cli = <T>(...args: string[]) => runCli<T>({ packageFolder, cwd: program.root, args, signal: signal() });
    const { value } = await cli<FindingsJson>('validate');
    assert.equal(value.ok, true);
    await cli('tasklet', 'build', 'demo');
    assert.ok((await readFile(join(program.root, 'build/demo.wasm'))).length > 8);
    await program.write('tasklets/demo.ts', 'export function compute(): void { nope(); }\n');
    await assert.rejects(cli('tasklet', 'build', 'demo'), {
      name: 'GrafosError',
      kind: 'bad-answer',
      code: 'build_failed',
    });
    await assert.rejects(cli('tasklet', 'build', 'other'), { code: 'tasklet_unknown', kind: 'usage' });
  });

  it('ends with its signal', async () => {
    await using program = await scratch();
    const abort = new AbortController();
    const build = runCli({ packageFolder, cwd: program.root, args: ['tasklet', 'build'], signal: abort.signal });
    abort.abort();
    await assert.rejects(build, { kind: 'interrupted' });
  });
});
