import type { FixtureResults } from '../cases/fixtureResults.ts';
import type { Grafos } from '../grafos.ts';
import type { RunPanel } from '../panel/runPanel.ts';
import type { RunFailures } from '../places/runFailures.ts';
import type { RunInputs } from '../runs/runInputs.ts';
import type { RunsShown } from '../runs/runsShown.ts';
import type { FoundProblems } from '../tasklets/foundProblems.ts';

/**
 * The parts that commands get besides {@link Grafos}: those that show results or remember choices.
 */
export interface CommandContext extends Grafos {
  panel: RunPanel;
  inputs: RunInputs;
  runsShown: RunsShown;
  problems: FoundProblems;
  /** Ends the language server and starts it again. Before a program is found it does nothing. */
  restartLanguageServer(): void;
  failures: RunFailures;
  fixtures: FixtureResults;
}

/**
 * Called with what the menu, tree, lens or other code passes: often nothing. Its rejection is
 * shown; a resolved undefined after a dialog was left is silence.
 */
export type CommandHandler = (...args: unknown[]) => Promise<unknown>;

export type CommandFactory = (context: CommandContext) => CommandHandler;
