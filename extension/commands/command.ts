import type { RunPages } from '../documents/runPages.ts';
import type { Grafos } from '../grafos.ts';
import type { RunFailures } from '../places/runFailures.ts';
import type { FoundProblems } from '../tasklets/foundProblems.ts';

/** What commands are given besides {@link Grafos}: the things they show results in. */
export interface CommandContext extends Grafos {
  pages: RunPages;
  problems: FoundProblems;
  failures: RunFailures;
}

/** Called with what the menu, tree, lens or other code passes: often nothing. Its rejection is shown; a resolved undefined after a dialog was left is silence. */
export type CommandHandler = (...args: unknown[]) => Promise<unknown>;

export type CommandFactory = (context: CommandContext) => CommandHandler;
