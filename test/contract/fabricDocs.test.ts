import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { BLOB_BYTES_MAX, BLOB_WINDOW_BYTES, INLINE_BYTES_MAX } from '../../daemons/fabric/blobExchange.ts';
import { parseParams } from '../../daemons/fabricbiosd/control/controlParams.ts';
import { MEM, MEM_CHUNK_BYTES_MAX, MEM_ERROR_CODES, MEM_PATH } from '../../daemons/memory/memFrames.ts';
import { FABRIC_ALPN, FABRIC_ERROR_CODES } from '../../daemons/wire/fabricControl.ts';

const page = (name: string) => readFileSync(join(packageRoot, 'docs', name), 'utf8');
const mentions = (text: string, words: readonly string[]) => words.filter((word) => !text.includes(`\`${word}\``));

describe('the pages of the fabric protocols', () => {
  it('docs/internals/fabric-control.md names every method and error, and the bounds as they are', () => {
    const text = page('internals/fabric-control.md');
    assert.deepEqual(mentions(text, [...Object.keys(parseParams), ...FABRIC_ERROR_CODES, FABRIC_ALPN]), []);
    assert.match(text, new RegExp(`up to ${INLINE_BYTES_MAX / 1024} KiB, else`));
    assert.match(text, new RegExp(`1 byte to ${BLOB_BYTES_MAX / 1024 ** 2} MiB`));
    assert.match(text, new RegExp(`at most ${BLOB_WINDOW_BYTES / 1024 ** 2} MiB of blobs`));
  });

  it('docs/internals/mem-dataplane.md names every frame and error, and the bounds as they are', () => {
    const text = page('internals/mem-dataplane.md');
    assert.deepEqual(mentions(text, MEM_ERROR_CODES), []);
    const types = Object.values(MEM).map((type) => `0x${type.toString(16).padStart(2, '0')}`);
    assert.deepEqual(
      types.filter((type) => !text.includes(`${type} `)),
      [],
    );
    assert.match(text, new RegExp(`at most ${MEM_CHUNK_BYTES_MAX / 1024} KiB\\)`));
    assert.ok(text.includes(`https://host:port${MEM_PATH}`));
  });
});
