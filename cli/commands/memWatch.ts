import { openRunMemory } from '../../toolchain/memory/openRunMemory.ts';
import { sizeOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { hexDump } from '../hexDump.ts';
import { programRootOf } from '../programRootOf.ts';

interface Given {
  runId: string;
  provider?: string;
  offset: string;
  length?: string;
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<void> {
  const offset = sizeOption('--offset', given.offset);
  await using memory = await openRunMemory(programRootOf(cwd), given.runId, {
    ...(given.provider === undefined ? {} : { provider: given.provider }),
    rights: ['read'],
    signal,
  });
  const { session } = memory;
  const length =
    given.length === undefined ? Math.max(0, session.bytes - offset) : sizeOption('--length', given.length);
  const paint = out.paint(process.stdout);
  await session.watch(
    offset,
    length,
    (at, bytes) =>
      out.raw(
        out.json
          ? `${JSON.stringify({ offset: at, length: bytes.length, bytes_b64: Buffer.from(bytes).toString('base64') })}\n`
          : `${hexDump(bytes, at, (text) => paint('dim', text))}\n`,
      ),
    signal,
  );
}
