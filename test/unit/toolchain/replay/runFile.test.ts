import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GrafosError } from '../../../../base/grafosError.ts';
import { LIMITS } from '../../../../base/limits.ts';
import type { RunError } from '../../../../daemons/wire/runError.ts';
import { PROGRAM_LIMITS } from '../../../../program/programLimits.ts';
import { countsEachThread } from '../../../../toolchain/bounded/boundedThread.ts';
import { idleThreads } from '../../../../toolchain/bounded/boundedWork.ts';
import { profileFileBounded, replayFileBounded, runFileBounded } from '../../../../toolchain/bounded/runFileBounded.ts';
import { COUNTED_FIELDS, countAgain } from '../../../../toolchain/profile/countAgain.ts';
import { profileFile } from '../../../../toolchain/profile/profileRun.ts';
import type { EndedRun } from '../../../../toolchain/replay/endedRun.ts';
import { openRunFile } from '../../../../toolchain/replay/openRunFile.ts';
import { replayHere } from '../../../../toolchain/replay/replayHere.ts';
import { readRunBundle, writeRunBundle } from '../../../../toolchain/replay/runBundle.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { RECORD, RUN } from '../../../helpers/goodAnswers.ts';
import { childrenOf } from '../../../helpers/processesNaming.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';
import { WAT } from '../../../helpers/watTasklets.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const INPUT = Buffer.from('hello');
const SIGNAL = new AbortController().signal;

/** Waits until this process has a child that names the text; Linux alone tells. */
async function childBegins(text: string): Promise<void> {
  if (process.platform !== 'linux') return;
  while (childrenOf(process.pid, text).length === 0) {
    SIGNAL.throwIfAborted();
    await delay(10);
  }
}

async function noChild(text: string): Promise<void> {
  while (childrenOf(process.pid, text).length > 0) {
    SIGNAL.throwIfAborted();
    await delay(10);
  }
}

/** The parts of a file that the tests damage. */
interface Bundle {
  record?: object;
  response: object;
  output_b64?: string;
  source_map?: string;
}

/** A run of a module whose error has frames, or that gave its output. */
function endedRun(module: Uint8Array, output: Uint8Array, error: RunError | null): EndedRun {
  const record = {
    ...RECORD,
    module_sha256: sha256(module),
    input_sha256: sha256(INPUT),
    input_bytes: INPUT.length,
    fuel: 10_000,
    linear_memory_bytes: 32 * 1024 * 1024,
    timeout_ms: 10_000,
  };
  assert.ok(RUN.response);
  const response = {
    ...RUN.response,
    state: error === null ? ('succeeded' as const) : ('failed' as const),
    error,
    module_sha256: record.module_sha256,
    output_bytes: output.length,
    output_sha256: sha256(output),
    output: null,
    fuel_used: 12,
  };
  return { response, record, input: INPUT, module, log: 'begun\n', output, sourceMap: null };
}

const HELLO = compileWat(WAT.hello, { names: true });
const hello = () => endedRun(HELLO, Buffer.from('{}'), null);
const TRAP: RunError = { code: 'trap_unreachable', message: 'x', frames: [{ function: 1, offset: 1 }] };

/** Asserts that the file is refused with the code, for a reason that has the words. */
async function refused(file: string, code: string, words: RegExp): Promise<void> {
  for (const read of [() => readRunBundle(file), () => runFileBounded(file, SIGNAL)]) {
    await assert.rejects(read, (error) => {
      assert.ok(error instanceof GrafosError, String(error));
      assert.equal(error.code, code);
      assert.match(`${error.message} ${error.why}`, words);
      return true;
    });
  }
}

describe('a run in a file', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(folder.path, name);
    await writeFile(file, text);
    return file;
  };
  const changed = (edit: (bundle: Bundle) => void): string => {
    const bundle = JSON.parse(writeRunBundle(hello()));
    edit(bundle);
    return JSON.stringify(bundle);
  };

  before(async () => {
    folder = await temporaryFolder();
  });
  after(async () => {
    await folder[Symbol.asyncDispose]();
  });

  it('is read as it was written', async () => {
    const written = { ...hello(), sourceMap: '{"version":3,"sources":[],"mappings":""}' };
    const read = await readRunBundle(await write('good.grafos-run', writeRunBundle(written)));
    assert.deepEqual(JSON.parse(writeRunBundle(read)), JSON.parse(writeRunBundle(written)));
  });

  it('of an earlier version has neither output nor source map', async () => {
    const text = changed((bundle) => {
      delete bundle.output_b64;
      delete bundle.source_map;
    });
    const { output, sourceMap } = await readRunBundle(await write('old.grafos-run', text));
    assert.deepEqual([output, sourceMap], [null, null]);
  });

  it('leaves out a source map that is too long', async () => {
    const long = writeRunBundle({ ...hello(), sourceMap: 'x'.repeat(8 * 1024 * 1024 + 1) });
    assert.equal(JSON.parse(long).source_map, null);
  });

  it('is replayed and profiled by its own module, with no program and no stack', async () => {
    // The record claims another fuel.
    assert.deepEqual((await replayHere(hello(), SIGNAL)).differences, ['fuel_used']);
    const { counted } = await countAgain(hello(), SIGNAL);
    const first = hello();
    const ended = { ...first, response: { ...first.response, fuel_used: counted.fuel_used } };
    assert.deepEqual(await replayHere(ended, SIGNAL), { same: true, compared: COUNTED_FIELDS, differences: [] });
    const profile = await profileFile(ended, SIGNAL);
    assert.equal(profile.fuel_used, counted.fuel_used);
    assert.equal(profile.flame_graph, null);
    assert.ok(profile.functions.some(({ name }) => name === '_grafos_tasklet_run'));
  });

  it('is replayed and profiled in a bounded thread, from which little comes', async () => {
    const { counted } = await countAgain(hello(), SIGNAL);
    const first = hello();
    const ended = { ...first, response: { ...first.response, fuel_used: counted.fuel_used } };
    const file = await write('whole.grafos-run', writeRunBundle(ended));
    const { run_id, module_sha256 } = ended.record;
    assert.deepEqual(await replayFileBounded(file, SIGNAL), {
      ...{ run_id, module_sha256, same: true, compared: COUNTED_FIELDS, differences: [] },
    });
    assert.deepEqual(await profileFileBounded(file, SIGNAL), await profileFile(ended, SIGNAL));
  });

  it('leaves no process when its replay or profile is given up', async () => {
    const endless = compileWat(`(module (memory (export "memory") 1)
      (func (export "_grafos_tasklet_init") (param i32 i32))
      (func (export "_grafos_tasklet_run") (param i32 i32) (result i32) (loop (br 0)) (i32.const 0))
      (func (export "_grafos_tasklet_finalize")))`);
    const run = endedRun(endless, Buffer.alloc(0), null);
    const ended = { ...run, record: { ...run.record, fuel: LIMITS.fuelMax, timeout_ms: LIMITS.timeoutMsMax } };
    const file = await write('endless.grafos-run', writeRunBundle(ended));
    for (const repeat of [replayFileBounded, profileFileBounded]) {
      const abort = new AbortController();
      const repeated = repeat(file, abort.signal);
      repeated.catch(() => {});
      await childBegins('fabricbiosd');
      abort.abort();
      await assert.rejects(repeated, { name: 'AbortError' });
      await noChild('fabricbiosd');
    }
  });

  it('keeps nothing but named fields of a bounded size', async () => {
    const more = { more: 'x'.repeat(1000), toString: 1 };
    const text = changed((one) => {
      Object.assign(one, more);
      Object.assign(one.record ?? {}, more);
      const error = { ...TRAP, ...more, message: 'A'.repeat(1_000_000), frames: [{ function: 1, offset: 1, ...more }] };
      Object.assign(one.response, more, { state: 'failed', error });
    });
    const file = await write('more.grafos-run', text);
    const { response, record } = await readRunBundle(file);
    assert.deepEqual(Object.keys(record).sort(), Object.keys(RECORD).sort());
    assert.deepEqual(Object.keys(response).sort(), Object.keys(RUN.response ?? {}).sort());
    assert.deepEqual(Object.keys(response.error ?? {}).sort(), ['code', 'frames', 'message']);
    assert.deepEqual(response.error?.frames, TRAP.frames);
    assert.equal(response.error?.message.length, 8 * 1024 + 1);
  });

  it('gives no module, source map or large input to whoever shows it', async () => {
    const input = Buffer.alloc(LIMITS.input);
    const run = { ...hello(), input, sourceMap: 'x'.repeat(8 * 1024 * 1024) };
    const record = { ...run.record, input_sha256: sha256(input), input_bytes: input.length };
    const { ended } = await runFileBounded(await write('large.grafos-run', writeRunBundle({ ...run, record })), SIGNAL);
    assert.deepEqual(Object.keys(ended).sort(), ['input', 'log', 'output', 'record', 'response']);
    assert.equal(ended.input, null);
    assert.ok(JSON.stringify(ended).length < 4096);
  });

  it('leaves no thread with a large heap behind', async () => {
    if (!countsEachThread) return;
    const text = changed(() => {}).replace('{', `{"more":[${Array(12_000_000).fill('{}').join(',')}],`);
    const file = await write('heap.grafos-run', text);
    // A thread at rest takes the work, or a new one does; either is to end after it.
    const others = Math.max(0, idleThreads() - 1);
    await runFileBounded(file, SIGNAL);
    // The thread is measured in the first moments of its rest.
    while (idleThreads() > others && !SIGNAL.aborted) await delay(10);
    assert.equal(idleThreads(), others);
  });

  const hostile: Array<[what: string, text: () => string, words: RegExp]> = [
    ['nothing', () => '', /not JSON/],
    ['a part of a file', () => writeRunBundle(hello()).slice(0, 900), /not JSON/],
    ['a number', () => '7', /format/],
    ['null', () => 'null', /format/],
    ['a list', () => '[]', /format/],
    ['JSON of great depth', () => '['.repeat(1_000_000), /not JSON/],
    [
      'an output of great depth',
      () => changed(() => {}).replace('"output":null', `"output":${'['.repeat(200_000)}${']'.repeat(200_000)}`),
      /deep/,
    ],
    [
      'a value of great depth that nobody names',
      () => changed(() => {}).replace('{', `{"x":${'['.repeat(600)}${']'.repeat(600)},`),
      /deep/,
    ],
    [
      'an output that is too long',
      () => changed((one) => Object.assign(one.response, { output: 'x'.repeat(LIMITS.output) })),
      /too long/,
    ],
    ['another format', () => changed((one) => Object.assign(one, { format: 'grafos-run@2' })), /format/],
    ['no record', () => changed((one) => delete one.record), /record/i],
    [
      'a run id that is a path',
      () => changed((one) => Object.assign(one.record ?? {}, { run_id: '../../x' })),
      /run_id/,
    ],
    [
      'a tasklet that is a path',
      () => changed((one) => Object.assign(one.record ?? {}, { tasklet: '/etc/passwd' })),
      /tasklet/,
    ],
    [
      'a start that is no number',
      () => changed((one) => Object.assign(one.record ?? {}, { start_unix_nanos: 'now' })),
      /nanos/,
    ],
    ['too much fuel', () => changed((one) => Object.assign(one.record ?? {}, { fuel: LIMITS.fuelMax + 1 })), /fuel/],
    ['a state that is none', () => changed((one) => Object.assign(one.response, { state: 'fine' })), /state/],
    ['another run', () => changed((one) => Object.assign(one.response, { run_id: `${RECORD.run_id}x` })), /run/],
    ['another module', () => changed((one) => Object.assign(one, { module_b64: 'AGFzbQEAAAA=' })), /module/],
    ['a module that is no text', () => changed((one) => Object.assign(one, { module_b64: [1, 2] })), /base64/],
    ['another input', () => changed((one) => Object.assign(one, { input_b64: 'aGVsbA==' })), /input/],
    ['another output', () => changed((one) => Object.assign(one, { output_b64: 'aGVsbA==' })), /output/],
    ['an output that is no base64', () => changed((one) => Object.assign(one, { output_b64: '!' })), /base64/],
    ['a log that is too long', () => changed((one) => Object.assign(one, { log: 'x'.repeat(70_000) })), /log/],
    ['a log that is no text', () => changed((one) => Object.assign(one, { log: { toString: 'x' } })), /log/],
    ['a source map that is no text', () => changed((one) => Object.assign(one, { source_map: {} })), /source map/],
  ];
  for (const [what, text, words] of hostile) {
    it(`is none with ${what}`, async () => {
      await refused(await write('bad.grafos-run', text()), 'bundle_invalid', words);
    });
  }

  it('is none where there is no file, a folder, or more than its bound', async () => {
    await refused(join(folder.path, 'none.grafos-run'), 'no_such_file', /no such file/);
    const dir = join(folder.path, 'dir.grafos-run');
    await mkdir(dir);
    await refused(dir, 'not_a_file', /folder/);
    await refused(await write('big.grafos-run', ' '.repeat(PROGRAM_LIMITS.runBundle + 1)), 'file_too_large', /at most/);
    const device = join(folder.path, 'device.grafos-run');
    await symlink('/dev/zero', device);
    if (process.platform !== 'win32') await refused(device, 'not_a_file', /device/);
  });

  it('names the functions of its own module where it failed, without a source', async () => {
    const names = compileWat(
      `(module (func $helper (unreachable)) (func $compute (call $helper)) (export "c" (func $compute)))`,
      { names: true },
    );
    const frames = [
      { function: 0, offset: 1 },
      { function: 1, offset: 1 },
    ];
    const ended = endedRun(names, Buffer.alloc(0), { ...TRAP, frames });
    const file = await write('trap.grafos-run', writeRunBundle(ended));
    const { places } = await runFileBounded(file, SIGNAL);
    assert.deepEqual(
      places.map((one) => [one.function, one.file]),
      [
        ['helper', null],
        ['compute', null],
      ],
    );
  });

  it('reads no file that its source map names, and shows its names as text', async () => {
    const secret = await write('secret.ts', 'export function secret(): void {\n}\n');
    const map = { version: 3, sources: [secret, '../../../../etc/passwd'], names: [], mappings: 'AAAA,GCAA' };
    const ended = { ...endedRun(HELLO, Buffer.alloc(0), TRAP), sourceMap: JSON.stringify(map) };
    const file = await write('map.grafos-run', writeRunBundle(ended));
    const { places } = await openRunFile(file);
    assert.ok(places.length > 0);
    assert.deepEqual(
      places.map(({ excerpt }) => excerpt),
      places.map(() => null),
    );
    assert.doesNotMatch(JSON.stringify(places), /function secret|"secret"/);
  });

  for (const [what, module] of [
    ['no module', Buffer.from('no module')],
    ['a module that is cut', HELLO.subarray(0, HELLO.length - 9)],
  ] as const) {
    it(`with ${what} is shown without places, and is not replayed`, async () => {
      const ended = endedRun(module, Buffer.alloc(0), TRAP);
      const file = await write('nomodule.grafos-run', writeRunBundle(ended));
      const opened = await runFileBounded(file, SIGNAL);
      assert.deepEqual(opened.places, []);
      await assert.rejects(
        async () => {
          const { same } = await replayHere(await readRunBundle(file), SIGNAL);
          assert.equal(same, true);
        },
        (error) => error instanceof Error,
      );
      await assert.rejects(async () => assert.equal((await replayFileBounded(file, SIGNAL)).same, true), Error);
    });
  }

  it('that was ended from outside is neither replayed here nor profiled', async () => {
    const ended = endedRun(HELLO, Buffer.alloc(0), { code: 'cancelled', message: 'x' });
    await assert.rejects(replayHere(ended, SIGNAL), { code: 'not_replayed' });
    await assert.rejects(profileFile(ended, SIGNAL), { code: 'not_profiled' });
  });
});
