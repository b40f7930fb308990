import { EXIT_CODE } from '../../base/errorCodes.ts';
import { openRunMemory } from '../../toolchain/memory/openRunMemory.ts';
import { sizeOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { hexDump } from '../hexDump.ts';
import { programRootOf } from '../programRootOf.ts';

interface Given {
  runId: string;
  provider?: string;
  cell?: string;
  offset: string;
  length?: string;
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<number> {
  const offset = sizeOption('--offset', given.offset);
  const wanted = given.length === undefined ? undefined : sizeOption('--length', given.length);
  await using memory = await openRunMemory(programRootOf(cwd), given.runId, {
    provider: given.provider,
    cell: given.cell,
    rights: ['read'],
    signal,
  });
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
