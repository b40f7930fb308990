import type { CommandFactory } from './command.ts';

/** Ends the language server and starts it again. */
export const languageRestart: CommandFactory =
  ({ restartLanguageServer }) =>
  async () =>
    restartLanguageServer();
