import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { GrafosError } from '../../../../base/grafosError.ts';
import { cellOptions } from '../../../../daemons/fabricbiosd/flags.ts';

const NEEDED = [
  '--cell-id',
  'c1',
  '--ca',
  'ca',
  '--cert',
  'c',
  '--key',
  'k',
  '--mem-dp-cert',
  'mc',
  '--mem-dp-key',
  'mk',
];
const options = (...more: string[]) => cellOptions(['control-server', ...NEEDED, ...more]);
const codeOf = (...more: string[]) => {
  try {
    options(...more);
    return 'taken';
  } catch (error) {
    assert.ok(error instanceof GrafosError && error.next);
    return error.code;
  }
};

describe('the flags of a cell', () => {
  it('have defaults for all that need not be said: loopback, a small pool, QUIC', () => {
    const { bind, memBind, memHost, memCapacity, transport, provider, region, workers, meteredFolder, memCert } =
      options();
    assert.deepEqual(
      [bind, memBind],
      [
        { host: '127.0.0.1', port: 0 },
        { host: '127.0.0.1', port: 0 },
      ],
    );
    assert.deepEqual([memCapacity, transport, provider, region], [128 * 1024, 'quic', 'local', 'local']);
    assert.deepEqual([memHost, workers, meteredFolder, memCert], [undefined, undefined, undefined, resolve('mc')]);
  });

  it('need their command, and say so', () => {
    for (const argv of [[], ['serve'], ['--cell-id', 'c1'], NEEDED]) {
      assert.throws(() => cellOptions(argv), { code: 'usage', next: /control-server/ });
    }
  });

  for (const flag of ['--cell-id', '--ca', '--cert', '--key', '--mem-dp-cert', '--mem-dp-key']) {
    it(`need ${flag}`, () => {
      const without = NEEDED.filter((_, at) => NEEDED[at - (at % 2)] !== flag);
      assert.throws(() => cellOptions(['control-server', ...without]), { code: 'flag_missing' });
    });
  }

  const rows: Array<[flag: string, good: string[], bad: string[]]> = [
    [
      '--bind',
      ['[::1]:4433', 'cell.example:1', '127.0.0.1:65535'],
      ['127.0.0.1', ':1', '127.0.0.1:65536', '127.0.0.1:-1'],
    ],
    ['--mem-capacity', ['0', '32KiB', '4GiB', '4294967296'], ['4294967297', '-1', '5GiB', 'all']],
    ['--workers', ['1', '256'], ['0', '257', '1.5', '-1', ' 4', '0x10', '1e2', 'many']],
    ['--transport', ['quic', 'tcp', 'auto'], ['udp', 'QUIC']],
    ['--provider', ['aws', '!', 'x'.repeat(64)], ['a b', 'ä', 'x'.repeat(65), 'a\n']],
    ['--region', ['eu-central-1'], ['a\tb']],
  ];
  for (const [flag, good, bad] of rows) {
    it(`${flag} is taken up to its bounds, and refused beyond`, () => {
      for (const value of good) assert.equal(codeOf(`${flag}=${value}`), 'taken', value);
      for (const value of bad) assert.equal(codeOf(`${flag}=${value}`), 'flag_invalid', JSON.stringify(value));
    });
  }

  it('that are empty count as not given', () => {
    assert.deepEqual(options('--workers', '', '--region', ''), options());
    assert.equal(codeOf('--cell-id', ''), 'flag_missing');
  });

  it('take no address of control that nobody can call, however it is written', () => {
    for (const any of ['0.0.0.0', '[::]', '[::0]', '[0:0:0:0:0:0:0:0]', '[0::0]', '[::0.0.0.0]']) {
      assert.equal(codeOf('--bind', `${any}:1`), 'flag_invalid', any);
    }
    assert.equal(codeOf('--bind', '[::1]:1'), 'taken');
  });

  it('take such an address for memory only together with the name that others call', () => {
    for (const any of ['0.0.0.0:1', '[::]:1', '[::0]:1']) {
      assert.equal(codeOf('--mem-dp-bind', any), 'flag_invalid', any);
      assert.equal(codeOf('--mem-dp-bind', any, '--mem-dp-host', 'cell.example'), 'taken', any);
    }
    assert.throws(() => options('--mem-dp-bind', '[::]:1'), { next: /--mem-dp-host/ });
  });

  it('refuse a flag that they have not', () => assert.equal(codeOf('--worker', '1'), 'flag_unknown'));
});
