import { readBounded, readInput } from '../../toolchain/deploy/readInput.ts';
import { openRunMemory } from '../../toolchain/memory/openRunMemory.ts';
import { sizeOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';

interface Given {
  runId: string;
  file: string;
  provider?: string;
  cell?: string;
  offset: string;
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<void> {
  const offset = sizeOption('--offset', given.offset);
  const bytes =
    given.file === '-'
      ? await readBounded('Standard input', process.stdin, signal)
      : await readInput(given.file, signal);
  await using memory = await openRunMemory(programRootOf(cwd), given.runId, {
    provider: given.provider,
    cell: given.cell,
    rights: ['write'],
    signal,
  });
  memory.lengthAt(offset, bytes.length);
  await memory.session.write(offset, bytes);
  out.result({ lease_id: memory.leaseId, offset, length: bytes.length }, () => [
    `wrote ${bytes.length} bytes at ${offset}`,
  ]);
}
