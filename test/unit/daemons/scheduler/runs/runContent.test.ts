import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { conclude, NOT_ENDED } from '../../../../../daemons/scheduler/runs/endRun.ts';
import { artifactEntry, createRunContent } from '../../../../../daemons/scheduler/runs/runContent.ts';
import { type CellStore, openCellStore } from '../../../../../daemons/scheduler/store/cellStore.ts';
import { createRunFiles, IN_ROW_BYTES, type RunFiles } from '../../../../../daemons/scheduler/store/runFiles.ts';
import { createRunTable, type RunTable, type StoredRun } from '../../../../../daemons/scheduler/store/runTable.ts';
import { ARTIFACT_NAMES } from '../../../../../daemons/wire/tenantApi.ts';
import { RECORD } from '../../../../helpers/goodAnswers.ts';
import { temporaryFolder } from '../../../../helpers/temporaryFolder.ts';

async function textOf(content: Iterable<Uint8Array> | AsyncIterable<Uint8Array> | null): Promise<string> {
  assert.ok(content !== null);
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe('the content of an ended run', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let store: CellStore;
  let runs: RunTable;
  let files: RunFiles;
  let content: ReturnType<typeof createRunContent>;
  /** Files whose JSON the other thread was asked for. */
  let asked: string[];

  const put = async (input: Buffer) => {
    const run: StoredRun = {
      ...RECORD,
      ...NOT_ENDED,
      seq: 0,
      hold_ms: 0,
      idempotency_key: null,
      request_sha256: null,
      state: 'running',
      created_at: 1,
      input_bytes: input.length,
    };
    if (input.length > IN_ROW_BYTES) await files.write(run.run_id, 'input', input);
    store.change(() => runs.insert(run, input));
    return run;
  };
  const end = async (run: StoredRun, output: Buffer) => {
    const outcome = {
      run_id: run.run_id,
      state: 'succeeded' as const,
      error: null,
      output,
      log: 'lög\n',
      fuel_used: 1,
      linear_memory_peak: 2,
      duration_us: 3,
      lease: null,
    };
    const ended = conclude(run, outcome, createHash('sha256').update(output).digest('hex'));
    if (output.length > IN_ROW_BYTES) await files.write(run.run_id, 'output', output);
    store.change(() => runs.end(ended.run, ended.output, ended.log));
    return ended.run;
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = openCellStore(folder.path);
    runs = createRunTable(store);
    files = createRunFiles(folder.path, () => true);
    asked = [];
    // The thread answers with one line of JSON, or null where the file has none.
    const jsonLine = async (file: string) => {
      asked.push(file);
      return Buffer.from('{"big":true}');
    };
    content = createRunContent({ runs, files, bulk: { jsonLine } });
  });
  afterEach(async () => {
    store.close();
    await folder[Symbol.asyncDispose]();
  });

  it('has the input and the record at once, and the rest after the end', async () => {
    const run = await put(Buffer.from('in'));
    assert.equal(await textOf(await content.artifact('input.bin', run)), 'in');
    assert.equal(JSON.parse(await textOf(await content.artifact('run.json', run))).seed, RECORD.seed);
    for (const name of ['response.json', 'output.b64', 'run.log'] as const) {
      assert.equal(await content.artifact(name, run), null);
    }
    const shown = await content.shown(run);
    assert.ok('json' in shown && shown.json.response === null);
  });

  it('shows a short output as its JSON, and what is none as null', async () => {
    for (const [output, value] of [
      ['{"a":[1]}', { a: [1] }],
      ['not JSON', null],
      ['', null],
    ] as const) {
      const run = await end({ ...(await put(Buffer.alloc(0))) }, Buffer.from(output));
      const shown = await content.shown(run);
      assert.ok('json' in shown);
      assert.deepEqual([shown.json.response?.output, shown.json.response?.output_bytes], [value, output.length]);
      assert.deepEqual(JSON.parse(await textOf(await content.artifact('response.json', run))).output, value);
      assert.equal(await textOf(await content.artifact('output.b64', run)), Buffer.from(output).toString('base64'));
      assert.equal(await textOf(await content.artifact('run.log', run)), 'lög\n');
      store.change(() => runs.remove(run));
    }
    assert.deepEqual(asked, []);
  });

  it('takes a short output that is at hand, without a look into the store', async () => {
    const run = await end(await put(Buffer.alloc(0)), Buffer.from('1'));
    store.change(() => runs.remove(run));
    const shown = await content.shown(run, Buffer.from('1'));
    assert.ok('json' in shown && shown.json.response?.output === 1);
  });

  it('puts the JSON of a long output into its place, whole, in the answer and in the artifact', async () => {
    const long = Buffer.alloc(IN_ROW_BYTES + 1, 'x');
    const run = await end(await put(Buffer.alloc(0)), long);
    const shown = await content.shown(run, long);
    assert.ok('pieces' in shown);
    assert.deepEqual(JSON.parse(await textOf(shown.pieces)).response.output, { big: true });
    const artifact = await textOf(await content.artifact('response.json', run));
    assert.deepEqual(JSON.parse(artifact).output, { big: true });
    assert.ok(artifact.endsWith('\n'));
    assert.deepEqual(asked, [files.path(run.run_id, 'output'), files.path(run.run_id, 'output')]);
  });

  it('gives long bytes from their files, in base64 without a seam', async () => {
    const long = Buffer.from(Array.from({ length: 300_001 }, (_, at) => at % 251));
    const run = await end(await put(long), long);
    const base64 = await textOf(await content.artifact('output.b64', run));
    assert.ok(Buffer.from(base64, 'base64').equals(long));
    assert.equal(base64, long.toString('base64'));
    const input = await content.artifact('input.bin', run);
    assert.ok(input !== null);
    assert.deepEqual(await artifactEntry('input.bin', input), {
      name: 'input.bin',
      size: long.length,
      sha256: createHash('sha256').update(long).digest('hex'),
    });
  });

  it('has an entry of each artifact with the size and hash of what is sent', async () => {
    const run = await end(await put(Buffer.from('in')), Buffer.from('"out"'));
    for (const name of ARTIFACT_NAMES) {
      const [sent, again] = [await content.artifact(name, run), await content.artifact(name, run)];
      assert.ok(sent !== null);
      const text = await textOf(again);
      assert.deepEqual(await artifactEntry(name, sent), {
        name,
        size: Buffer.byteLength(text),
        sha256: createHash('sha256').update(text).digest('hex'),
      });
    }
  });
});
