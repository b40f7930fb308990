import { serveMcp } from '../../toolchain/mcp/serveMcp.ts';
import type { CommandContext } from '../command.ts';

/** Serves until its client closes the input. */
export async function run({ cwd, signal }: CommandContext): Promise<void> {
  await serveMcp({ input: process.stdin, output: process.stdout }, cwd, signal);
}
