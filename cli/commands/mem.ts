import { EXIT_CODE } from '../../base/errorCodes.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { formatSize } from '../../program/size.ts';
import { readInput } from '../../toolchain/deploy/readInput.ts';
import { saveBytes } from '../../toolchain/files/saveBytes.ts';
import { openRunMemory, type RunMemory } from '../../toolchain/memory/openRunMemory.ts';
import { sizeOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { hexDump } from '../hexDump.ts';
import { outputFile } from '../outputFile.ts';
import { programRootOf } from '../programRootOf.ts';

const READ_BYTES_MAX = 256 * 1024 * 1024;

interface ReadGiven {
  runId: string;
  provider?: string;
  cell?: string;
  offset: string;
  length?: string;
  out?: string;
}

export async function read({ cwd, out, signal }: CommandContext, given: ReadGiven): Promise<void> {
  const offset = sizeOption('--offset', given.offset);
  const wanted = given.length === undefined ? undefined : sizeOption('--length', given.length);
  const file = outputFile(cwd, '--out', given.out, 'The bytes cannot be written');
  await using memory = await opened({ cwd, signal }, given, 'read');
  const length = memory.lengthAt(offset, wanted);
  if (length > READ_BYTES_MAX) {
    throw new GrafosError('read_too_large', `${formatSize(length)} are too many for one read.`, {
      why: `All of it is held in memory, so a read has ${formatSize(READ_BYTES_MAX)} at most.`,
      next: 'Read it in parts: --offset and --length',
    });
  }
  const bytes = await memory.session.read(offset, length);
  if (file !== undefined) {
    await saveBytes(file, bytes, 'The bytes cannot be written');
    out.result({ lease_id: memory.leaseId, offset, length: bytes.length, file }, () => [
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

interface WriteGiven {
  runId: string;
  file: string;
  provider?: string;
  cell?: string;
  offset: string;
}

export async function write({ cwd, out, signal }: CommandContext, given: WriteGiven): Promise<void> {
  const offset = sizeOption('--offset', given.offset);
  const bytes = await readInput(given.file, signal);
  await using memory = await opened({ cwd, signal }, given, 'write');
  memory.lengthAt(offset, bytes.length);
  await memory.session.write(offset, bytes);
  out.result({ lease_id: memory.leaseId, offset, length: bytes.length }, () => [
    `wrote ${bytes.length} bytes at ${offset}`,
  ]);
}

interface WatchGiven {
  runId: string;
  provider?: string;
  cell?: string;
  offset: string;
  length?: string;
}

export async function watch({ cwd, out, signal }: CommandContext, given: WatchGiven): Promise<number> {
  const offset = sizeOption('--offset', given.offset);
  const wanted = given.length === undefined ? undefined : sizeOption('--length', given.length);
  await using memory = await opened({ cwd, signal }, given, 'read');
  const { session } = memory;
  const length = memory.lengthAt(offset, wanted);
  let printed = Promise.resolve();
  await session.watch(
    offset,
    length,
    (change) => {
      // One after another, so that what is printed is in the order it happened.
      printed = printed.then(async () => {
        const bytes = await session.read(change.offset, change.length);
        out.item({ ...change, bytes_b64: Buffer.from(bytes).toString('base64') }, (paint) =>
          hexDump(bytes, change.offset, (text) => paint('dim', text)),
        );
      });
      // A read that fails because the lease ended is said by the end of the watch.
      printed.catch(() => {});
    },
    signal,
  );
  await printed.catch(() => {});
  if (signal.aborted) return EXIT_CODE.interrupted;
  out.note(`the watch ended: ${await session.closed}`);
  return 0;
}

/** Opens the fabric memory of a run, with one right. */
function opened(
  { cwd, signal }: Pick<CommandContext, 'cwd' | 'signal'>,
  { runId, provider, cell }: { runId: string; provider?: string; cell?: string },
  right: 'read' | 'write',
): Promise<RunMemory> {
  return openRunMemory(programRootOf(cwd), runId, { provider, cell, rights: [right], signal });
}
