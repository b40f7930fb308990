import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { CELL_FLAGS } from '../../../../daemons/fabricbiosd/flags.ts';
import { HELPER_FLAGS } from '../../../../daemons/helper/flags.ts';
import {
  type Flag,
  type FlagTable,
  hostPort,
  list,
  oneOf,
  onOff,
  optional,
  path,
  peerName,
  preset,
  readFlags,
  readLifetimeFlags,
  required,
} from '../../../../daemons/kit/flags.ts';
import { SCHEDULER_FLAGS } from '../../../../daemons/scheduler/flags.ts';

const TABLE = {
  daemon: 'a daemon',
  codes: { missing: 'flag_missing', unknown: 'flag_unknown', invalid: 'flag_invalid' },
  flags: {
    cellId: required('cell-id', peerName, 'name of the cell'),
    bind: preset('bind', hostPort, { host: '127.0.0.1', port: 0 }, 'address'),
    transport: preset('transport', oneOf('quic', 'tcp'), 'quic', 'transport'),
    folder: optional('dir', path, 'folder'),
    hosts: list('host', peerName, 'a host'),
    loud: onOff('loud', 'more words'),
  },
} as const satisfies FlagTable<Record<string, Flag<unknown>>>;

describe('the flags of a daemon', () => {
  it('become values of their kinds, under their own names', () => {
    const argv = [
      '--cell-id=c1',
      '--bind',
      '[::1]:7',
      '--dir',
      'x',
      '--host',
      'a',
      '--host',
      'b',
      '--loud',
      '--lifeline',
    ];
    assert.deepEqual(readFlags(TABLE, argv), {
      cellId: 'c1',
      bind: { host: '::1', port: 7 },
      transport: 'quic',
      folder: resolve('x'),
      hosts: ['a', 'b'],
      loud: true,
      lifeline: true,
      stateFile: undefined,
    });
  });

  it('are the last ones, where one is given twice', () =>
    assert.equal(readFlags(TABLE, ['--cell-id', 'c1', '--cell-id', 'c2']).cellId, 'c2'));

  const rows: Array<[string, string[], string, RegExp]> = [
    ['none where one is required', [], 'flag_missing', /^--cell-id is missing\.$/],
    ['an empty one', ['--cell-id', ''], 'flag_missing', /^--cell-id is missing\.$/],
    ['a text that is no such value', ['--cell-id', 'A B'], 'flag_invalid', /^--cell-id is "A B", not 1 to 63 of/],
    ['a word that is none of them', ['--cell-id', 'c', '--transport', 'udp'], 'flag_invalid', /not quic or tcp\.$/],
    ['a port beyond the last', ['--cell-id', 'c', '--bind', 'h:65536'], 'flag_invalid', /not host:port\.$/],
    ['a bad one of several', ['--cell-id', 'c', '--host', 'a', '--host', '*'], 'flag_invalid', /--host is "\*"/],
    ['a flag that is not in the table', ['--cell-id', 'c', '--what'], 'flag_unknown', /--what/],
    ['a word without a flag', ['--cell-id', 'c', 'what'], 'flag_unknown', /what/],
    ['a value for a switch', ['--cell-id', 'c', '--loud=1'], 'flag_unknown', /--loud/],
  ];
  for (const [what, argv, code, why] of rows) {
    it(`are refused with ${code}: ${what}`, () =>
      assert.throws(
        () => readFlags(TABLE, argv),
        (error: { code?: string; why?: string; next?: string }) => {
          assert.equal(error.code, code);
          assert.match(error.why ?? '', why);
          assert.match(error.next ?? '', /--cell-id|--transport|--bind|--host/);
          return true;
        },
      ));
  }

  it('say how a failure is reported before they are whole', () => {
    assert.deepEqual(readLifetimeFlags(['control-server', '--what', '--lifeline', '--state-file', 'x']), {
      lifeline: true,
      stateFile: resolve('x'),
    });
    assert.deepEqual(readLifetimeFlags(['--state-file']), { lifeline: false, stateFile: undefined });
  });

  for (const { daemon, flags } of [CELL_FLAGS, SCHEDULER_FLAGS, HELPER_FLAGS]) {
    it(`of ${daemon} have a name and a sentence each`, () => {
      const names = Object.values(flags).map(({ name }) => name);
      assert.equal(new Set(names).size, names.length);
      for (const { name, form, help } of Object.values(flags)) {
        assert.match(name, /^[a-z][a-z-]+$/);
        assert.ok(form !== '' && help.length > 5, name);
      }
    });
  }
});
