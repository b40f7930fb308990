import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../../../base/limits.ts';
import type { EndedRun } from '../../../../toolchain/replay/endedRun.ts';
import { readRunBundle, writeRunBundle } from '../../../../toolchain/replay/runBundle.ts';
import { RECORD, RUN } from '../../../helpers/goodAnswers.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const MODULE = Buffer.from('0061736d01000000', 'hex');
const INPUT = Buffer.from([0, 255, 10]);
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function run(): EndedRun {
  assert.ok(RUN.response);
  return {
    response: { ...RUN.response, module_sha256: hashOf(MODULE) },
    record: { ...RECORD, module_sha256: hashOf(MODULE), input_sha256: hashOf(INPUT), input_bytes: INPUT.length },
    module: MODULE,
    input: INPUT,
    log: 'grüße\n\u0000',
    output: null,
    sourceMap: null,
  };
}

describe('a run as one file', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const file = () => join(folder.path, 'run.json');
  const read = async (text: string) => {
    await writeFile(file(), text);
    return await readRunBundle(file());
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => await folder[Symbol.asyncDispose]());

  it('is read as it was written, on one line', async () => {
    const text = writeRunBundle(run());
    assert.equal(text.indexOf('\n'), text.length - 1);
    const got = await read(text);
    assert.deepEqual(
      { ...got, module: Buffer.from(got.module), input: Buffer.from(got.input) },
      { ...run(), module: MODULE, input: INPUT },
    );
  });

  it('may have an empty input, and what a newer grafos adds', async () => {
    const { record, ...more } = run();
    const empty = Buffer.alloc(0);
    const text = writeRunBundle({
      ...more,
      record: { ...record, input_sha256: hashOf(empty), input_bytes: 0 },
      input: empty,
    });
    assert.equal((await read(text.replace('{', '{"newer":1,'))).input.length, 0);
  });

  const changed = (change: (bundle: Record<string, never>) => unknown) => {
    const bundle = JSON.parse(writeRunBundle(run()));
    change(bundle);
    return JSON.stringify(bundle);
  };
  // biome-ignore lint/suspicious/noExplicitAny: parts of every shape are put out of shape
  const rows: Array<[what: string, text: string | ((bundle: any) => unknown), why: RegExp]> = [
    ['no JSON', '{', /not JSON/],
    ['null', 'null', /format/],
    ['a list', '[]', /format/],
    ['another format', (bundle) => (bundle.format = 'grafos-run@2'), /format is not grafos-run@1/],
    ['no record', (bundle) => delete bundle.record, /RunRecord/],
    ['a seed that is none', (bundle) => (bundle.record.seed = 'x'), /RunRecord\.seed must match/],
    ['a response of no state', (bundle) => (bundle.response.state = 'running'), /RunResponse\.state/],
    ['a response of another run', (bundle) => (bundle.response.run_id = 'another'), /another run/],
    ['a response of another module', (bundle) => (bundle.response.module_sha256 = 'ab'.repeat(32)), /another run/],
    ['another module', (bundle) => (bundle.module_b64 = 'AGFzbQEAAAAA'), /module is not the one/],
    ['another input', (bundle) => (bundle.input_b64 = ''), /input is not the one/],
    ['a module with a blank in it', (bundle) => (bundle.module_b64 = `${bundle.module_b64} `), /module is not base64/],
    ['a module without padding', (bundle) => (bundle.module_b64 = bundle.module_b64.replace(/=/g, '')), /not base64/],
    ['a module that is a number', (bundle) => (bundle.module_b64 = 1), /module is not base64/],
    ['no input', (bundle) => delete bundle.input_b64, /input is not base64/],
    [
      'an input that is too long',
      (bundle) => (bundle.input_b64 = Buffer.alloc(LIMITS.input + 1).toString('base64')),
      /is the most/,
    ],
    ['a log that is no text', (bundle) => (bundle.log = ['x']), /log is no text/],
    ['a log that is too long', (bundle) => (bundle.log = 'x'.repeat(LIMITS.log + 1025)), /log is no text, or too long/],
  ];
  for (const [what, text, why] of rows) {
    it(`is refused with ${what}`, async () => {
      await assert.rejects(
        read(typeof text === 'string' ? text : changed(text)),
        (error: { code?: string; why?: string }) => error.code === 'bundle_invalid' && why.test(error.why ?? ''),
      );
    });
  }

  it('is an error of its file where that is missing or a folder', async () => {
    await assert.rejects(readRunBundle(file()), { code: 'no_such_file' });
    await mkdir(file());
    await assert.rejects(readRunBundle(file()), { code: 'not_a_file' });
  });
});
