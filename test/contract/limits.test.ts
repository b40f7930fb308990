import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '../../base/limits.ts';
import { DOOR_LIMITS } from '../../daemons/doors/doorLimits.ts';
import { LONG_MS, SHORT_MS } from '../../daemons/fabricbiosd/pool/policy.ts';
import { PACE } from '../../daemons/tenant/pace.ts';
import { ANSWER_BYTES, ARTIFACT_BYTES } from '../../daemons/wire/answerBounds.ts';
import { PROFILE_LIMITS } from '../../daemons/wire/profileLimits.ts';
import { PROGRAM_LIMITS } from '../../program/programLimits.ts';
import { CHECK_LIMITS } from '../../toolchain/validate/checkLimits.ts';
import { MODULE_LIMITS } from '../../wasm/read/moduleLimits.ts';
import { CORPUS } from '../hostile/corpus.ts';
import { PROFILE_CORPUS } from '../hostile/profileCorpus.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/reference/limits.md'), 'utf8');
const source = (path: string) => readFileSync(join(root, path), 'utf8');

/** First cells of a table's rows, with their second. */
function rows(title: string): Map<string, string> {
  const [, section = ''] = page.split(`## ${title}\n`);
  const [table = ''] = section.split('\n## ');
  const found = [...table.matchAll(/^\| ([^|]+) \| ([^|]+) \|/gm)].slice(1);
  return new Map(found.filter(([, name]) => name !== '---').map(([, name = '', most = '']) => [name, most]));
}

const grouped = (value: number) => value.toString().replace(/\B(?=(\d{3})+$)/g, ' ');

describe('docs/reference/limits.md', () => {
  it('has every bound of a module with its number', () => {
    const expected = Object.entries(MODULE_LIMITS).map(([name, most]) => [name, grouped(most)]);
    assert.deepEqual([...rows('Of a module')], expected);
  });

  it('has every bound of a program with its number', () => {
    const expected = Object.entries({ ...PROGRAM_LIMITS, ...CHECK_LIMITS }).map(([name, most]) => [
      name,
      grouped(most),
    ]);
    assert.deepEqual([...rows('Of a program')], expected);
  });

  it('has every bound of a profile with its number, and a hostile case for it', () => {
    const expected = Object.entries(PROFILE_LIMITS).map(([name, most]) => [name, grouped(most)]);
    assert.deepEqual([...rows('Of a profile')], expected);
    const attacked = new Set<string>(PROFILE_CORPUS.map(({ limit }) => limit));
    assert.deepEqual([...attacked].sort(), Object.keys(PROFILE_LIMITS).sort());
  });

  it('has every bound of the doors with its number', () => {
    const expected = Object.entries(DOOR_LIMITS).map(([name, most]) => [name, grouped(most)]);
    assert.deepEqual([...rows('At the doors')], expected);
  });

  it('has the numbers of the runtime', () => {
    const run = rows('Of a run');
    for (const [name, value] of [
      ['fuel', LIMITS.fuelMax],
      ['deadline', LIMITS.timeoutMsMax],
      ['input', LIMITS.input],
      ['output', LIMITS.output],
      ['log', LIMITS.log],
      ['error label', LIMITS.failLabel],
      [
        'compile time',
        Number(
          /COMPILE_DEADLINE_MS = ([\d_]+)/
            .exec(source('daemons/fabricbiosd/pool/compileTask.ts'))?.[1]
            ?.replaceAll('_', ''),
        ),
      ],
      [
        'worker heap',
        Number(/maxOldGenerationSizeMb: (\d+)/.exec(source('daemons/fabricbiosd/pool/poolWorker.ts'))?.[1]),
      ],
    ] as const) {
      assert.ok(run.get(name)?.includes(grouped(value)), `${name}: ${run.get(name)} and ${grouped(value)}`);
    }
    assert.match(page, new RegExp(`less than ${SHORT_MS} ms is \\*short`));
    assert.match(page, new RegExp(`has run for ${LONG_MS} ms while`));
  });

  it('has the bounds of an answer', () => {
    const answers = rows('Of an answer');
    const mib = (bytes: number) => `${bytes / 1024 ** 2} MiB`;
    const kib = (bytes: number) => `${bytes / 1024} KiB`;
    const cell = (name: string) => [...answers].find(([row]) => row.startsWith(name))?.[1] ?? '';
    for (const [name, ...bounds] of [
      ['a run with', mib(ANSWER_BYTES.run)],
      ['a health', kib(ANSWER_BYTES.small)],
      ['a list', kib(ANSWER_BYTES.small), kib(ANSWER_BYTES.entry), mib(ANSWER_BYTES.list)],
      ["one run's events", mib(ANSWER_BYTES.run)],
      ['an event of all', mib(ANSWER_BYTES.runsEvent)],
      [
        '`response.json`',
        mib(ARTIFACT_BYTES['response.json']),
        mib(ARTIFACT_BYTES['input.bin']),
        kib(ARTIFACT_BYTES['run.log']),
        kib(ARTIFACT_BYTES['run.json']),
      ],
      ['nesting', String(LIMITS.jsonDepth)],
      ['pace', kib(PACE.bytesPerSecond), `${PACE.graceMs / 1000} s`],
      ['until', `${PACE.answerMs / 1000} s`, kib(PACE.bytesPerSecond)],
    ] as const) {
      for (const bound of bounds) assert.ok(cell(name).includes(bound), `${name}: ${cell(name)} and ${bound}`);
    }
  });

  it('has a hostile case for every bound, and names the bound of every case', () => {
    const limits = [...rows('Of a module').keys(), ...rows('Of a run').keys(), 'features', 'profile', 'malformed'];
    const attacked = new Set(CORPUS.map(({ limit }) => limit));
    assert.deepEqual(
      [...attacked].filter((limit) => !limits.includes(limit)),
      [],
    );
    assert.deepEqual(
      limits.filter((limit) => !attacked.has(limit)),
      [],
    );
  });
});
