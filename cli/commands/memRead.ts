import { resolve } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { formatSize } from '../../program/size.ts';
import { saveBytes } from '../../toolchain/files/saveBytes.ts';
import { openRunMemory } from '../../toolchain/memory/openRunMemory.ts';
import { sizeOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { hexDump } from '../hexDump.ts';
import { programRootOf } from '../programRootOf.ts';

const READ_BYTES_MAX = 256 * 1024 * 1024;

interface Given {
  runId: string;
  provider?: string;
  cell?: string;
  offset: string;
  length?: string;
  out?: string;
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<void> {
  const offset = sizeOption('--offset', given.offset);
  const wanted = given.length === undefined ? undefined : sizeOption('--length', given.length);
  await using memory = await openRunMemory(programRootOf(cwd), given.runId, {
    provider: given.provider,
    cell: given.cell,
    rights: ['read'],
    signal,
  });
  const length = memory.lengthAt(offset, wanted);
  if (length > READ_BYTES_MAX) {
    throw new GrafosError('read_too_large', `${formatSize(length)} are too many for one read.`, {
      why: `All of it is held in memory, so a read has ${formatSize(READ_BYTES_MAX)} at most.`,
      next: 'Read it in parts: --offset and --length',
    });
  }
  const bytes = await memory.session.read(offset, length);
  if (given.out !== undefined) {
    await saveBytes(resolve(cwd, given.out), bytes, 'The bytes cannot be written');
    out.result({ lease_id: memory.leaseId, offset, length: bytes.length, file: resolve(cwd, given.out) }, () => [
      `${bytes.length} bytes written to ${given.out}`,
    ]);
  } else if (out.json) {
    out.result(
      { lease_id: memory.leaseId, offset, length: bytes.length, bytes_b64: Buffer.from(bytes).toString('base64') },
      () => [],
    );
  } else if (process.stdout.isTTY) {
    out.result(null, (paint) => hexDump(bytes, offset, (text) => paint('dim', text)));
  } else {
    out.bytes(bytes);
  }
}
